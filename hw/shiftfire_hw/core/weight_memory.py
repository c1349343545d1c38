"""Weight memory: eight bit slices of ``lanes`` bits."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import CONFIG_ADDRESS
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.stream import GROUP_CONTROL, WEIGHT_ADDRESS_BITS
from shiftfire_spec.weights import FORMATS, SLICE_WORD_BITS, SLICES, slice_words


class WeightMemory(wiring.Component):
    """Reads one weight group per cycle (layout: ``shiftfire_spec.weights``).

    With ``read`` high, the group at ``address`` in ``read_format`` comes out in the next cycle as ``weights``: the lanes' sign-extended
    weights for wide formats, bit 0 = the stored bit for one-bit formats. Only the group's slices are read.
    Configuration writes one word of a slice (``shiftfire_spec.address.weight_offset``) at the end of the cycle, in a run as well: rows
    that nothing reads meanwhile can take the next round's weights.

    A ``read`` with ``load`` replaces the weight of lane ``lane`` by ``value`` at the end of the next cycle; a read of the same row in that
    cycle already sees it. ``clear`` zeroes row ``clear_index`` counted from the row of the group at ``clear_base``, in ``read_format``.
    Loading, clearing and configuring exclude each other: a core that loads in a run is not configured beside it.
    """

    read: Any
    address: Any
    read_format: Any
    load: Any
    lane: Any
    value: Any
    clear: Any
    clear_base: Any
    clear_index: Any
    weights: Any
    write: Any
    offset: Any
    word: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "read": In(1),
                "address": In(WEIGHT_ADDRESS_BITS),
                "read_format": In(GROUP_CONTROL.field("weight_format").bits),
                "load": In(1),
                "lane": In(range(chip.lanes)),
                "value": In(SLICES),
                "clear": In(1),
                "clear_base": In(WEIGHT_ADDRESS_BITS),
                "clear_index": In(WEIGHT_ADDRESS_BITS),
                "weights": Out(data.ArrayLayout(signed(SLICES), chip.lanes)),
                "write": In(1),
                "offset": In(CONFIG_ADDRESS.field("offset").bits),
                "word": In(32),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        slice_bits = (SLICES - 1).bit_length()
        row, clear_row = Signal(WEIGHT_ADDRESS_BITS), Signal(WEIGHT_ADDRESS_BITS)
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
        word_bits = (words - 1).bit_length()
        word_width = min(self.chip.lanes, SLICE_WORD_BITS)
        part, slice_, write_row = (
            self.offset[:word_bits],
            self.offset[word_bits:][:slice_bits],
            self.offset[word_bits + slice_bits :],
        )
        format_r, first_r = Signal.like(self.read_format), Signal.like(first)
        with m.If(self.read):
            m.d.sync += [format_r.eq(self.read_format), first_r.eq(first)]

        # A load writes what its read gave, one lane changed.
        storing, store_row, store_slices = Signal(), Signal.like(row), Signal(SLICES)
        lane, value = Signal.like(self.lane), Signal(SLICES)
        m.d.sync += storing.eq(self.read & self.load)
        with m.If(self.read & self.load):
            m.d.sync += [store_row.eq(row), store_slices.eq(enable), lane.eq(self.lane), value.eq(self.value << first)]
        chosen_lane = Signal(self.chip.lanes)
        m.d.comb += chosen_lane.eq(1 << lane)

        columns = []
        for index in range(SLICES):
            m.submodules[f"slice{index}"] = memory = Memory(shape=unsigned(self.chip.lanes), depth=self.chip.weight_rows, init=[])
            write = memory.write_port(granularity=word_width)
            read = memory.read_port(transparent_for=[write])
            chosen = self.write & (slice_ == index)
            configured = Cat(chosen & (part == word) for word in range(words)) if words > 1 else chosen
            every = (1 << words) - 1
            m.d.comb += [
                write.en.eq(Mux(self.clear | (storing & store_slices[index]), every, configured)),
                write.addr.eq(Mux(self.clear, clear_row, Mux(storing, store_row, write_row))),
                write.data.eq(Cat(self.word[:word_width] for _ in range(words))),
                read.en.eq(self.read & enable[index]),
                read.addr.eq(row),
            ]
            with m.If(self.clear):
                m.d.comb += write.data.eq(0)
            with m.Elif(storing):
                m.d.comb += write.data.eq((read.data & ~chosen_lane) | Mux(value[index], chosen_lane, 0))
            columns.append(read.data)

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
