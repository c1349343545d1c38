"""An untimed chip: executes a configuration image and an injection program as docs/architecture.md says, and nothing else.

It knows the contract but none of the compiler: a packet goes where the routers' tables send it, an axon means what the registers
say. Whole vectors move at once and their events are shuffled, for values must not depend on the order of arrival.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import (
    CONFIG_ADDRESS,
    FIRE_IMAX,
    FIRE_IMIN,
    FIRE_VINIT,
    FIRE_VMAX,
    FIRE_VMIN,
    FIRE_VRESET,
    Space,
    core_register_offset,
    group_register_offset,
    weight_bit,
    weight_offset,
)
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.core_program import INSTRUCTION, LOOP_COUNTERS, Opcode
from shiftfire_spec.events import IO_TILE
from shiftfire_spec.fire import (
    FIRE_CHANNELS,
    FIRE_CONTROL,
    FIRE_CURRENT_LEAK,
    FIRE_LEAK,
    FIRE_RANGE,
    FIRE_SHAPE,
    FireOp,
    Reset,
    Rounding,
)
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, InjectOp
from shiftfire_spec.packet import SIGN_BIT, Kind, PayloadKind, Port
from shiftfire_spec.shift_units import FIRE_UNITS
from shiftfire_spec.stream import (
    AXIS_ENTRY,
    GROUP_ACC,
    GROUP_AHEAD,
    GROUP_CHANNELS,
    GROUP_CONTROL,
    GROUP_CREDIT,
    GROUP_DECODE,
    GROUP_LOAD,
    GROUP_ROWS,
    GROUP_STEP_X,
    GROUP_STEP_Y,
    GROUP_STRIDE,
    GROUP_TABLE,
    GROUP_WEIGHT,
    PORT_CONTROL,
    PORT_SLOTS,
    PORT_STRIDE_X,
    PORT_STRIDE_Y,
    RING,
    ROUTE,
    STRIDE_TERMS,
    LaneMode,
)
from shiftfire_spec.weights import FORMATS, WeightFormat
from support import shift_unit_interpreter

Packet = tuple[int, int, int, int]  # kind, tag, axon, payload
Event = tuple[int, int]  # axon, payload
SEGMENT_OPS = (FireOp.PTSOFTMAX, FireOp.BSPN, FireOp.TABLE)
MOVES = {Port.NORTH: (0, -1), Port.EAST: (1, 0), Port.SOUTH: (0, 1), Port.WEST: (-1, 0)}
SERIAL_KINDS = (PayloadKind.COUNT, PayloadKind.SIGNED)


@dataclass
class Sender:
    """An output port: vectors waiting to go, slots that have opened."""

    waiting: deque[list[Event]] = field(default_factory=deque)
    opened: int = 0


class Core:
    """One core's memories and registers, and what it does with a whole vector."""

    def __init__(self, memory: dict[Space, dict[int, int]], chip: ChipConfig) -> None:
        self.memory, self.chip = memory, chip
        self.pc = 0
        self.counters = [0] * LOOP_COUNTERS
        self.group: int | None = None
        self.loading = self.discarding = False
        self.received: list[Event] = []
        self.ends = 0
        self.accumulators: dict[int, NDArray[np.int64]] = defaultdict(lambda: np.zeros(chip.lanes, np.int64))
        self.later: dict[int, dict[int, NDArray[np.int64]]] = defaultdict(
            lambda: defaultdict(lambda: np.zeros(chip.lanes, np.int64))
        )  # by step
        self.now = self.steps_left = 0
        self.membranes: dict[int, NDArray[np.int64]] = {}
        self.currents: dict[int, NDArray[np.int64]] = {}
        self.silences: dict[tuple[int, int], int] = {}  # steps left, by membrane address and lane
        self.leaks: dict[Layout, dict[str, int]] = {}  # of the neuron that is looked at
        self.sender = Sender()
        self.sent: list[list[Event]] = []

    def register(self, layout: Layout) -> dict[str, int]:
        return dict(layout.unpack(self.memory[Space.REGISTER][core_register_offset(layout)]))

    def of_group(self, layout: Layout) -> dict[str, int]:
        assert self.group is not None
        return dict(layout.unpack(self.memory[Space.REGISTER][group_register_offset(self.group, layout)]))

    def weight(self, fmt: WeightFormat, group: int) -> NDArray[np.int64]:
        """Weights of all lanes of one weight group."""
        info = FORMATS[fmt]
        if fmt is WeightFormat.ONE:
            return np.ones(self.chip.lanes, np.int64)
        row, part = divmod(group, 8 // info.bits)
        assert row < self.chip.weight_rows
        value = np.zeros(self.chip.lanes, np.int64)
        for bit in range(info.bits):
            places = [self.weight_place(row, part * info.bits + bit, lane) for lane in range(self.chip.lanes)]
            stored = [self.memory[Space.WEIGHT][word] >> place & 1 for word, place in places]
            value += np.array(stored, np.int64) << bit
        if fmt is WeightFormat.PM1:
            return 2 * value - 1
        return np.where(value > info.maximum, value - (1 << info.bits), value)

    def weight_place(self, row: int, index: int, lane: int) -> tuple[int, int]:
        """Word of the weight memory, and bit in it, that holds the bit of ``lane`` in slice ``index``."""
        lanes = self.chip.lanes
        return weight_offset(row, index, lanes=lanes, word=lane // 32), weight_bit(index, lane, lanes=lanes)

    def begin_step(self, instruction: dict[str, int]) -> None:
        """What was added for the step that begins, in words that the ring has."""
        self.now += 1
        self.steps_left = instruction["count"] if instruction["first"] else self.steps_left - 1
        sums = self.later.pop(self.now, {})
        assert not (sums and instruction["first"]) and not any(self.accumulators[a].any() for a in sums)
        assert all(address < self.register(RING)["words"] for address in sums)
        self.accumulators.update(sums)

    def clear_weights(self) -> None:
        """Zero the rows of the group's dynamic weights."""
        bits = FORMATS[WeightFormat(self.of_group(GROUP_CONTROL)["weight_format"])].bits
        row, rows = self.of_group(GROUP_WEIGHT)["base"] * bits // 8, self.of_group(GROUP_LOAD)["rows"]
        assert rows > 0
        first, last = (weight_offset(place, 0, lanes=self.chip.lanes) for place in (row, row + rows))
        self.memory[Space.WEIGHT].update(dict.fromkeys(range(first, last), 0))

    def store(self, fmt: WeightFormat, group: int, lane: int, value: int) -> None:
        """Write one dynamic weight into a cleared place."""
        info = FORMATS[fmt]
        assert info.minimum <= value <= info.maximum
        row, part = divmod(group, 8 // info.bits)
        for bit in range(info.bits):
            word, place = self.weight_place(row, part * info.bits + bit, lane)
            assert not self.memory[Space.WEIGHT][word] >> place & 1, "a dynamic weight is written twice"
            self.memory[Space.WEIGHT][word] |= (value >> bit & 1) << place

    def taps(self, space: Space, entry: int, step: dict[str, int], spatial: int) -> list[tuple[int, int]]:
        """(accumulator, weight) offsets of an axis' taps."""
        if not spatial:
            return [(0, 0)]
        assert entry < self.chip.axis_entries
        first = AXIS_ENTRY.unpack(self.memory[space][entry])
        return [(first["acc"] + t * step.get("acc", 0), first["weight"] + t * step.get("weight", 0)) for t in range(first["taps"])]

    def take(self, axon: int, payload: int) -> None:
        """One event, under the open group and those chained to it."""
        opened = self.group
        assert opened is not None
        self.integrate(axon, payload)
        while self.of_group(GROUP_CONTROL)["chain"]:
            assert self.chip.chains and not self.loading
            self.group += 1
            self.integrate(axon, payload)
        self.group = opened

    def integrate(self, axon: int, payload: int) -> None:
        """Add one event into the accumulators, beat by beat."""
        if self.of_group(GROUP_CONTROL)["recode"]:
            payload = self.memory[Space.RECODE][self.group * 32 + (payload & 15) + 16 * (payload >> 7)]
        decode, channels = self.of_group(GROUP_DECODE), self.of_group(GROUP_CHANNELS)
        control, acc = self.of_group(GROUP_CONTROL), self.of_group(GROUP_ACC)
        if control["recode"]:
            control["payload_kind"] = PayloadKind.SIGNED
        bits, x_bits = decode["channel_bits"], decode["x_bits"]
        channel, x, y = axon & ((1 << bits) - 1), axon >> bits & ((1 << x_bits) - 1), axon >> (bits + x_bits)
        c = channel - channels["base"]
        if not 0 <= c < channels["count"]:
            return
        window = self.of_group(GROUP_ROWS)
        if self.chip.row_windows and control["spatial"] and not window["first"] <= y <= window["first"] + window["more"]:
            return
        ahead, ring = self.of_group(GROUP_AHEAD), self.register(RING)
        assert ahead["words"] == ahead["steps"] * ring["words"] and ahead["words"] <= ring["length"] <= self.chip.delay_words
        if ahead["steps"] > self.steps_left and not self.loading:
            return
        sums = self.later[self.now + ahead["steps"]] if ahead["steps"] else self.accumulators
        table, stride = self.of_group(GROUP_TABLE), self.of_group(GROUP_STRIDE)
        step_y, step_x = self.of_group(GROUP_STEP_Y), self.of_group(GROUP_STEP_X)
        y_taps = self.taps(Space.AXIS_Y, (table["y_base"] + y) % 4096, step_y, control["spatial"])
        x_taps = self.taps(Space.AXIS_X, table["x_base"] + x, step_x, control["spatial"])
        one = control["lane_mode"] == LaneMode.ONE
        shift = (self.chip.lanes - 1).bit_length()
        groups = [c >> shift] if one else list(range(acc["channel_groups"]))
        channel_weight = sum(
            (-1 if stride[f"negative{i}"] else 1) * (c << stride[f"shift{i}"]) for i in range(STRIDE_TERMS) if stride[f"enable{i}"]
        )
        transposed = channel_weight if control["transpose"] and not one else 0
        base = self.of_group(GROUP_WEIGHT)["base"] + (0 if one else channel_weight - transposed)
        selected = np.arange(self.chip.lanes) == c & (self.chip.lanes - 1) if one else np.ones(self.chip.lanes, bool)
        fmt = WeightFormat(control["weight_format"])
        if self.loading:
            (y_acc, y_weight), (x_acc, x_weight) = y_taps[0], x_taps[0]
            place = c if one else y_acc + x_acc
            value = int(contribution({**control, "scale": 0}, WeightFormat.INT8, np.ones(1, np.int64), payload)[0])
            self.store(fmt, base + y_weight + x_weight + (place >> shift), place & (self.chip.lanes - 1), value)
            return
        for y_acc, y_weight in y_taps:
            for x_acc, x_weight in x_taps:
                for g in groups:
                    address = acc["base"] + y_acc + x_acc + g + transposed
                    assert 0 <= address < self.chip.accumulator_groups
                    weight = self.weight(fmt, base + y_weight + x_weight + g)
                    self.add(sums, address, np.where(selected, contribution(control, fmt, weight, payload), 0))

    def add(self, sums: dict[int, NDArray[np.int64]], address: int, addend: NDArray[np.int64]) -> None:
        """Add to one word of ``sums``; lanes that hold a channel must never leave the accumulator's width."""
        word = sums[address]
        word += addend
        groups = self.register(FIRE_SHAPE)["channel_groups"]
        used = self.register(FIRE_CHANNELS)["channels"] - address % groups * self.chip.lanes
        limit = 1 << (self.chip.accumulator_bits - 1)
        assert np.all((word[: max(used, 0)] >= -limit) & (word[: max(used, 0)] < limit)), "accumulator overflow"

    def parameters(self, group: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bias and threshold of a group's lanes."""
        memory = self.memory[Space.PARAMETER]
        words = [memory[(group * self.chip.lanes + lane) * 2 + k] for k in (0, 1) for lane in range(self.chip.lanes)]
        signed = np.array(words, dtype=np.uint32).astype(np.int32).astype(np.int64)
        return signed[: self.chip.lanes], signed[self.chip.lanes :]

    def leak(self, layout: Layout, group: int, lane: int) -> dict[str, int]:
        """The leak of a membrane (FIRE_LEAK) or a current (FIRE_CURRENT_LEAK): the layer's, or that beside the parameters of ``group``."""
        if not self.register(FIRE_CONTROL)["neuron_leaks"]:
            return self.register(layout)
        assert self.chip.neuron_leaks
        offset = (group * self.chip.lanes + lane) * 2 + (layout is FIRE_CURRENT_LEAK)
        leak = dict(layout.unpack(self.memory[Space.LEAK][offset]))
        assert not any(leak[f"enable{i}"] for i in range(self.chip.leak_terms, 3))
        return leak

    def fire(self, first: bool, hold: bool) -> list[Event]:
        """Events of one FIRE, in order."""
        shape, channels = self.register(FIRE_SHAPE), self.register(FIRE_CHANNELS)["channels"]
        port = self.register(PORT_CONTROL)
        stride = {"x": self.register(PORT_STRIDE_X)["step"], "y": self.register(PORT_STRIDE_Y)["step"]}
        control = self.register(FIRE_CONTROL)
        assert shape["channel_groups"] <= self.chip.parameter_groups
        events: list[Event] = []
        best: tuple[int, int] | None = None
        for position in range(shape["height"] * shape["width"]):
            y, x = divmod(position, shape["width"])
            if control["op"] in SEGMENT_OPS:
                base = port["axon_base"] + y * stride["y"] + x * stride["x"]
                payloads = self.segments(FireOp(control["op"]), position)
                events += [(base + channel, payload) for channel, payload in enumerate(payloads) if payload is not None]
                continue
            for g in range(shape["channel_groups"]):
                address = position * shape["channel_groups"] + g
                group = address if control["neuron_parameters"] else g
                bias, theta = self.parameters(group)
                a = self.accumulators[address] + bias
                for lane in range(min(self.chip.lanes, channels - g * self.chip.lanes)):
                    self.leaks = {layout: self.leak(layout, group, lane) for layout in (FIRE_LEAK, FIRE_CURRENT_LEAK)}
                    axon = port["axon_base"] + y * stride["y"] + x * stride["x"] + g * self.chip.lanes + lane
                    if control["op"] == FireOp.ARGMAX:
                        best = (int(a[lane]), axon) if best is None or a[lane] > best[0] else best
                        continue
                    if control["op"] == FireOp.SHIFTLIF:
                        level = self.shift_spike(address, lane, int(a[lane]), int(theta[lane]), first)
                        events += [] if level is None else [(axon, level)]
                        continue
                    if control["op"] in (FireOp.LI, FireOp.CUBALI, FireOp.SUM):
                        whole = int(a[lane])
                        if control["op"] != FireOp.SUM:
                            whole = self.potential(control, address, lane, whole, first)
                        events += [(axon, digit) for digit in digits(whole)]
                        continue
                    value = self.neuron(control, address, lane, int(a[lane]), int(theta[lane]), first)
                    if value:
                        negative = control["payload_kind"] == PayloadKind.SIGNED and value < 0
                        events.append((axon, abs(value) | (SIGN_BIT if negative else 0)))
        if not hold:
            self.accumulators.clear()
        return events if best is None else [(best[1], 1)]

    def segments(self, op: FireOp, position: int) -> list[int | None]:
        """Payloads of all channels of a position, segment by segment."""
        groups, channels = self.register(FIRE_SHAPE)["channel_groups"], self.register(FIRE_CHANNELS)["channels"]
        units, a, theta = self.register(FIRE_UNITS), [], []
        for g in range(groups):
            bias, words = self.parameters(g)
            a += (self.accumulators[position * groups + g] + bias).tolist()
            theta += words.tolist()
        size = units["segment_groups"] * self.chip.lanes or channels
        payloads: list[int | None] = []
        for start in range(0, channels, size):
            own = slice(start, min(start + size, channels))
            control, limits = self.register(FIRE_CONTROL), self.register(FIRE_RANGE)
            payloads += shift_unit_interpreter.segment(op, a[own], theta[own], control, limits, units, self.memory[Space.TABLE])
        return payloads

    def shift_spike(self, address: int, lane: int, a: int, theta_log2: int, first: bool) -> int | None:
        """Level of the spike that one SHIFTLIF neuron emits."""
        words = self.membranes.setdefault(address, np.zeros(self.chip.lanes, np.int64))
        units, u = self.register(FIRE_UNITS), self.integrated(int(words[lane]), a, first)
        level = shift_unit_interpreter.spike_level(u, theta_log2, units)
        words[lane] = u - (0 if level is None else 1 << (theta_log2 - units["levels"] + level))
        return level

    def lost(self, layout: Layout, v: int) -> int:
        """What the neuron's leak of membrane or current takes off."""
        leak = self.leaks[layout]
        return sum((-1 if leak[f"negative{i}"] else 1) * (v >> leak[f"shift{i}"]) for i in range(3) if leak[f"enable{i}"])

    def integrated(self, v: int, a: int, first: bool, theta: int = 0) -> int:
        """Membrane potential after leak, delayed reset, input and clipping."""
        low, high, start = (self.register(r)["value"] for r in (FIRE_VMIN, FIRE_VMAX, FIRE_VINIT))
        v = start if first else v
        control = self.register(FIRE_CONTROL)
        owed = theta if control["delayed_reset"] and fires(control, v, theta) else 0
        return max(low, min(high, v - self.lost(FIRE_LEAK, v) - owed + a))

    def driven(self, control: dict[str, int], address: int, lane: int, a: int, first: bool) -> int:
        """What drives the membrane: the sum, or the synaptic current, which moves on."""
        if control["op"] not in (FireOp.CUBALIF, FireOp.CUBALI):
            return a
        assert control["count_steps"] == 2
        words = self.currents.setdefault(address, np.zeros(self.chip.lanes, np.int64))
        low, high = self.register(FIRE_IMIN)["value"], self.register(FIRE_IMAX)["value"]
        before = 0 if first else int(words[lane])
        words[lane] = after = max(low, min(high, before - self.lost(FIRE_CURRENT_LEAK, before) + a))
        return before if control["old_current"] else after

    def potential(self, control: dict[str, int], address: int, lane: int, a: int, first: bool) -> int:
        """The membrane that is sent."""
        assert control["reset"] == Reset.NONE and not control["delayed_reset"]
        words = self.membranes.setdefault(address, np.zeros(self.chip.lanes, np.int64))
        words[lane] = value = self.integrated(int(words[lane]), self.driven(control, address, lane, a, first), first)
        return value

    def neuron(self, control: dict[str, int], address: int, lane: int, a: int, theta: int, first: bool) -> int:
        """Value that one neuron emits."""
        limits = self.register(FIRE_RANGE)
        if control["op"] == FireOp.COUNT:
            quotient = 0
            for bit in reversed(range(control["count_steps"])):
                if a >= theta << bit:
                    a -= theta << bit
                    quotient |= 1 << bit
            if control["levels"]:
                return shift_unit_interpreter.table_entry(self.memory[Space.TABLE], min(quotient, limits["span"]))
            value = limits["lo"] + min(quotient, limits["span"])
            return value if abs(value) > limits["dead_zone"] else 0
        if control["op"] == FireOp.REQUANT:
            whole, shift = a >> control["shift"], control["shift"]
            rest, half = a - (whole << shift), (1 << shift) / 2
            up = {
                Rounding.FLOOR: False,
                Rounding.HALF_UP: shift > 0 and rest >= half,
                Rounding.HALF_EVEN: shift > 0 and (rest > half or (rest == half and whole % 2 == 1)),
            }[Rounding(control["rounding"])]
            value = max(limits["lo"], min(limits["lo"] + limits["span"], whole + int(up)))
            return value if abs(value) > limits["dead_zone"] else 0
        words = self.membranes.setdefault(address, np.zeros(self.chip.lanes, np.int64))
        drive = self.driven(control, address, lane, a, first)  # a current goes on whatever the membrane does
        if self.waits(control, address, lane, first):
            return 0
        v = self.integrated(int(words[lane]), drive, first, theta)
        if control["op"] == FireOp.MULTISPIKE:
            assert limits["span"].bit_length() <= control["count_steps"]
            count = 0
            while v >= theta and count < limits["span"]:
                v, count = v - theta, count + 1
            words[lane] = max(v, -theta) if control["floor_at_theta"] else v
            return count
        spike = fires(control, v, theta)
        if spike and not control["delayed_reset"]:
            zero = self.register(FIRE_VRESET)["value"] if core_register_offset(FIRE_VRESET) in self.memory[Space.REGISTER] else 0
            v = {Reset.SUBTRACT: v - theta, Reset.ZERO: zero, Reset.NONE: v}[Reset(control["reset"])]
        limit = 1 << (self.chip.membrane_bits - 1)
        assert -limit <= v < limit, "membrane overflow"
        words[lane] = v
        if spike:
            self.silences[address, lane] = control["refractory"]
        return int(spike)

    def waits(self, control: dict[str, int], address: int, lane: int, first: bool) -> bool:
        """Whether a spike of a few steps ago keeps the neuron from doing anything in this one."""
        left = 0 if first else self.silences.get((address, lane), 0)
        assert not left or control["op"] in (FireOp.LIF, FireOp.CUBALIF)
        self.silences[address, lane] = max(left - 1, 0)
        return left > 0


def digits(value: int) -> list[int]:
    """Payloads of a wide value: it is made of its digits, each the nearest that leaves an even rest."""
    payloads, exponent = list[int](), 0
    while value:
        digit = 0 if value % 2 == 0 else 1 if value % 4 == 1 else -1
        payloads += [exponent | (SIGN_BIT if digit < 0 else 0)] if digit else []
        value, exponent = (value - digit) // 2, exponent + 1
    return payloads


def fires(control: dict[str, int], v: int, theta: int) -> bool:
    """Whether a membrane of LIF reaches its threshold."""
    return v > theta if control["strict"] else v >= theta


def contribution(control: dict[str, int], fmt: WeightFormat, weight: NDArray[np.int64], payload: int) -> NDArray[np.int64]:
    """What a beat (all its bits) adds per lane."""
    kind, scale = PayloadKind(control["payload_kind"]), control["scale"]
    sign = -1 if kind in (PayloadKind.SIGNED, PayloadKind.POW2) and payload & SIGN_BIT else 1
    if kind is PayloadKind.UNIT:
        return weight << scale
    if kind is PayloadKind.POW2:
        return sign * (weight << (scale + (payload & 31)))
    magnitude = payload if kind is PayloadKind.COUNT else payload & (SIGN_BIT - 1)
    if not FORMATS[fmt].serial:
        return sign * weight * (magnitude << scale)
    total = np.zeros_like(weight)
    for bit in range(magnitude.bit_length()):
        if magnitude >> bit & 1:
            total += weight << (scale + bit)
    return sign * total


class ImageInterpreter:
    """A chip configured by ``image``; ``run`` plays an injection program until nothing moves."""

    def __init__(self, image: NDArray[np.uint32], chip: ChipConfig, rng: np.random.Generator) -> None:
        self.chip, self.rng = chip, rng
        memories: list[dict[Space, dict[int, int]]] = [{s: {} for s in Space} for _ in range(chip.tiles)]
        last_tile = 0
        for address_word, data in image.tolist():
            address = CONFIG_ADDRESS.unpack(address_word)
            assert address["tile"] >= last_tile and not address["read"], "image order"
            last_tile = address["tile"]
            space = memories[last_tile][Space(address["space"])]
            assert address["offset"] not in space, f"{Space(address['space']).name} {address['offset']} written twice"
            space[address["offset"]] = data
        self.cores = [Core(m, chip) for m in memories]
        self.routes = [{tag: ROUTE.unpack(mask)["mask"] for tag, mask in m[Space.ROUTE].items()} for m in memories]
        self.io = Sender()
        self.collected: dict[int, list[list[Event]]] = defaultdict(lambda: [[]])

    def carry(self, start: int, packet: Packet) -> None:
        """Deliver a packet that enters at tile ``start`` to the ends of its tree."""
        queue, seen = [start], set()
        while queue:
            tile = queue.pop()
            assert tile not in seen, "a packet reaches a router twice"
            seen.add(tile)
            mask = self.routes[tile][packet[1]]
            for port in Port:
                if not mask >> port & 1:
                    continue
                x, y = tile % self.chip.width, tile // self.chip.width
                if port is Port.LOCAL:
                    self.deliver(tile, packet)
                elif port is Port.WEST and tile == 0:
                    self.deliver(IO_TILE, packet)
                else:
                    x, y = x + MOVES[port][0], y + MOVES[port][1]
                    assert 0 <= x < self.chip.width and 0 <= y < self.chip.height, "a packet leaves the mesh"
                    queue.append(y * self.chip.width + x)

    def deliver(self, tile: int, packet: Packet) -> None:
        kind, tag, axon, payload = packet
        if kind == Kind.CREDIT:
            sender = self.io if tile == IO_TILE else self.cores[tile].sender
            assert not sender.opened >> payload & 1, "a slot opens twice"
            sender.opened |= 1 << payload
        elif tile == IO_TILE:
            self.collected[tag].append([]) if kind == Kind.END else self.collected[tag][-1].append((axon, payload))
        else:
            core = self.cores[tile]
            assert core.group is not None, "a packet reaches a core with no open vector"
            if kind == Kind.END:
                core.ends += 1
                assert core.ends <= core.of_group(GROUP_CONTROL)["sources"], "too many ENDs"
            else:
                core.received.append((axon, payload))

    def send(self, sender: Sender, tile: int, tag: int, mask: int) -> bool:
        """Send one vector if its slots have opened."""
        if not sender.waiting or sender.opened & mask != mask:
            return False
        sender.opened &= ~mask
        for axon, payload in sender.waiting.popleft():
            self.carry(max(tile, 0), (Kind.SPIKE, tag, axon, payload))
        self.carry(max(tile, 0), (Kind.END, tag, 0, 0))
        return True

    def step(self, tile: int) -> bool:
        """Finish the open vector or execute one instruction."""
        core = self.cores[tile]
        if core.group is not None:
            if core.ends < core.of_group(GROUP_CONTROL)["sources"]:
                return False
            for i in self.rng.permutation(0 if core.discarding else len(core.received)):
                core.take(*core.received[i])
            core.group, core.received, core.ends = None, [], 0
        instruction = INSTRUCTION.unpack(core.memory[Space.PROGRAM].get(core.pc, 0))
        opcode = Opcode(instruction["opcode"])
        if opcode is Opcode.HALT:
            return False
        core.pc += 1
        if opcode in (Opcode.ACC, Opcode.LOAD):
            core.group, core.loading, core.discarding = instruction["group"], opcode is Opcode.LOAD, bool(instruction["discard"])
            if core.loading:
                core.clear_weights()
            credit = core.of_group(GROUP_CREDIT)
            self.carry(tile, (Kind.CREDIT, credit["tag"], 0, credit["slot"]))
        elif opcode is Opcode.FIRE:
            events = core.fire(bool(instruction["first"]), bool(instruction["hold"]))
            core.sent.append(events)
            core.sender.waiting.append(events)
        elif opcode is Opcode.LOOP:
            counter = instruction["group"]
            core.counters[counter] += 1
            if core.counters[counter] == instruction["count"]:
                core.counters[counter] = 0
            else:
                core.pc = instruction["target"]
        elif opcode is Opcode.STEP:
            assert core.chip.delay_words
            core.begin_step(dict(instruction))
        elif opcode is Opcode.JUMP:
            core.pc = instruction["target"]
        return True

    def run(self, words: NDArray[np.uint32]) -> None:
        """Play an injection program; senders and cores take turns in random order."""
        tag, mask = self.load(words)
        ports = {}
        for tile, core in enumerate(self.cores):
            if core.memory[Space.REGISTER]:
                ports[tile] = (core.register(PORT_CONTROL)["tag"], core.register(PORT_SLOTS)["mask"])
        moved = True
        while moved:
            moved = self.send(self.io, IO_TILE, tag, mask)
            for tile in self.rng.permutation(list(ports)):
                moved |= self.send(self.cores[tile].sender, int(tile), *ports[int(tile)])
                moved |= self.step(int(tile))
        assert not self.io.waiting, "not all inputs were taken"

    def load(self, words: NDArray[np.uint32]) -> tuple[int, int]:
        """Vectors of the injection program into the I/O sender; its tag and mask."""
        tag = mask = 0
        queue = deque(words.tolist())
        while queue:
            begin = INJECT_BEGIN.unpack(queue.popleft())
            assert begin["op"] == InjectOp.BEGIN
            tag, mask = begin["tag"], queue.popleft()
            vector: list[Event] = []
            while (event := INJECT_EVENT.unpack(queue.popleft()))["op"] == InjectOp.EVENT:
                vector.append((event["axon"], event["payload"]))
            assert event["op"] == InjectOp.END
            self.io.waiting.append(vector)
        return tag, mask
