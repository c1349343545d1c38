"""The sums of later steps."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig

from .bank_ports import bank_word, ring_address


class Ring(wiring.Component):
    """``delay_words`` words of ``lanes`` sums, of which the integrate engine alone reads and writes one each per cycle.

    Parameters
    ----------
    chip: ChipConfig
        ``delay_words``, ``accumulator_bits`` and ``lanes`` are used.

    Members
    -------
    read: In(1), read_address: In(ring_address(chip)), read_data: Out(bank_word(chip))
        With ``read``, the word of this cycle's address in the next one.
    write: In(1), write_address: In(ring_address(chip)), write_data: In(bank_word(chip))
        With ``write``, the word at the end of the cycle; a read of the same cycle sees it.
    """

    read: Signal
    read_address: Signal
    read_data: data.View
    write: Signal
    write_address: Signal
    write_data: data.View

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        address, word = ring_address(chip), bank_word(chip)
        super().__init__(
            {
                "read": In(1),
                "read_address": In(address),
                "read_data": Out(word),
                "write": In(1),
                "write_address": In(address),
                "write_data": In(word),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=bank_word(self.chip), depth=self.chip.delay_words, init=[])
        write = memory.write_port()
        read = memory.read_port(transparent_for=(write,))
        m.d.comb += [
            read.en.eq(self.read),
            read.addr.eq(self.read_address),
            self.read_data.eq(read.data),
            write.en.eq(self.write),
            write.addr.eq(self.write_address),
            write.data.eq(self.write_data),
        ]
        return m
