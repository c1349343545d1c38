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
from shiftfire_spec.stream import GROUP_REGISTERS, RING

from ..layouts import register_struct, struct
from ..noc.config_write import ConfigWrite, config_write
from .group_select import GroupSelect, group_select

CORE_STRUCT = register_struct(tuple(layout for layout in address.CORE_REGISTERS if layout is not RING))


class CoreRegisters(wiring.Component):
    """Registers of Space.REGISTER.

    Parameters
    ----------
    chip: ChipConfig
        ``stream_groups`` is used.

    Members
    -------
    config: In(config_write())
        Of its writes, those to Space.REGISTER.
    core: Out(CORE_STRUCT)
        All core registers but the ring's, valid from the cycle after their write.
    ring: Out(RING)
        That one, likewise.
    group: In(group_select())
        The registers of a stream group; they start the longest paths of the core, so they come from registers. A write shows a cycle later than
        those of ``core``.

    Reset: core registers 0.
    """

    config: ConfigWrite
    core: data.View
    ring: data.View
    group: GroupSelect

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {"config": In(config_write()), "core": Out(CORE_STRUCT), "ring": Out(struct(RING)), "group": In(group_select())}
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        config, written = self.config, Signal()
        m.d.comb += written.eq(config.to(address.Space.REGISTER))
        for layout in address.CORE_REGISTERS:
            register = Signal(layout.bits, name=f"r_{layout.name}")
            with m.If(written & (config.offset == address.core_register_offset(layout))):
                m.d.sync += register.eq(config.word)
            shown = self.ring if layout is RING else self.core[layout.name]
            m.d.comb += shown.as_value().eq(register)
        relative = Signal(unsigned(len(config.offset)))
        m.d.comb += relative.eq(config.offset - address.GROUP_REGISTER_BASE)
        selector_bits = (address.GROUP_REGISTER_STRIDE - 1).bit_length()
        selector, group = relative[:selector_bits], relative[selector_bits:]
        for index, layout in enumerate(GROUP_REGISTERS):
            shown, write = Signal(layout.bits, name=f"g_{layout.name}"), Signal(name=f"write_{layout.name}")
            m.d.comb += [
                self.group.registers[layout.name].as_value().eq(shown),
                write.eq(
                    written
                    & (config.offset >= address.GROUP_REGISTER_BASE)
                    & (selector == index)
                    & (group < self.chip.stream_groups)
                ),
            ]
            if self.chip.stream_groups > 1:
                m.d.sync += shown.eq(self._stored(m, layout, write, group))
            else:
                with m.If(write):
                    m.d.sync += shown.eq(config.word)
        return m

    def _stored(self, m: Module, layout: Layout, write: Signal, group: Value) -> Value:
        """The memory of a register of every group; returns what it holds for ``group.next``."""
        m.submodules[layout.name] = memory = Memory(shape=unsigned(layout.bits), depth=self.chip.stream_groups, init=[])
        port, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [port.en.eq(write), port.addr.eq(group), port.data.eq(self.config.word), read.addr.eq(self.group.next)]
        return read.data
