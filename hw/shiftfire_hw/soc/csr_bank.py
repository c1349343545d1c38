"""The registers of a peripheral, from its table in the contract."""

from collections.abc import Sequence

from amaranth.hdl import Module, Signal
from amaranth.lib import data
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.soc import WINDOW_BYTES, SocRegister

from .register_port import RegisterPort, register_port
from .wishbone import BYTES

INDEX_BITS = (WINDOW_BYTES // BYTES - 1).bit_length()


class CsrBank(Component):
    """Registers of ``table`` behind a register port of ``INDEX_BITS`` address bits.

    Parameters
    ----------
    table: SocRegisters, indices from 0 on.
    resets: values at reset of rw registers, by lower-case name; 0 for those not named.

    Members
    -------
    registers: In(register_port(INDEX_BITS))
        Write-only registers, and words past the table, read as 0. Writes to read-only ones do nothing.
    value: Out(struct)
        Values of rw registers, by lower-case name.
    status: In(struct)
        Values of ro registers, by lower-case name.
    taken: Out(struct)
        One bit per ro register: it is read in this cycle.
    written: Out(struct)
        One bit per wo register: it is written in this cycle, with ``registers.write_data``.
    """

    registers: RegisterPort
    value: data.View
    status: data.View
    taken: data.View
    written: data.View

    def __init__(self, *, table: Sequence[SocRegister], resets: dict[str, int] | None = None) -> None:
        self.table = table
        names = {access: [r.name.lower() for r in table if r.access == access] for access in ("rw", "ro", "wo")}
        self.init = {name: (resets or {}).get(name, 0) for name in names["rw"]}
        super().__init__(
            {
                "registers": In(register_port(INDEX_BITS)),
                "value": Out(_struct(names["rw"], MEMORY_WORD_BITS)),
                "status": In(_struct(names["ro"], MEMORY_WORD_BITS)),
                "taken": Out(_struct(names["ro"], 1)),
                "written": Out(_struct(names["wo"], 1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        port = self.registers
        values = Signal(_struct(list(self.init), MEMORY_WORD_BITS), init=self.init)
        m.d.comb += self.value.eq(values)
        with m.Switch(port.address):
            for register in self.table:
                name = register.name.lower()
                with m.Case(register.index):
                    if register.access == "rw":
                        m.d.comb += port.read_data.eq(values[name])
                        with m.If(port.write):
                            m.d.sync += values[name].eq(port.write_data)
                    elif register.access == "ro":
                        m.d.comb += [port.read_data.eq(self.status[name]), self.taken[name].eq(port.read)]
                    else:
                        m.d.comb += self.written[name].eq(port.write)
        return m


def _struct(names: Sequence[str], bits: int) -> data.StructLayout:
    return data.StructLayout({name: bits for name in names})
