"""Double-buffered accumulators."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig


def bank_word(chip: ChipConfig) -> data.ArrayLayout:
    """One word of a bank: a sum for every lane."""
    return data.ArrayLayout(signed(chip.accumulator_bits), chip.lanes)


def bank_address(chip: ChipConfig) -> range:
    """Addresses of a bank's words, as a shape."""
    return range(max(2, chip.accumulator_groups))


class Accumulators(wiring.Component):
    """Two banks of ``accumulator_groups`` words of ``lanes`` sums.

    The integrate side works on ``bank``, the fire side on ``fire_bank`` (which it owns while ``fire_owns``). Each side reads with one
    cycle of latency (fire: the word is held until its next read) and writes at the end of the cycle; reads see a write of the same cycle.
    """

    bank: Any
    read: Any
    read_address: Any
    read_data: Any
    write: Any
    write_address: Any
    write_data: Any
    fire_owns: Any
    fire_bank: Any
    fire_read: Any
    fire_read_address: Any
    fire_read_data: Any
    fire_clear: Any
    fire_clear_address: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        address, word = bank_address(chip), bank_word(chip)
        super().__init__(
            {
                "bank": In(1),
                "read": In(1),
                "read_address": In(address),
                "read_data": Out(word),
                "write": In(1),
                "write_address": In(address),
                "write_data": In(word),
                "fire_owns": In(1),
                "fire_bank": In(1),
                "fire_read": In(1),
                "fire_read_address": In(address),
                "fire_read_data": Out(word),
                "fire_clear": In(1),
                "fire_clear_address": In(address),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        outputs = []
        for index in range(2):
            m.submodules[f"bank{index}"] = memory = Memory(shape=bank_word(self.chip), depth=self.chip.accumulator_groups, init=[])
            write = memory.write_port()
            read = memory.read_port(transparent_for=(write,))
            fires = Signal(name=f"fires{index}")
            m.d.comb += [
                fires.eq(self.fire_owns & (self.fire_bank == index)),
                read.en.eq(Mux(fires, self.fire_read, self.read & (self.bank == index))),
                read.addr.eq(Mux(fires, self.fire_read_address, self.read_address)),
                write.en.eq(Mux(fires, self.fire_clear, self.write & (self.bank == index))),
                write.addr.eq(Mux(fires, self.fire_clear_address, self.write_address)),
                write.data.eq(Mux(fires, 0, self.write_data)),
            ]
            outputs.append(read.data)
        m.d.comb += [
            self.read_data.eq(Mux(self.bank, outputs[1], outputs[0])),
            self.fire_read_data.eq(Mux(self.fire_bank, outputs[1], outputs[0])),
        ]
        return m
