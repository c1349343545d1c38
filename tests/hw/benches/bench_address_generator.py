"""Address generator against nested loops over the documented formulas, and against the cycle rules of stages A and B."""

from collections import deque

import cocotb
from shiftfire_hw.core.address_generator import beat_layout, place_layout
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec import stream
from shiftfire_spec.address import Space
from shiftfire_spec.packet import FLIT, Kind, PayloadKind
from shiftfire_spec.stream import LaneMode
from shiftfire_spec.weights import FORMATS, WeightFormat
from unit_chips import CHIPS
from units import Unit, registers_word

VECTORS = 20
PACKETS = 12


class Group:
    """Random registers of a stream group, and what its packets must become."""

    def __init__(self, rng, chip, tables):
        self.chip, self.tables = chip, tables
        self.kind, self.format = rng.choice(list(PayloadKind)), rng.choice(list(WeightFormat))
        self.index, self.recode = rng.randrange(chip.stream_groups), chip.shift_units and rng.random() < 0.3
        self.discarding = bool(chip.feedback and rng.random() < 0.15)
        self.loading, self.transpose = (chip.dynamic_weights and rng.random() < 0.3 for _ in range(2))
        self.sizes = {name: 1 << field.width for name, field in place_layout(chip)}
        self.mode, self.spatial, self.scale = rng.choice(list(LaneMode)), rng.random() < 0.6, rng.randint(0, 15)
        self.channel_bits, self.x_bits = rng.choice((0, 1, 4, 7)), rng.choice((0, 1, 3))
        self.base = rng.choice((0, 0, 3, 17)) % 2**self.channel_bits
        self.count = rng.choice((1, 5, 100, 0xFFFF))
        self.weight_base, self.acc_base = rng.getrandbits(20), rng.getrandbits(12)
        self.terms = [(rng.randrange(2), rng.randrange(2), rng.choice((0, 1, 2, 3, 12, 31))) for _ in range(stream.STRIDE_TERMS)]
        self.channel_groups = min(rng.choice((1, 2, 3, 5)), chip.accumulator_groups)
        self.steps = [(rng.randint(-4096, 4095), rng.randint(-(1 << 18), (1 << 18) - 1)) for _ in range(2)]  # y, x
        self.table_base = [rng.randrange(chip.axis_entries) for _ in range(2)]

    def word(self):
        stride = {}
        for index, (enable, negative, shift) in enumerate(self.terms):
            stride |= {f"enable{index}": enable, f"negative{index}": negative, f"shift{index}": shift}
        values = {
            stream.GROUP_CONTROL: {
                "payload_kind": self.kind,
                "weight_format": self.format,
                "lane_mode": self.mode,
                "spatial": int(self.spatial),
                "scale": self.scale,
                "transpose": int(self.transpose),
                "recode": int(self.recode),
            },
            stream.GROUP_DECODE: {"channel_bits": self.channel_bits, "x_bits": self.x_bits},
            stream.GROUP_CHANNELS: {"base": self.base, "count": self.count},
            stream.GROUP_WEIGHT: {"base": self.weight_base},
            stream.GROUP_STRIDE: stride,
            stream.GROUP_ACC: {"base": self.acc_base, "channel_groups": self.channel_groups},
            stream.GROUP_STEP_Y: {"acc": self.steps[0][0], "weight": self.steps[0][1]},
            stream.GROUP_STEP_X: {"acc": self.steps[1][0], "weight": self.steps[1][1]},
            stream.GROUP_TABLE: {"y_base": self.table_base[0], "x_base": self.table_base[1]},
        }
        return registers_word(stream.GROUP_REGISTERS, [layout.pack(**values.get(layout, {})) for layout in stream.GROUP_REGISTERS])

    def random_axon(self, rng):
        """An axon whose row and column lie in the tables."""
        limits = [self.chip.axis_entries - base for base in self.table_base]
        channel = rng.randrange(1 << self.channel_bits)
        x = rng.randrange(min(limits[1], 1 << self.x_bits))
        y = rng.randrange(min(limits[0], 1 << (min(16, self.chip.axon_bits) - self.x_bits - self.channel_bits)))
        return (y << self.x_bits | x) << self.channel_bits | channel

    def beats(self, axon, payload):
        """Beats of a SPIKE."""
        c = axon % 2**self.channel_bits - self.base
        if self.discarding or not 0 <= c < self.count:
            return []
        kind = self.kind
        if self.recode:
            kind, payload = (
                PayloadKind.SIGNED,
                self.tables[2][self.index * stream.RECODE_ENTRIES + payload % 16 + payload // 128 * 16],
            )
            if payload % 128 == 0:
                return []
        position = axon >> self.channel_bits
        places = [position >> self.x_bits, position % 2**self.x_bits]
        rows, columns = (
            self.tables[axis][self.table_base[axis] + places[axis]] if self.spatial else {"taps": 1, "acc": 0, "weight": 0}
            for axis in range(2)
        )
        one = self.mode is LaneMode.ONE
        if self.loading:
            return [self.load(c, rows, columns, kind, payload)] if rows["taps"] and columns["taps"] else []
        stride = self.stride()
        result = []
        by_acc, by_weight = (c * stride, 0) if self.transpose else (0, c * stride)
        magnitude = {PayloadKind.COUNT: payload, PayloadKind.SIGNED: payload % 128}.get(kind, 1)
        serial = FORMATS[self.format].serial and kind in (PayloadKind.COUNT, PayloadKind.SIGNED)
        bits = [bit for bit in range(8) if magnitude >> bit & 1] if serial else [0]
        if kind is PayloadKind.POW2:
            bits = [payload % 2**self.chip.exponent_bits]
        for bit in bits:
            for ty in range(rows["taps"]):
                for tx in range(columns["taps"]):
                    for g in range(1 if one else self.channel_groups):
                        acc = rows["acc"] + ty * self.steps[0][0] + columns["acc"] + tx * self.steps[1][0]
                        weight = rows["weight"] + ty * self.steps[0][1] + columns["weight"] + tx * self.steps[1][1]
                        result.append(
                            {
                                "acc": (self.acc_base + acc + (c // self.chip.lanes if one else by_acc + g)) % self.sizes["acc"],
                                "weight": (self.weight_base + weight + (c // self.chip.lanes if one else by_weight + g))
                                % self.sizes["weight"],
                                "one_lane": int(one),
                                "lane": c % self.chip.lanes,
                                "magnitude": magnitude,
                                "negative": int(kind in (PayloadKind.SIGNED, PayloadKind.POW2) and payload >= 128),
                                "shift": (self.scale + bit) % 32,
                                "weight_format": self.format,
                                "load": 0,
                            }
                        )
        return result

    def stride(self):
        """Weight groups (or accumulators) per channel."""
        return sum((-1) ** negative * 2**shift for enable, negative, shift in self.terms if enable)

    def load(self, c, rows, columns, kind, payload):
        """The beat that stores a payload as a weight."""
        magnitude = {PayloadKind.COUNT: payload, PayloadKind.SIGNED: payload % 128, PayloadKind.UNIT: 1}.get(kind)
        if magnitude is None:
            magnitude = 2 ** (payload % 2**self.chip.exponent_bits)
        negative = kind in (PayloadKind.SIGNED, PayloadKind.POW2) and payload >= 128
        base, position = self.weight_base + rows["weight"] + columns["weight"], (rows["acc"] + columns["acc"]) % 2**12
        one = self.mode is LaneMode.ONE
        place, channel = (c, 0) if one else (position, 0 if self.transpose else c * self.stride())
        return {
            "weight": (base + channel + place // self.chip.lanes) % self.sizes["weight"],
            "one_lane": 1,
            "lane": place % self.chip.lanes,
            "weight_format": self.format,
            "load": 1,
            "value": (-magnitude if negative else magnitude) % 256,
        }


class Pipeline:
    """Stages A and B as docs/architecture.md has them; compared in every cycle."""

    def __init__(self, bench, name, chip):
        self.bench, self.chip, self.unit = bench, chip, Unit(bench.dut, f"address_generator_{name}")
        self.group, self.idle = None, 0.0
        self.packets, self.offering, self.receiving = deque(), False, False
        self.a, self.b = None, deque()
        self.beats_seen = self.busy_cycles = 0
        self.left = []  # cycle in which each packet left A

    def drive(self):
        if not self.offering:
            self.offering = bool(self.packets) and self.bench.random.random() >= self.idle
        kind, axon, payload = self.packets[0] if self.offering else (Kind.SPIKE, 0, 0)
        self.unit.set(receiving=self.receiving, i__valid=self.offering, i__payload=FLIT.pack(kind=kind, axon=axon, payload=payload))

    def observe(self):
        where = f"{self.chip.name}, cycle {self.bench.cycles}, {vars(self.group) if self.group else ''}"
        beats = self.group.beats(*self.a[1:]) if self.a and self.a[0] is Kind.SPIKE else []
        leaves = self.a is not None and (not beats or len(self.b) <= 1)
        expected = {
            "beat_valid": bool(self.b),
            "drained": not self.b,
            "i__ready": self.receiving and (self.a is None or leaves),
            "end_seen": leaves and self.a[0] is Kind.END,
            "spike_seen": leaves and self.a[0] is Kind.SPIKE,
            "waiting": self.receiving and self.a is None and not self.offering and not self.b,
        }
        seen = {port: self.unit.get(port) for port in expected}
        assert seen == expected, where
        if self.b:
            self._compare(self.unit.get("beat"), self.b.popleft(), where)
        if leaves:
            self.b.extend(beats)
            self.left.append((self.bench.cycles, len(beats), self.a))
            self.a = None
        if expected["i__ready"] and self.offering:
            self.a, self.offering = self.packets.popleft(), False

    def _compare(self, word, beat, where):
        seen = {name: word >> field.offset & ((1 << field.width) - 1) for name, field in beat_layout(self.chip)}
        compared = [name for name in beat if name != "lane" or beat["one_lane"]]
        assert {name: seen[name] for name in compared} == {name: beat[name] for name in compared}, where
        self.beats_seen += 1

    def done(self):
        return not self.packets and self.a is None


def random_packets(rng, group):
    packets = []
    for _ in range(PACKETS):
        payload = rng.choice((0, 1, 128, 255, 127, rng.getrandbits(8)))
        packets.append((Kind.END, 0, 0) if rng.random() < 0.1 else (Kind.SPIKE, group.random_axon(rng), payload))
    return [*packets, (Kind.END, 0, 0)]


async def write_tables(bench, unit, chip):
    """Random axis tables, rows and columns, and recode tables."""
    rng, tables = bench.random, ([], [], [])
    for address in range(chip.stream_groups * stream.RECODE_ENTRIES if chip.shift_units else 0):
        tables[2].append(rng.choice((0, 128, rng.getrandbits(8), rng.getrandbits(8))))
        unit.set(config__write=1, config__space=Space.RECODE, config__offset=address, config__word=tables[2][-1])
        await bench.cycle()
    for space, table in zip((Space.AXIS_Y, Space.AXIS_X), tables, strict=False):
        for address in range(chip.axis_entries):
            entry = {
                "taps": rng.choice((0, 1, 1, 2, 3, 4)) if address else 2,
                "acc": rng.getrandbits(12),
                "weight": rng.getrandbits(16),
            }
            table.append(entry)
            word = stream.AXIS_ENTRY.pack(**entry)
            unit.set(config__write=1, config__space=space, config__offset=address, config__word=word)
            await bench.cycle()
    unit.set(config__write=0)
    return tables


async def run(dut, *, idles):
    bench = Bench(dut)
    pipelines = [Pipeline(bench, name, chip) for name, chip in CHIPS.items()]
    for pipeline in pipelines:
        pipeline.unit.set(config__write=0, receiving=0, i__valid=0, discarding=0)
    await bench.start()
    tables = [await write_tables(bench, pipeline.unit, pipeline.chip) for pipeline in pipelines]
    bench.agents.extend(pipelines)
    for vector in range(VECTORS):
        for pipeline, table in zip(pipelines, tables, strict=True):
            pipeline.group, pipeline.idle = Group(bench.random, pipeline.chip, table), idles[vector % len(idles)]
            pipeline.unit.set(group=pipeline.group.word(), loading=int(pipeline.group.loading), group_index=pipeline.group.index)
            pipeline.unit.set(discarding=int(pipeline.group.discarding))
            pipeline.packets.extend(random_packets(bench.random, pipeline.group))
            pipeline.receiving = True
        for _ in range(40 * 8 * 80 * PACKETS):
            await bench.cycle()
            for pipeline in pipelines:
                pipeline.receiving = pipeline.receiving and not pipeline.done()  # the sequencer drains
            if all(pipeline.done() and not pipeline.b for pipeline in pipelines):
                break
    return pipelines


@cocotb.test()
async def with_idle_input(dut):
    pipelines = await run(dut, idles=(0.0, 0.5, 0.9))
    assert sum(pipeline.beats_seen for pipeline in pipelines) > 300


@cocotb.test()
async def throughput(dut):
    """Without idle input a packet leaves A in every max(1, beats of the one before) cycles, if that one had beats."""
    for pipeline in await run(dut, idles=(0.0,)):
        free = 0  # first cycle in which B takes a packet
        for (cycle, beats, packet), (following, next_beats, _) in zip(pipeline.left, pipeline.left[1:], strict=False):
            free = max(free, cycle + max(1, beats)) if beats else free
            if packet[0] is Kind.SPIKE:  # after an END the vector may be over
                assert following == max(cycle + 1, free if next_beats else 0)
