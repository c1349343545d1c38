"""Address generator: turns packets into beats."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.core_program import INSTRUCTION
from shiftfire_spec.packet import FLIT, PAYLOAD_BITS, SIGN_BIT, UNIT_EXPONENT_BITS, Kind, PayloadKind
from shiftfire_spec.stream import (
    ACC_ADDRESS_BITS,
    AXIS_ENTRY,
    GROUP_CONTROL,
    RECODE,
    RECODE_ENTRIES,
    RING,
    STRIDE_TERMS,
    TAP_BITS,
    LaneMode,
)
from shiftfire_spec.weights import FORMATS, SLICES

from ..layouts import flit_stream, struct
from ..noc.config_write import ConfigWrite, config_write
from ..settled_memory import settled_memory
from .bank_ports import bank_address, ring_address
from .group_select import GROUP_STRUCT


def place_layout(chip: ChipConfig) -> data.StructLayout:
    """Where a beat adds and reads: an accumulator word and a weight group, modulo the sizes of the chip's memories."""
    return data.StructLayout({"acc": bank_address(chip), "weight": chip.weight_address_bits})


def beat_layout(chip: ChipConfig) -> data.StructLayout:
    """What the weight memory and the lanes do in one cycle."""
    return data.StructLayout(
        {
            **{name: field.shape for name, field in place_layout(chip)},
            "one_lane": 1,  # only `lane` adds
            "lane": range(chip.lanes),
            "magnitude": PAYLOAD_BITS,
            "negative": 1,
            "shift": 5,
            "weight_format": GROUP_CONTROL.field("weight_format").bits,
            "load": 1,  # stores `value` in `lane` instead of adding
            "value": SLICES,  # two's complement
            "ahead": 1,  # adds to the sums of a later step, at `ring`
            "ring": ring_address(chip),
        }
    )


def chain_layout() -> data.StructLayout:
    """Changes of the present stream group within a vector: to the ``next`` group of a chain, or ``back`` to its first, the open one."""
    return data.StructLayout({"next": 1, "back": 1})


class AddressGenerator(wiring.Component):
    """Stages A (decode) and B (beats) of the integrate engine (docs/architecture.md section 3).

    A packet is in A one cycle after it was taken, in B at the earliest two cycles after. Throughput: one packet per max(1, beats) cycles; of a chain of
    stream groups, one entry (a packet under one group) per max(2, beats) cycles.

    Parameters
    ----------
    chip: ChipConfig
        Widths and depths; ``dynamic_weights``, ``shift_units``, ``chains``, ``delay_words`` and ``row_windows`` leave parts out.

    Members
    -------
    i: In(flit_stream())
        Packets, taken while ``receiving``.
    group: In(GROUP_STRUCT), group_index: In(INSTRUCTION.group)
        The present stream group: its registers and its number. While a vector is open it is the open one, and changes as ``chain`` asks.
    receiving: In(1)
        A vector is open.
    loading: In(1)
        Packets become beats that store one weight each; chips without dynamic weights ignore it.
    discarding: In(1)
        Packets have no beats.
    ring: In(RING), ring_base: In(ring_address(chip)), steps_left: In(INSTRUCTION.count)
        The core's register of the ring, where that holds the present step's sums, and the steps of the sample still to come; chips without
        ``delay_words`` ignore them.
    chain: Out(chain_layout())
        What the present group is in the next cycle; chips without chains never ask.
    beat: Out(beat_layout(chip)), beat_valid: Out(1)
        One beat per cycle, never held back.
    end_seen: Out(1), spike_seen: Out(1)
        Strobe as an END or a SPIKE leaves A, of a chain the last time.
    waiting: Out(1)
        A vector is open and there is nothing to do.
    drained: Out(1)
        B is empty.
    config: In(config_write())
        Writes to the axis tables (Space.AXIS_Y, Space.AXIS_X) and to the recode tables (Space.RECODE; chips without shift units have none).
    """

    i: stream.Interface
    group: data.View
    group_index: Signal
    receiving: Signal
    loading: Signal
    discarding: Signal
    ring: data.View
    ring_base: Signal
    steps_left: Signal
    chain: data.View
    beat: data.View
    beat_valid: Signal
    end_seen: Signal
    spike_seen: Signal
    waiting: Signal
    drained: Signal
    config: ConfigWrite

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        self.lane_bits = (chip.lanes - 1).bit_length()
        super().__init__(
            {
                "i": In(flit_stream()),
                "group": In(GROUP_STRUCT),
                "group_index": In(INSTRUCTION.field("group").bits),
                "receiving": In(1),
                "loading": In(1),
                "discarding": In(1),
                "ring": In(struct(RING)),
                "ring_base": In(ring_address(chip)),
                "steps_left": In(INSTRUCTION.field("count").bits),
                "chain": Out(chain_layout()),
                "beat": Out(beat_layout(chip)),
                "beat_valid": Out(1),
                "end_seen": Out(1),
                "spike_seen": Out(1),
                "waiting": Out(1),
                "drained": Out(1),
                "config": In(config_write()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        group: Any = self.group
        pop, again = Signal(), Signal()  # a packet comes to A; the one in A is decoded again, under the next group of a chain
        reads = Signal()
        a: Any = Signal(data.StructLayout({"flit": struct(FLIT), "inside": self.chip.channel_bits, "in_range": 1}), name="a")
        seen: Any = Signal(struct(FLIT), name="seen")  # what is decoded
        m.d.comb += [pop.eq(self.i.valid & self.i.ready), reads.eq(pop | again), seen.eq(Mux(again, a.flit, self.i.payload))]

        # Axis tables, read as the packet is popped.
        axon_in, column, row, above = (Signal(self.chip.axon_bits, name=name) for name in ("axon_in", "column", "row", "above"))
        m.d.comb += [
            axon_in.eq(seen.axon),
            above.eq(axon_in >> group.group_decode.channel_bits),
            column.eq(above & ~self._ones(group.group_decode.x_bits)),
            row.eq(above >> group.group_decode.x_bits),
        ]
        entries: list[Any] = []
        entry_layout = self._entry_layout()
        config = self.config
        word = data.View(struct(AXIS_ENTRY), config.word[: AXIS_ENTRY.bits])
        for name, space, coordinate, base in (
            ("axis_y", Space.AXIS_Y, row, group.group_table.y_base),
            ("axis_x", Space.AXIS_X, column, group.group_table.x_base),
        ):
            m.submodules[name] = memory = settled_memory(entry_layout, self.chip.axis_entries)
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.en.eq(config.to(space)),
                write.addr.eq(config.offset),
                *(write.data[name].eq(word[name]) for name in entry_layout.members),
                read.en.eq(reads),
                read.addr.eq(base + coordinate),
            ]
            entries.append(read.data)
        recoded = self._recode(m, reads, seen.payload)

        # The channel, too, is decoded as the packet is popped.
        bits = self.chip.channel_bits
        channel, inside, below, in_range = Signal(bits), Signal(bits), Signal(), Signal()
        m.d.comb += [
            channel.eq(axon_in & ~self._ones(group.group_decode.channel_bits)),
            Cat(inside, below).eq(channel - group.group_channels.base[:bits]),
            in_range.eq(~below & (inside < group.group_channels.count[: bits + 1]) & self._row_there(m, row)),
        ]

        # Stage A.
        a_valid = Signal()
        a_beats = Signal()  # the packet has beats
        a_leaves = Signal()  # under the present group
        a_done = Signal()  # for good
        chained, away = self._chain(m, a, a_leaves, again)
        b_free = Signal()
        decoded = self._decode(m, a, entries, recoded)
        m.d.comb += [
            a_beats.eq((a.flit.kind == Kind.SPIKE) & decoded["any"] & ~self.discarding & ~self._too_late(m)),
            a_leaves.eq(a_valid & ~again & (~a_beats | b_free)),
            a_done.eq(a_leaves & ~chained),
            self.i.ready.eq(self.receiving & (~a_valid | (a_done & ~away))),
            self.end_seen.eq(a_done & (a.flit.kind == Kind.END)),
            self.spike_seen.eq(a_done & (a.flit.kind == Kind.SPIKE)),
        ]
        with m.If(pop):
            m.d.sync += [a.flit.eq(self.i.payload), a_valid.eq(1)]
        with m.Elif(a_done):
            m.d.sync += a_valid.eq(0)
        with m.If(reads):
            m.d.sync += [a.inside.eq(inside), a.in_range.eq(in_range)]
        m.d.comb += self.waiting.eq(self.receiving & ~a_valid & ~self.i.valid & ~self.beat_valid)
        self._beats(m, a_leaves & a_beats, b_free, decoded, entries)
        return m

    def _row_there(self, m: Module, row: Signal) -> Any:
        """Whether the present group's row table has an entry for ``row``."""
        if not self.chip.row_windows:
            return Const(1)
        rows: Any = self.group.group_rows
        after, above = Signal.like(row, name="row_after"), Signal()  # rows from the table's first one on; it lies above the row
        m.d.comb += Cat(after, above).eq(row - rows.first[: len(row)])
        return ~self.group.group_control.spatial | (~above & (after <= rows.more))

    def _too_late(self, m: Module) -> Any:
        """Whether the present group adds to a step past the sample's last one."""
        if not self.chip.delay_words:
            return Const(0)
        late = Signal()
        m.d.comb += late.eq(self.group.group_ahead.steps > self.steps_left)
        return late & ~self.loading if self.chip.dynamic_weights else late

    def _chain(self, m: Module, a: Any, a_leaves: Signal, again: Signal) -> tuple[Any, Any]:
        """Whether the packet in A goes on to the next group of a chain, and whether the present group is not the open one.

        ``again`` is the cycle after it left A under a group, in which the next group's registers are there.
        """
        if not self.chip.chains:
            return Const(0), Const(0)
        chained, away = Signal(), Signal()
        adding = ~self.loading if self.chip.dynamic_weights else Const(1)
        m.d.comb += [
            chained.eq(self.group.group_control.chain & (a.flit.kind == Kind.SPIKE) & adding & ~self.discarding),
            self.chain.next.eq(a_leaves & chained),
            self.chain.back.eq(a_leaves & ~chained & away),
        ]
        m.d.sync += again.eq(self.chain.next)
        with m.If(self.chain.next):
            m.d.sync += away.eq(1)
        with m.Elif(self.chain.back):
            m.d.sync += away.eq(0)
        return chained, away

    def _ones(self, count: Any) -> Any:
        """All bits of an axon from ``count`` up."""
        return (Const((1 << self.chip.axon_bits) - 1) << count)[: self.chip.axon_bits]

    def _entry_layout(self) -> data.StructLayout:
        """What of an AXIS_ENTRY this chip keeps. LOAD takes ``acc`` for a position among the lanes."""
        chip = self.chip
        widths = {
            "taps": TAP_BITS,
            "acc": ACC_ADDRESS_BITS if chip.dynamic_weights else len(Const(0, bank_address(chip))),
            "weight": min(AXIS_ENTRY.field("weight").bits, chip.weight_address_bits),
        }
        return data.StructLayout(widths)

    def _recode(self, m: Module, reads: Signal, payload: Value) -> Any:
        """What the group's recode table has for the packet in A, read as the packet is popped; None without shift units."""
        if not self.chip.shift_units:
            return None
        m.submodules.recode = memory = settled_memory(unsigned(RECODE.bits), self.chip.stream_groups * RECODE_ENTRIES)
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.en.eq(self.config.to(Space.RECODE)),
            write.addr.eq(self.config.offset),
            write.data.eq(self.config.word),
            read.en.eq(reads),
            read.addr.eq(Cat(payload[:UNIT_EXPONENT_BITS], payload[-1], self.group_index)),
        ]
        return read.data

    def _decode(self, m: Module, a: Any, entries: list[Any], recoded: Any) -> dict[str, Any]:
        """Combinational decode of the packet in A: first addresses, taps, passes, sign."""
        group: Any = self.group
        control = group.group_control
        kind, payload, empty = Signal(control.payload_kind.shape()), Signal(PAYLOAD_BITS), Signal()
        m.d.comb += [kind.eq(control.payload_kind), payload.eq(a.flit.payload)]
        if recoded is not None:
            with m.If(control.recode):
                m.d.comb += [kind.eq(PayloadKind.SIGNED), payload.eq(recoded), empty.eq(recoded[:-1] == 0)]
        inside = a.inside
        one = control.lane_mode == LaneMode.ONE
        spatial = control.spatial
        zero = {"taps": 0, "acc": 0, "weight": 0}
        y, x = ({name: Mux(spatial, entry[name], v) for name, v in zero.items()} for entry in entries)

        first: Any = Signal(place_layout(self.chip), name="first")
        stride = self._stride(m, inside, max(len(first.acc), len(first.weight)))
        block = inside >> self.lane_bits
        loading, transpose = (self.loading, control.transpose) if self.chip.dynamic_weights else (Const(0), Const(0))
        # Dynamic weights: in mode ONE the lane is the channel's, the position picks the weight group; in mode ALL the lane is the position's.
        token = Signal(ACC_ADDRESS_BITS)
        m.d.comb += [
            token.eq(y["acc"] + x["acc"]),
            first.acc.eq(group.group_acc.base + token + Mux(one, block, Mux(transpose, stride, 0))),
            first.weight.eq(
                (group.group_weight.base + y["weight"])
                + (x["weight"] + Mux(loading & ~one, token >> self.lane_bits, 0))
                + Mux(one, block, Mux(transpose, 0, stride))
            ),
        ]

        graded = (kind == PayloadKind.COUNT) | (kind == PayloadKind.SIGNED)
        serial_format = Signal()
        with m.Switch(control.weight_format):
            for fmt, info in FORMATS.items():
                if info.serial:
                    with m.Case(fmt):
                        m.d.comb += serial_format.eq(1)
        magnitude, negative, value = Signal(PAYLOAD_BITS), Signal(), Signal(SLICES)
        with m.Switch(kind):
            with m.Case(PayloadKind.COUNT):
                m.d.comb += magnitude.eq(payload)
            with m.Case(PayloadKind.SIGNED):
                m.d.comb += [magnitude.eq(payload & (SIGN_BIT - 1)), negative.eq(payload[-1])]
            with m.Case(PayloadKind.POW2):
                m.d.comb += [magnitude.eq(1), negative.eq(payload[-1])]
            with m.Default():
                m.d.comb += magnitude.eq(1)
        exponent = Mux(kind == PayloadKind.POW2, payload[: self.chip.exponent_bits], 0)
        stored = Signal(SLICES)
        m.d.comb += [stored.eq(magnitude << exponent), value.eq(Mux(negative, -stored, stored))]
        serial = serial_format & graded & ~loading
        passes = Signal(PAYLOAD_BITS)
        m.d.comb += passes.eq(Mux(serial, magnitude, 1))
        taps = [Mux(spatial, entry.taps, 1) for entry in entries]
        return {
            "any": a.in_range & ~empty & (taps[0] != 0) & (taps[1] != 0) & (passes != 0),
            "first": first,
            "taps": [Mux(loading, 1, tap) for tap in taps],
            "passes": passes,
            "one": one | loading,
            "load": loading,
            "lane": Mux(one, inside, token)[: self.lane_bits],
            "value": value,
            "magnitude": magnitude,
            "negative": negative,
            "shift": control.scale + exponent,
        }

    def _stride(self, m: Module, inside: Signal, bits: int) -> Signal:
        """Weight groups (or accumulators) from the group's first channel to the one that is ``inside`` channels further, modulo 2**bits."""
        terms: Any = self.group.group_stride
        stride: Any = Const(0, bits)
        for index in range(STRIDE_TERMS):
            term = Signal(bits, name=f"stride_term{index}")
            m.d.comb += term.eq(Mux(terms[f"enable{index}"], inside << terms[f"shift{index}"], 0))
            negative = terms[f"negative{index}"]
            total = Signal(bits + 1, name=f"stride{index}")  # one adder, with a bit below for the carry that negates
            m.d.comb += total.eq(Cat(Const(1, 1), stride) + Cat(negative, term ^ negative.replicate(bits)))
            stride = total[1:]
        return stride

    def _ahead(self, m: Module, load: Any, beat: Any, acc: Value) -> None:
        """Where beats for a later step add: the accumulator address counts from that step's first word, as all of a step lie side by side."""
        ahead: Any = self.group.group_ahead
        start, total = Signal(ring_address(self.chip), name="ring_start"), Signal(len(self.ring.length) + 1, name="ring_total")
        m.d.comb += [
            total.eq(self.ring_base + ahead.words),
            self.beat.ahead.eq(beat.ahead),
            self.beat.ring.eq(start + acc),
        ]
        with m.If(load):
            m.d.sync += [
                start.eq(Mux(total >= self.ring.length, total - self.ring.length, total)),
                beat.ahead.eq((ahead.steps != 0) & ~self.loading),
            ]

    def _beat_group(self, m: Module, load: Any) -> Any:
        """What stage B needs of the stream group that its packet came under: of the present one, or in a chain, which moves on meanwhile, kept from ``load``."""
        group: Any = self.group
        place = place_layout(self.chip)
        of: Any = Signal(
            data.StructLayout(
                {
                    "step_y": place,
                    "step_x": place,
                    "channel_groups": range(self.chip.accumulator_groups + 1),
                    "weight_format": GROUP_CONTROL.field("weight_format").bits,
                }
            ),
            name="of",
        )
        values = [
            *(of[axis][name].eq(group[f"group_{axis}"][name]) for axis in ("step_y", "step_x") for name in place.members),
            of.channel_groups.eq(group.group_acc.channel_groups),
            of.weight_format.eq(group.group_control.weight_format),
        ]
        if not self.chip.chains:
            m.d.comb += values
            return of
        with m.If(load):
            m.d.sync += values
        return of

    def _beats(self, m: Module, load: Any, b_free: Signal, first: dict[str, Any], entries: list[Any]) -> None:
        """Stage B: the nested loops over passes, row taps, column taps and channel groups."""
        group = self._beat_group(m, load)
        valid = Signal()
        passes = Signal(PAYLOAD_BITS)
        taps_y, taps_x = Signal(TAP_BITS), Signal(TAP_BITS)
        y, x, g = Signal(TAP_BITS), Signal(TAP_BITS), Signal(range(self.chip.accumulator_groups + 1))
        beat: Any = Signal(beat_layout(self.chip), name="b")
        shift = Signal(5)
        place = place_layout(self.chip)
        origin, line, tap, current = (Signal(place, name=n) for n in ("b_origin", "b_line", "b_tap", "b_current"))

        lowest = Signal(range(PAYLOAD_BITS))
        for bit in reversed(range(PAYLOAD_BITS)):
            with m.If(passes[bit]):
                m.d.comb += lowest.eq(bit)
        passes_left = Signal(PAYLOAD_BITS)
        last_g, last_x, last_y, last = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            passes_left.eq(passes & (passes - 1)),
            last_g.eq(beat.one_lane | (g + 1 == group.channel_groups[: len(g)])),
            last_x.eq(x + 1 == taps_x),
            last_y.eq(y + 1 == taps_y),
            last.eq(last_g & last_x & last_y & (passes_left == 0)),
            b_free.eq(~valid | last),
            self.drained.eq(~valid),
            self.beat_valid.eq(valid),
            self.beat.eq(beat),
            self.beat.acc.eq(current.acc),
            self.beat.weight.eq(current.weight),
            self.beat.shift.eq(shift + lowest),
            self.beat.weight_format.eq(group.weight_format),
        ]
        if self.chip.delay_words:
            self._ahead(m, load, beat, current.acc)

        base, step, following = (Signal(place, name=name) for name in ("base", "step", "following"))
        m.d.comb += [following[name].eq(base[name] + step[name]) for name in place.members]  # one adder for every loop
        with m.If(valid):
            m.d.sync += current.eq(following)
            with m.If(~last_g):
                m.d.comb += [base.eq(current), step.acc.eq(1), step.weight.eq(1)]
                m.d.sync += g.eq(g + 1)
            with m.Elif(~last_x):
                m.d.comb += [base.eq(tap), *(step[name].eq(group.step_x[name]) for name in place.members)]
                m.d.sync += [g.eq(0), x.eq(x + 1), tap.eq(following)]
            with m.Elif(~last_y):
                m.d.comb += [base.eq(line), *(step[name].eq(group.step_y[name]) for name in place.members)]
                m.d.sync += [g.eq(0), x.eq(0), y.eq(y + 1), line.eq(following), tap.eq(following)]
            with m.Else():
                m.d.comb += base.eq(origin)
                m.d.sync += [g.eq(0), x.eq(0), y.eq(0), passes.eq(passes_left), valid.eq(passes_left != 0)]
                m.d.sync += [line.eq(following), tap.eq(following)]
        with m.If(load):
            m.d.sync += [
                valid.eq(1),
                passes.eq(first["passes"]),
                taps_y.eq(first["taps"][0]),
                taps_x.eq(first["taps"][1]),
                *(s.eq(0) for s in (y, x, g)),
                *(register.eq(first["first"]) for register in (origin, line, tap, current)),
                shift.eq(first["shift"]),
                beat.one_lane.eq(first["one"]),
                beat.lane.eq(first["lane"]),
                beat.magnitude.eq(first["magnitude"]),
                beat.negative.eq(first["negative"]),
                beat.load.eq(first["load"]),
                beat.value.eq(first["value"]),
            ]
