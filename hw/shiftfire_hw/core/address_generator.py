"""Address generator: turns packets into beats."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import CHIP_LIMITS, ChipConfig
from shiftfire_spec.packet import AXON_BITS, EXPONENT_BITS, FLIT, PAYLOAD_BITS, SIGN_BIT, Kind, PayloadKind
from shiftfire_spec.program import INSTRUCTION
from shiftfire_spec.stream import (
    ACC_ADDRESS_BITS,
    AXIS_ENTRY,
    GROUP_CONTROL,
    RECODE,
    RECODE_ENTRIES,
    STRIDE_TERMS,
    TAP_BITS,
    WEIGHT_ADDRESS_BITS,
    LaneMode,
)
from shiftfire_spec.weights import FORMATS, SLICES

from ..layouts import struct
from .registers import GROUP_STRUCT

BEAT = data.StructLayout(
    {
        "acc": ACC_ADDRESS_BITS,
        "weight": WEIGHT_ADDRESS_BITS,
        "one_lane": 1,  # only `lane` adds
        "lane": range(int(CHIP_LIMITS["lanes"][1])),
        "magnitude": PAYLOAD_BITS,
        "negative": 1,
        "shift": 5,
        "weight_format": GROUP_CONTROL.field("weight_format").bits,
        "load": 1,  # stores `value` in `lane` instead of adding
        "value": SLICES,  # two's complement
    }
)


class AddressGenerator(wiring.Component):
    """Stages A (decode) and B (beats) of the integrate engine (docs/architecture.md section 3).

    ``i`` takes packets while ``receiving``; a packet is in A one cycle later, in B at the earliest two cycles later. ``beat`` is
    valid with ``beat_valid``, one beat per cycle, never held back. ``end_seen`` strobes as an END leaves A, ``spike_seen`` as a
    SPIKE does; ``drained``: B is empty. ``loading``: packets become beats that store one weight each. ``group``: registers of the open stream group
    ``group_index``, stable while a vector is open. Axis tables are written through ``axis_*`` (``axis_write[0]`` rows, ``[1]`` columns), recode tables through
    ``recode_*``; chips without shift units have none.

    Throughput: one packet per max(1, beats) cycles.
    """

    i: Any
    group: Any
    group_index: Any
    receiving: Any
    loading: Any
    beat: Any
    beat_valid: Any
    end_seen: Any
    spike_seen: Any
    waiting: Any
    drained: Any
    axis_write: Any
    axis_address: Any
    axis_data: Any
    recode_write: Any
    recode_address: Any
    recode_data: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        self.lane_bits = (chip.lanes - 1).bit_length()
        super().__init__(
            {
                "i": In(stream.Signature(struct(FLIT))),
                "group": In(GROUP_STRUCT),
                "group_index": In(INSTRUCTION.field("group").bits),
                "receiving": In(1),
                "loading": In(1),
                "beat": Out(BEAT),
                "beat_valid": Out(1),
                "end_seen": Out(1),
                "spike_seen": Out(1),
                "waiting": Out(1),
                "drained": Out(1),
                "axis_write": In(2),
                "axis_address": In(range(max(2, chip.axis_entries))),
                "axis_data": In(AXIS_ENTRY.bits),
                "recode_write": In(1),
                "recode_address": In(range(chip.stream_groups * RECODE_ENTRIES)),
                "recode_data": In(RECODE.bits),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        group: Any = self.group
        pop = Signal()
        m.d.comb += pop.eq(self.i.valid & self.i.ready)

        # Axis tables, read as the packet is popped.
        axon_in = Signal(AXON_BITS)
        column = Signal(AXON_BITS)
        row = Signal(AXON_BITS)
        above = Signal(AXON_BITS)
        m.d.comb += [
            axon_in.eq(self.i.payload.axon),
            above.eq(axon_in >> group.group_decode.channel_bits),
            column.eq(above & ~self._ones(group.group_decode.x_bits)),
            row.eq(above >> group.group_decode.x_bits),
        ]
        entries: list[Any] = []
        for index, (name, coordinate, base) in enumerate(
            (("axis_y", row, group.group_table.y_base), ("axis_x", column, group.group_table.x_base))
        ):
            m.submodules[name] = memory = Memory(shape=struct(AXIS_ENTRY), depth=self.chip.axis_entries, init=[])
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.en.eq(self.axis_write[index]),
                write.addr.eq(self.axis_address),
                write.data.eq(self.axis_data),
                read.en.eq(pop),
                read.addr.eq(base + coordinate),
            ]
            entries.append(read.data)
        recoded = self._recode(m, pop)

        # The channel, too, is decoded as the packet is popped.
        channel, inside, in_range = Signal(AXON_BITS), Signal(AXON_BITS), Signal()
        m.d.comb += [
            channel.eq(axon_in & ~self._ones(group.group_decode.channel_bits)),
            inside.eq(channel - group.group_channels.base),
            in_range.eq((channel >= group.group_channels.base) & (inside < group.group_channels.count)),
        ]

        # Stage A.
        a_valid = Signal()
        a: Any = Signal(data.StructLayout({"flit": struct(FLIT), "inside": AXON_BITS, "in_range": 1}), name="a")
        a_beats = Signal()  # the packet has beats
        a_leaves = Signal()
        b_free = Signal()
        decoded = self._decode(m, a, entries, recoded)
        m.d.comb += [
            a_beats.eq((a.flit.kind == Kind.SPIKE) & decoded["any"]),
            a_leaves.eq(a_valid & (~a_beats | b_free)),
            self.i.ready.eq(self.receiving & (~a_valid | a_leaves)),
            self.end_seen.eq(a_leaves & (a.flit.kind == Kind.END)),
            self.spike_seen.eq(a_leaves & (a.flit.kind == Kind.SPIKE)),
        ]
        with m.If(pop):
            m.d.sync += [a.flit.eq(self.i.payload), a.inside.eq(inside), a.in_range.eq(in_range), a_valid.eq(1)]
        with m.Elif(a_leaves):
            m.d.sync += a_valid.eq(0)
        m.d.comb += self.waiting.eq(self.receiving & ~a_valid & ~self.i.valid & ~self.beat_valid)
        self._beats(m, a_leaves & a_beats, b_free, decoded, entries)
        return m

    @staticmethod
    def _ones(count: Any) -> Any:
        """All bits from ``count`` up."""
        return ((1 << AXON_BITS) - 1) << count

    def _recode(self, m: Module, pop: Signal) -> Any:
        """What the group's recode table has for the packet in A, read as the packet is popped; None without shift units."""
        if not self.chip.shift_units:
            return None
        m.submodules.recode = memory = Memory(shape=unsigned(RECODE.bits), depth=self.chip.stream_groups * RECODE_ENTRIES, init=[])
        write, read = memory.write_port(), memory.read_port()
        payload = self.i.payload.payload
        m.d.comb += [
            write.en.eq(self.recode_write),
            write.addr.eq(self.recode_address),
            write.data.eq(self.recode_data),
            read.en.eq(pop),
            read.addr.eq(Cat(payload[:EXPONENT_BITS], payload[-1], self.group_index)),
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

        stride_term = group.group_stride
        stride = sum(
            (
                Mux(
                    stride_term[f"enable{i}"],
                    Mux(stride_term[f"negative{i}"], -(inside << stride_term[f"shift{i}"]), inside << stride_term[f"shift{i}"]),
                    0,
                )
                for i in range(STRIDE_TERMS)
            ),
            start=Signal(signed(1), name="nothing"),
        )
        block = inside >> self.lane_bits
        acc, weight = Signal(ACC_ADDRESS_BITS), Signal(WEIGHT_ADDRESS_BITS)
        # Dynamic weights: in mode ONE the lane is the channel's, the position picks the weight group; in mode ALL the lane is the position's.
        token = Signal(ACC_ADDRESS_BITS)
        m.d.comb += [
            token.eq(y["acc"] + x["acc"]),
            acc.eq(group.group_acc.base + token + Mux(one, block, Mux(control.transpose, stride, 0))),
            weight.eq(
                (group.group_weight.base + y["weight"])
                + (x["weight"] + Mux(self.loading & ~one, token >> self.lane_bits, 0))
                + Mux(one, block, Mux(control.transpose, 0, stride))
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
        exponent = Mux(kind == PayloadKind.POW2, payload[:EXPONENT_BITS], 0)
        stored = Signal(SLICES)
        m.d.comb += [stored.eq(magnitude << exponent), value.eq(Mux(negative, -stored, stored))]
        serial = serial_format & graded & ~self.loading
        passes = Signal(PAYLOAD_BITS)
        m.d.comb += passes.eq(Mux(serial, magnitude, 1))
        taps = [Mux(spatial, entry.taps, 1) for entry in entries]
        return {
            "any": a.in_range & ~empty & (taps[0] != 0) & (taps[1] != 0) & (passes != 0),
            "acc": acc,
            "weight": weight,
            "taps": [Mux(self.loading, 1, tap) for tap in taps],
            "passes": passes,
            "one": one | self.loading,
            "lane": Mux(one, inside, token)[: self.lane_bits],
            "value": value,
            "magnitude": magnitude,
            "negative": negative,
            "shift": control.scale + exponent,
        }

    def _beats(self, m: Module, load: Any, b_free: Signal, first: dict[str, Any], entries: list[Any]) -> None:
        """Stage B: the nested loops over passes, row taps, column taps and channel groups."""
        group: Any = self.group
        valid = Signal()
        passes = Signal(PAYLOAD_BITS)
        taps_y, taps_x = Signal(TAP_BITS), Signal(TAP_BITS)
        y, x, g = Signal(TAP_BITS), Signal(TAP_BITS), Signal(ACC_ADDRESS_BITS)
        beat: Any = Signal(BEAT, name="b")
        shift = Signal(5)
        place = data.StructLayout({"acc": ACC_ADDRESS_BITS, "weight": WEIGHT_ADDRESS_BITS})
        origin, line, tap, current = (Signal(place, name=n) for n in ("b_origin", "b_line", "b_tap", "b_current"))

        lowest = Signal(range(PAYLOAD_BITS))
        for bit in reversed(range(PAYLOAD_BITS)):
            with m.If(passes[bit]):
                m.d.comb += lowest.eq(bit)
        passes_left = Signal(PAYLOAD_BITS)
        last_g, last_x, last_y, last = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            passes_left.eq(passes & (passes - 1)),
            last_g.eq(beat.one_lane | (g + 1 == group.group_acc.channel_groups)),
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
            self.beat.weight_format.eq(group.group_control.weight_format),
        ]

        def go(place: Any, step: Any = None) -> list[Any]:
            """Value of ``place`` moved by ``step``, for the registers that it is given to."""
            if step is None:
                return [place.acc, place.weight]
            return [place.acc + step.acc, place.weight + step.weight]

        def set_to(target: Any, value: list[Any]) -> list[Any]:
            return [target.acc.eq(value[0]), target.weight.eq(value[1])]

        with m.If(valid):
            with m.If(~last_g):
                m.d.sync += [g.eq(g + 1), current.acc.eq(current.acc + 1), current.weight.eq(current.weight + 1)]
            with m.Elif(~last_x):
                following = go(tap, group.group_step_x)
                m.d.sync += [g.eq(0), x.eq(x + 1), *set_to(tap, following), *set_to(current, following)]
            with m.Elif(~last_y):
                following = go(line, group.group_step_y)
                m.d.sync += [g.eq(0), x.eq(0), y.eq(y + 1)]
                m.d.sync += [*set_to(line, following), *set_to(tap, following), *set_to(current, following)]
            with m.Else():
                following = go(origin)
                m.d.sync += [g.eq(0), x.eq(0), y.eq(0), passes.eq(passes_left), valid.eq(passes_left != 0)]
                m.d.sync += [*set_to(line, following), *set_to(tap, following), *set_to(current, following)]
        with m.If(load):
            start = [first["acc"], first["weight"]]
            m.d.sync += [
                valid.eq(1),
                passes.eq(first["passes"]),
                taps_y.eq(first["taps"][0]),
                taps_x.eq(first["taps"][1]),
                *(s.eq(0) for s in (y, x, g)),
                *(a for p in (origin, line, tap, current) for a in set_to(p, start)),
                shift.eq(first["shift"]),
                beat.one_lane.eq(first["one"]),
                beat.lane.eq(first["lane"]),
                beat.magnitude.eq(first["magnitude"]),
                beat.negative.eq(first["negative"]),
                beat.load.eq(self.loading),
                beat.value.eq(first["value"]),
            ]
