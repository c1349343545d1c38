"""The I/O tile's register bus."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import ceil_log2
from shiftfire_spec import address
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.inject import MEMORY_WORD_BITS

BUS_ADDRESS_BITS = ceil_log2(len(address.IO_REGISTERS))
_READ_WRITE = tuple(register.name.lower() for register in address.IO_REGISTERS if register.access == "rw")
_READ_ONLY = tuple(register.name.lower() for register in address.IO_REGISTERS if register.access == "ro")
CHIP_HEIGHT_BIT = 8  # position of the height in CHIP, as its documentation says


class IoRegisters(Component):
    """Registers of IO_REGISTERS on a bus of ``MEMORY_WORD_BITS`` bits.

    Members
    -------
    address: In(BUS_ADDRESS_BITS)
        Index of the register.
    write: In(1), write_data: In(32)
        The register has the new value in the next cycle. Writes to read-only registers do nothing.
    read_data: Out(32)
        Value of the register in the same cycle (combinational); 0 for CONTROL and past the last register.
    value: Out(struct)
        Values of the read-write registers, by lower-case name: addresses and counts of words, ``chip.memory_address_bits`` wide. Reset: 0. Without
        counters there is nothing to read: ``read_base`` stays 0.
    status: In(struct)
        Values of the read-only registers but FINGERPRINT and CHIP, by lower-case name.
    configure, run, clear, drain: Out(1)
        Bits of a write to CONTROL, in the cycle of the write.
    """

    address: Signal
    write: Signal
    write_data: Signal
    read_data: Signal
    value: data.View
    status: data.View
    configure: Signal
    run: Signal
    clear: Signal
    drain: Signal

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        self.constants = {"fingerprint": contract_fingerprint(), "chip": chip.width | chip.height << CHIP_HEIGHT_BIT}
        supplied = [name for name in _READ_ONLY if name not in self.constants]
        super().__init__(
            {
                "address": In(BUS_ADDRESS_BITS),
                "write": In(1),
                "write_data": In(MEMORY_WORD_BITS),
                "read_data": Out(MEMORY_WORD_BITS),
                "value": Out(data.StructLayout({name: chip.memory_address_bits for name in _READ_WRITE})),
                "status": In(data.StructLayout({name: MEMORY_WORD_BITS for name in supplied})),
                "configure": Out(1),
                "run": Out(1),
                "clear": Out(1),
                "drain": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        with m.Switch(self.address):
            for register in address.IO_REGISTERS:
                name = register.name.lower()
                with m.Case(register.index):
                    if name in _READ_WRITE:
                        m.d.comb += self.read_data.eq(self.value[name])
                        with m.If(self.write & (name != "read_base" or self.chip.counter_bits > 0)):
                            m.d.sync += self.value[name].eq(self.write_data)
                    elif name in self.constants:
                        m.d.comb += self.read_data.eq(self.constants[name])
                    elif name in _READ_ONLY:
                        m.d.comb += self.read_data.eq(self.status[name])
                    else:
                        m.d.comb += [
                            self.configure.eq(self.write & self.write_data[address.CONTROL_CONFIGURE]),
                            self.run.eq(self.write & self.write_data[address.CONTROL_RUN]),
                            self.clear.eq(self.write & self.write_data[address.CONTROL_CLEAR]),
                            self.drain.eq(self.write & self.write_data[address.CONTROL_DRAIN]),
                        ]
        return m
