"""Address generator against nested loops over the documented formulas, and against the cycle rules of stages A and B, chains of groups included."""

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


class Ring:
    """The core's ring of three steps, and where in a sample it is."""

    def __init__(self, rng, chip):
        self.words = rng.randint(1, max(1, chip.delay_words // 3))
        self.length, self.base = 3 * self.words, self.words * rng.randrange(3) if chip.delay_words else 0
        self.left = rng.choice((0, 1, 2, 4, 62, 63, 65535)) if chip.delay_words else 0
        self.size = 1 << max(1, (chip.delay_words - 1).bit_length())


class Group:
    """Random registers of a stream group, and what its packets must become."""

    def __init__(self, rng, chip, tables, index, chain, ring):
        self.chip, self.tables, self.chain, self.ring = chip, tables, chain, ring
        self.kind, self.format = rng.choice(list(PayloadKind)), rng.choice(list(WeightFormat))
        self.index, self.recode = index, chip.shift_units and rng.random() < 0.3
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
        self.ahead = rng.choice((0, 0, 1, 2, 5, 63)) if chip.delay_words else 0
        self.table_base = [rng.randrange(chip.axis_entries) for _ in range(2)]
        self.first_row = rng.choice((0, 1, 7, rng.getrandbits(chip.axon_bits))) if chip.row_windows else 0
        self.rows = min(rng.choice((1, 2, 5, 4096)), chip.axis_entries - self.table_base[0]) if chip.row_windows else None

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
                "chain": int(self.chain),
            },
            stream.GROUP_DECODE: {"channel_bits": self.channel_bits, "x_bits": self.x_bits},
            stream.GROUP_CHANNELS: {"base": self.base, "count": self.count},
            stream.GROUP_WEIGHT: {"base": self.weight_base},
            stream.GROUP_STRIDE: stride,
            stream.GROUP_ACC: {"base": self.acc_base, "channel_groups": self.channel_groups},
            stream.GROUP_STEP_Y: {"acc": self.steps[0][0], "weight": self.steps[0][1]},
            stream.GROUP_STEP_X: {"acc": self.steps[1][0], "weight": self.steps[1][1]},
            stream.GROUP_AHEAD: {"steps": self.ahead, "words": self.ahead % 3 * self.ring.words},
            stream.GROUP_TABLE: {"y_base": (self.table_base[0] - self.first_row) % 4096, "x_base": self.table_base[1]},
            stream.GROUP_ROWS: {"first": self.first_row, "more": 0 if self.rows is None else self.rows - 1},
        }
        return registers_word(stream.GROUP_REGISTERS, [layout.pack(**values.get(layout, {})) for layout in stream.GROUP_REGISTERS])

    def inside(self, axon):
        """Whether row and column lie in the tables; with row windows, no row is too large."""
        above = axon >> self.channel_bits
        place = (above >> self.x_bits if self.rows is None else 0, above % 2**self.x_bits)
        return all(base + coordinate < self.chip.axis_entries for base, coordinate in zip(self.table_base, place, strict=True))

    def beats(self, axon, payload):
        """Beats of a SPIKE."""
        c = axon % 2**self.channel_bits - self.base
        if self.discarding or (not self.loading and self.ahead > self.ring.left) or not 0 <= c < self.count:
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
        places = [(position >> self.x_bits) - self.first_row, position % 2**self.x_bits]
        if self.spatial and self.rows is not None and not 0 <= places[0] < self.rows:
            return []
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
                                "ahead": int(self.ahead > 0),
                            }
                        )
        return result

    @property
    def goes_on(self):
        """Whether a SPIKE is taken by the next group as well."""
        return self.chain and not self.loading and not self.discarding

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
        self.groups, self.idle = [], 0.0  # a chain, the open one first
        self.at, self.again = 0, False  # the present one; A decodes its packet again in this cycle
        self.packets, self.offering, self.receiving = deque(), False, False
        self.a, self.b = None, deque()
        self.beats_seen = self.busy_cycles = self.chained = 0
        self.left = []  # cycle in which each packet left A under a group, its beats, and whether in a chain
        self.closed = set()  # cycles in which a vector's last packet left A

    @property
    def group(self):
        return self.groups[self.at] if self.groups else None

    @property
    def slow(self):
        """Whether SPIKEs are decoded under several groups."""
        return self.groups[0].goes_on

    def open(self, groups):
        """``groups`` are a chain, to be taken or dropped together."""
        self.groups, self.at = groups, 0
        for group in groups[1:]:
            group.loading, group.discarding = groups[0].loading, groups[0].discarding

    def drive(self):
        if self.group:
            self.unit.set(group=self.group.word(), group_index=self.group.index)
            ring = self.group.ring
            self.unit.set(ring=stream.RING.pack(words=ring.words, length=ring.length), ring_base=ring.base, steps_left=ring.left)
            self.unit.set(loading=int(self.group.loading), discarding=int(self.group.discarding))
        if not self.offering:
            self.offering = bool(self.packets) and self.bench.random.random() >= self.idle
        kind, axon, payload = self.packets[0] if self.offering else (Kind.SPIKE, 0, 0)
        self.unit.set(receiving=self.receiving, i__valid=self.offering, i__payload=FLIT.pack(kind=kind, axon=axon, payload=payload))

    def observe(self):
        where = f"{self.chip.name}, cycle {self.bench.cycles}, {vars(self.group) if self.group else ''}"
        spike = self.a is not None and self.a[0] is Kind.SPIKE
        beats = self.group.beats(*self.a[1:]) if spike else []
        leaves = self.a is not None and not self.again and (not beats or len(self.b) <= 1)
        chained = spike and self.group.goes_on
        done = leaves and not chained
        back = done and self.at > 0
        expected = {
            "beat_valid": bool(self.b),
            "drained": not self.b,
            "i__ready": self.receiving and (self.a is None or (done and not back)),
            "end_seen": done and not spike,
            "spike_seen": done and spike,
            "waiting": self.receiving and self.a is None and not self.offering and not self.b,
            "chain": int(leaves and chained) | back << 1,
        }
        seen = {port: self.unit.get(port) for port in expected}
        assert seen == expected, where
        if self.b:
            self._compare(self.unit.get("beat"), *self.b.popleft(), where)
        if leaves:
            self.b.extend((beat, self.group) for beat in beats)
            self.left.append((self.bench.cycles, len(beats), self.a, spike and self.slow))
            self.chained += chained
            self.at = self.at + 1 if chained else 0
            self.a = self.a if chained else None
        self.again = leaves and chained
        if leaves and self.done():
            self.closed.add(self.bench.cycles)
        if expected["i__ready"] and self.offering:
            self.a, self.offering = self.packets.popleft(), False

    def _compare(self, word, beat, group, where):
        seen = {name: word >> field.offset & ((1 << field.width) - 1) for name, field in beat_layout(self.chip)}
        compared = [name for name in beat if name != "lane" or beat["one_lane"]]
        if beat.get("ahead"):
            ring = group.ring
            place = (ring.base + group.ahead % 3 * ring.words) % ring.length
            assert seen["ring"] == (place + beat["acc"]) % ring.size, where
        assert {name: seen[name] for name in compared} == {name: beat[name] for name in compared}, where
        self.beats_seen += 1

    def done(self):
        return not self.packets and self.a is None and not self.again


def random_chain(rng, chip, tables):
    """One group, or several with following numbers."""
    first, ring = rng.randrange(chip.stream_groups), Ring(rng, chip)
    count = rng.randint(1, min(4, chip.stream_groups - first)) if chip.chains and rng.random() < 0.7 else 1
    return [Group(rng, chip, tables, first + number, number + 1 < count, ring) for number in range(count)]


def random_axon(rng, groups):
    """An axon whose row and column lie in the tables of all groups."""
    bits = groups[0].chip.axon_bits
    while True:
        axon = rng.getrandbits(rng.randint(0, min(16, bits)))
        if rng.random() < 0.5:  # a row about those of a window
            group = rng.choice(groups)
            row = group.first_row + rng.choice((-1, 0, 1, (group.rows or 1) - 1, group.rows or 1))
            axon = (row % 2**bits << group.x_bits + group.channel_bits | axon % 2 ** (group.x_bits + group.channel_bits)) % 2**bits
        if all(group.inside(axon) for group in groups):
            return axon


def random_packets(rng, groups):
    packets = []
    for _ in range(PACKETS):
        payload = rng.choice((0, 1, 128, 255, 127, rng.getrandbits(8)))
        packets.append((Kind.END, 0, 0) if rng.random() < 0.1 else (Kind.SPIKE, random_axon(rng, groups), payload))
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
            pipeline.open(random_chain(bench.random, pipeline.chip, table))
            pipeline.idle = idles[vector % len(idles)]
            pipeline.packets.extend(random_packets(bench.random, pipeline.groups))
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
    assert sum(pipeline.chained for pipeline in pipelines) > 50


@cocotb.test()
async def throughput(dut):
    """Without idle input a packet leaves A in every max(1, beats of the one before) cycles, if that one had beats; a chain's entries take two at least."""
    for pipeline in await run(dut, idles=(0.0,)):
        free = 0  # first cycle in which B takes a packet
        for (cycle, beats, _, slow), (following, next_beats, packet, _) in zip(pipeline.left, pipeline.left[1:], strict=False):
            free = max(free, cycle + max(1, beats)) if beats else free
            if cycle in pipeline.closed:  # the vector was over
                continue
            assert following == max(cycle + (2 if slow else 1), free if next_beats else 0), packet
