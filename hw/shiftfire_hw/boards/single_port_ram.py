"""Memory with one port, as large as an FPGA has it."""

from typing import Any

from amaranth.hdl import ClockSignal, Instance, Module, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import ceil_log2
from shiftfire_spec.errors import ContractError
from shiftfire_spec.inject import MEMORY_WORD_BITS

SPRAM_DEVICE = "iCE40UP5K"
SPRAM_BITS = 16  # SB_SPRAM256KA
SPRAM_WORDS = 1 << 14


class SinglePortRam(Component):
    """``words`` words of MEMORY_WORD_BITS bits: two SPRAMs where the platform's device has them, else a block RAM.

    Parameters
    ----------
    words: int
        ContractError when SPRAM has not so many.

    Members
    -------
    enable: In(1), write: In(1), address: In(ceil_log2(words)), write_data: In(32)
        With ``enable``: ``write`` puts ``write_data`` at ``address``, else the word there is read.
    read_data: Out(32)
        In the cycle after a read its word; anything after a write, and in other cycles.
    """

    enable: Signal
    write: Signal
    address: Signal
    write_data: Signal
    read_data: Signal

    def __init__(self, *, words: int) -> None:
        self.words = words
        super().__init__(
            {
                "enable": In(1),
                "write": In(1),
                "address": In(ceil_log2(words)),
                "write_data": In(MEMORY_WORD_BITS),
                "read_data": Out(MEMORY_WORD_BITS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        if getattr(platform, "device", None) == SPRAM_DEVICE:
            self._elaborate_spram(m)
        else:
            m.submodules.memory = memory = Memory(shape=MEMORY_WORD_BITS, depth=self.words, init=[])
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.addr.eq(self.address),
                write.data.eq(self.write_data),
                write.en.eq(self.enable & self.write),
                read.addr.eq(self.address),
                read.en.eq(self.enable & ~self.write),
                self.read_data.eq(read.data),
            ]
        return m

    def _elaborate_spram(self, m: Module) -> None:
        if self.words > SPRAM_WORDS:
            raise ContractError(
                f"main memory of {self.words} words: the SPRAM of an {SPRAM_DEVICE} is used for up to {SPRAM_WORDS}"
            )
        for n in range(MEMORY_WORD_BITS // SPRAM_BITS):
            part = slice(n * SPRAM_BITS, (n + 1) * SPRAM_BITS)
            m.submodules[f"spram_{n}"] = Instance(
                "SB_SPRAM256KA",
                i_CLOCK=ClockSignal(),
                i_CHIPSELECT=self.enable,
                i_WREN=self.write,
                i_MASKWREN=0b1111,
                i_ADDRESS=self.address,
                i_DATAIN=self.write_data[part],
                i_STANDBY=0,
                i_SLEEP=0,
                i_POWEROFF=1,  # active low
                o_DATAOUT=self.read_data[part],
            )
