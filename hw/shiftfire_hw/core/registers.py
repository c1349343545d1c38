"""Core registers: output port and fire engine as plain registers, stream groups as small memories."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec import address
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.core_program import INSTRUCTION
from shiftfire_spec.stream import GROUP_REGISTERS

from ..layouts import struct


def register_struct(layouts: tuple[Layout, ...]) -> data.StructLayout:
    """One member per register, named as its layout."""
    return data.StructLayout({layout.name: struct(layout) for layout in layouts})


CORE_STRUCT = register_struct(address.CORE_REGISTERS)
GROUP_STRUCT = register_struct(GROUP_REGISTERS)


class CoreRegisters(wiring.Component):
    """Registers of Space.REGISTER.

    ``core`` holds all core registers, valid from the cycle after their write. ``group`` shows the registers of stream group
    ``group_next`` of the cycle before (they start the longest paths of the core, so they come from registers); a write shows a cycle later still. Reset: core registers 0.
    """

    write: Any
    offset: Any
    word: Any
    group_next: Any
    core: Any
    group: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "write": In(1),
                "offset": In(address.CONFIG_ADDRESS.field("offset").bits),
                "word": In(address.CONFIG_DATA_BITS),
                "group_next": In(INSTRUCTION.field("group").bits),
                "core": Out(CORE_STRUCT),
                "group": Out(GROUP_STRUCT),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for layout in address.CORE_REGISTERS:
            register = Signal(layout.bits, name=f"r_{layout.name}")
            with m.If(self.write & (self.offset == address.core_register_offset(layout))):
                m.d.sync += register.eq(self.word)
            m.d.comb += self.core[layout.name].as_value().eq(register)
        relative = Signal(unsigned(len(self.offset)))
        m.d.comb += relative.eq(self.offset - address.GROUP_REGISTER_BASE)
        selector_bits = (address.GROUP_REGISTER_STRIDE - 1).bit_length()
        selector, group = relative[:selector_bits], relative[selector_bits:]
        for index, layout in enumerate(GROUP_REGISTERS):
            shown, write = Signal(layout.bits, name=f"g_{layout.name}"), Signal(name=f"write_{layout.name}")
            m.d.comb += [
                self.group[layout.name].as_value().eq(shown),
                write.eq(
                    self.write
                    & (self.offset >= address.GROUP_REGISTER_BASE)
                    & (selector == index)
                    & (group < self.chip.stream_groups)
                ),
            ]
            if self.chip.stream_groups > 1:
                m.d.sync += shown.eq(self._stored(m, layout, write, group))
            else:
                with m.If(write):
                    m.d.sync += shown.eq(self.word)
        return m

    def _stored(self, m: Module, layout: Layout, write: Signal, group: Value) -> Value:
        """The memory of a register of every group; returns what it holds for ``group_next``."""
        m.submodules[layout.name] = memory = Memory(shape=unsigned(layout.bits), depth=self.chip.stream_groups, init=[])
        port, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [port.en.eq(write), port.addr.eq(group), port.data.eq(self.word), read.addr.eq(self.group_next)]
        return read.data
