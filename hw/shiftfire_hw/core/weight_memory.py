"""Weight memory: eight bit slices of ``lanes`` bits."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.stream import GROUP_CONTROL
from shiftfire_spec.weights import FORMATS, SLICE_WORD_BITS, SLICES, row_words, slice_words, slices_per_word

from ..noc.config_write import ConfigWrite, config_write
from ..settled_memory import settled_memory


class WeightMemory(wiring.Component):
    """Reads one weight group per cycle (layout: ``shiftfire_spec.weights``).

    Loading, clearing and configuring exclude each other: a core that loads in a run is not configured beside it. Without ``chip.dynamic_weights`` there is
    neither: ``load`` and ``clear`` are ignored.

    Parameters
    ----------
    chip: ChipConfig
        ``lanes``, ``weight_rows`` and ``dynamic_weights`` are used.

    Members
    -------
    read: In(1)
        A group is read. Only the group's slices are.
    address: In(weight_address_bits)
        Of the group.
    read_format: In(GROUP_CONTROL.weight_format)
        Format of the group.
    load: In(1)
        With ``read``: at the end of the next cycle the weight of one lane is another. A read of the same row in that cycle already sees it.
    lane: In(range(lanes)), value: In(8)
        That lane, and its weight in two's complement.
    clear: In(1)
        Row ``clear_index``, counted from the row of the group at ``clear_base`` in ``read_format``, becomes zeros at the end of the cycle.
    clear_base: In(weight_address_bits), clear_index: In(range(weight_rows))
        See ``clear``.
    weights: Out(array of lanes x signed(8))
        The group read in the cycle before: the lanes' sign-extended weights for wide formats, bit 0 = the stored bit for one-bit formats.
    config: In(config_write())
        Writes to Space.WEIGHT: one word, of a slice or of a row (``shiftfire_spec.address.weight_offset``), in a run as well: rows that nothing reads
        meanwhile can take the next round's weights.
    """

    read: Signal
    address: Signal
    read_format: Signal
    load: Signal
    lane: Signal
    value: Signal
    clear: Signal
    clear_base: Signal
    clear_index: Signal
    weights: data.View
    config: ConfigWrite

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "read": In(1),
                "address": In(chip.weight_address_bits),
                "read_format": In(GROUP_CONTROL.field("weight_format").bits),
                "load": In(1),
                "lane": In(range(chip.lanes)),
                "value": In(SLICES),
                "clear": In(1),
                "clear_base": In(chip.weight_address_bits),
                "clear_index": In(range(chip.weight_rows)),
                "weights": Out(data.ArrayLayout(signed(SLICES), chip.lanes)),
                "config": In(config_write()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        slice_bits = (SLICES - 1).bit_length()
        row, clear_row = Signal(range(self.chip.weight_rows)), Signal(range(self.chip.weight_rows))
        first = Signal(slice_bits)  # first slice of the group
        enable = Signal(SLICES)
        with m.Switch(self.read_format):
            for fmt, info in FORMATS.items():
                if not info.bits:
                    continue
                per_row_bits = (SLICES // info.bits - 1).bit_length()
                with m.Case(fmt):
                    m.d.comb += [
                        row.eq(self.address >> per_row_bits),
                        clear_row.eq((self.clear_base >> per_row_bits) + self.clear_index),
                        first.eq(self.address[:per_row_bits] << (info.bits.bit_length() - 1) if per_row_bits else 0),
                        enable.eq(((1 << info.bits) - 1) << first),
                    ]
        words = slice_words(self.chip.lanes)
        word_bits, row_bits = ((count - 1).bit_length() for count in (words, row_words(self.chip.lanes)))
        word_width = min(self.chip.lanes, SLICE_WORD_BITS)
        written, offset, word = self.config.to(Space.WEIGHT), self.config.offset, self.config.word
        part, slice_, write_row = offset[:word_bits], offset[word_bits:row_bits], offset[row_bits:]
        shared = slices_per_word(self.chip.lanes) > 1
        format_r, first_r = Signal.like(self.read_format), Signal.like(first)
        with m.If(self.read):
            m.d.sync += [format_r.eq(self.read_format), first_r.eq(first)]

        columns, writes = [], []
        for index in range(SLICES):
            m.submodules[f"slice{index}"] = memory = settled_memory(unsigned(self.chip.lanes), self.chip.weight_rows)
            write = memory.write_port(granularity=word_width)
            read = memory.read_port(transparent_for=[write] if self.chip.dynamic_weights else [])
            chosen = written if shared else written & (slice_ == index)
            first_bit = index * self.chip.lanes if shared else 0
            configured = Cat(chosen & (part == number) for number in range(words)) if words > 1 else chosen
            m.d.comb += [
                write.en.eq(configured),
                write.addr.eq(write_row),
                write.data.eq(Cat(word[first_bit:][:word_width] for _ in range(words))),
                read.en.eq(self.read & enable[index]),
                read.addr.eq(row),
            ]
            columns.append(read.data)
            writes.append(write)
        if self.chip.dynamic_weights:
            self._store(m, writes, columns, row=row, clear_row=clear_row, enable=enable, first=first)

        for lane in range(self.chip.lanes):
            raw = Signal(SLICES, name=f"raw{lane}")
            m.d.comb += raw.eq(Cat(c[lane] for c in columns) >> first_r)
            with m.Switch(format_r):
                for fmt, info in FORMATS.items():
                    if info.bits:
                        value = raw[: info.bits]
                        with m.Case(fmt):
                            m.d.comb += self.weights[lane].eq(value.as_signed() if info.serial else value)
        return m

    def _store(
        self, m: Module, writes: list[Any], columns: list[Any], *, row: Signal, clear_row: Signal, enable: Signal, first: Signal
    ) -> None:
        """Dynamic weights: a load writes what its read gave, one lane changed; a clear writes zeros."""
        storing, store_row, store_slices = Signal(), Signal.like(row), Signal(SLICES)
        lane, value, chosen = Signal.like(self.lane), Signal(SLICES), Signal(self.chip.lanes)
        m.d.sync += storing.eq(self.read & self.load)
        with m.If(self.read & self.load):
            m.d.sync += [store_row.eq(row), store_slices.eq(enable), lane.eq(self.lane), value.eq(self.value << first)]
        m.d.comb += chosen.eq(1 << lane)
        for index, (write, column) in enumerate(zip(writes, columns, strict=True)):
            with m.If(self.clear):
                m.d.comb += [write.en.eq(~0), write.addr.eq(clear_row), write.data.eq(0)]
            with m.Elif(storing):
                m.d.comb += [
                    write.en.eq(Mux(store_slices[index], ~0, 0)),
                    write.addr.eq(store_row),
                    write.data.eq((column & ~chosen) | Mux(value[index], chosen, 0)),
                ]
