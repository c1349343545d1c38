"""Boot RAM: a Wishbone slave with the firmware in it."""

from collections.abc import Sequence

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Signature
from shiftfire_spec.errors import ContractError
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.soc import REGION

from .wishbone import BYTES, Wishbone, wishbone

BOOT_WORDS = REGION["BOOT"].size // BYTES
BOOT_ADDRESS_BITS = (BOOT_WORDS - 1).bit_length()


def boot_ram_ports() -> Signature:
    """Signature of `BootRam`, whatever is in it."""
    return Signature({"bus": In(wishbone(BOOT_ADDRESS_BITS))})


class BootRam(Component):
    """Memory of BOOT_WORDS words.

    Parameters
    ----------
    words: content after configuration of the FPGA; zeros past them. ContractError when there are too many.

    Members
    -------
    bus: In(wishbone(BOOT_ADDRESS_BITS))
        Answered in the cycle after the request: a transfer every two cycles.
    """

    bus: Wishbone

    def __init__(self, *, words: Sequence[int] = ()) -> None:
        if len(words) > BOOT_WORDS:
            raise ContractError(f"firmware of {len(words)} words does not fit the boot RAM of {BOOT_WORDS}: make it smaller")
        self.words = words
        super().__init__(boot_ram_ports())

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=MEMORY_WORD_BITS, depth=BOOT_WORDS, init=self.words)
        write, read = memory.write_port(granularity=MEMORY_WORD_BITS // BYTES), memory.read_port()
        bus, first = self.bus, Signal()
        m.d.comb += [
            first.eq(bus.cyc & bus.stb & ~bus.ack),
            read.addr.eq(bus.adr),
            read.en.eq(first),
            write.addr.eq(bus.adr),
            write.data.eq(bus.dat_w),
            write.en.eq(Mux(first & bus.we, bus.sel, 0)),
            bus.dat_r.eq(read.data),
        ]
        m.d.sync += bus.ack.eq(first)
        return m
