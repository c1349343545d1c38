"""What a FIRE must do: its events by the golden functions, its cycles by docs/architecture.md "Fire" and "Encode"."""

from collections import deque

import numpy as np
from shiftfire.golden.activation_table import fire_table
from shiftfire.golden.argmax import fire_argmax
from shiftfire.golden.bspn import fire_bspn
from shiftfire.golden.count import fire_count
from shiftfire.golden.cuba import fire_cubali, fire_cubalif
from shiftfire.golden.li import fire_li
from shiftfire.golden.lif import fire_lif
from shiftfire.golden.multispike import fire_multispike
from shiftfire.golden.ptsoftmax import fire_ptsoftmax
from shiftfire.golden.requant import fire_requant
from shiftfire.golden.shiftlif import fire_shiftlif
from shiftfire.golden.wide_sum import fire_sum
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.cubali import CubaLi
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.li import Li
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire.network.neurons.table import Table
from shiftfire.network.neurons.wide_sum import Sum
from shiftfire_hw.core.counters import BUMP_BITS
from shiftfire_hw.testing.streams import value
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.fire import FIRE_STAGES
from shiftfire_spec.packet import AXON_BITS, PayloadKind, encode_payload

END = 1  # word of an END event
SILENT = ()  # a step of a pass before the last: it does not go to the encoder
GOLDEN = {
    Lif: fire_lif,
    Count: fire_count,
    Requant: fire_requant,
    Argmax: fire_argmax,
    Ptsoftmax: fire_ptsoftmax,
    Bspn: fire_bspn,
    ShiftLif: fire_shiftlif,
    Table: fire_table,
    MultiSpikeIf: fire_multispike,
    Li: fire_li,
    CubaLif: fire_cubalif,
    CubaLi: fire_cubali,
    Sum: fire_sum,
}


def payload_kind(neuron):
    if isinstance(neuron, Lif | Argmax | CubaLif):
        return PayloadKind.UNIT
    if isinstance(neuron, Ptsoftmax | Bspn | ShiftLif | Table):
        return neuron.payload_kind
    if isinstance(neuron, MultiSpikeIf):
        return PayloadKind.COUNT
    if isinstance(neuron, Li | CubaLi | Sum):
        return PayloadKind.POW2
    return PayloadKind.SIGNED if neuron.value_limits[0] < 0 else PayloadKind.COUNT


def passes(neuron):
    """Times that a segment is walked."""
    return {Ptsoftmax: 3, Bspn: 2}.get(type(neuron), 1)


def packet_values(kind, number):
    """What the packets of an element stand for: of POW2 the digits of its non-adjacent form, one after the other, lowest first."""
    if kind is not PayloadKind.POW2:
        return [number]
    digits, weight = [], 1
    while number:
        if number % 2:
            digit = 2 - number % 4
            digits.append(digit * weight)
            number -= digit
        number, weight = number // 2, 2 * weight
    return digits


def walk(case):
    """First channel of every step of a position, and whether the step goes to the encoder. Of a group without channels there is one step."""
    channels, segment = case.groups * case.chip.lanes, case.segment * case.chip.lanes
    for start in range(0, channels, segment):
        for turn in reversed(range(passes(case.neuron))):
            for first in range(start, min(start + segment, channels), case.chip.fire_lanes):
                if first < case.channels or first % case.chip.lanes == 0:
                    yield first, turn == 0


def fire_steps(case, values):
    """Event words of every step of one FIRE that emits ``values`` (channels, height, width), in walking order."""
    kind, lanes, steps = payload_kind(case.neuron), case.chip.fire_lanes, []
    is_argmax = isinstance(case.neuron, Argmax)
    for y in range(case.height):
        for x in range(case.width):
            for first, emits in walk(case):
                if not emits:
                    steps.append(SILENT)
                    continue
                events = []
                for channel in range(first, min(first + lanes, case.channels)):
                    number = int(values[channel, y, x])
                    if number and not is_argmax:
                        axon = (case.axon_base + y * case.stride_y + x * case.stride_x + channel) % (1 << case.chip.axon_bits)
                        for part in packet_values(kind, number):
                            events.append(axon << 1 | encode_payload(kind, part) << (1 + AXON_BITS))
                steps.append(events)
    if is_argmax:  # nothing is known before the last step
        steps[-1] = [((case.axon_base + int(np.argmax(values[:, 0, 0]))) % (1 << case.chip.axon_bits)) << 1 | 1 << (1 + AXON_BITS)]
    steps[-1] = [*steps[-1], END]
    return steps


def golden_values(case):
    """(fires, channels, height, width) of the case's sums (fires, channels, height, width)."""
    return GOLDEN[type(case.neuron)](case.neuron, case.sums[None])[0]


class Engine:
    """One fire engine with encoder, compared in every cycle. ``start`` is called in the cycle before the strobe is driven."""

    def __init__(self, bench, unit, chip, *, stall):
        self.bench, self.unit, self.chip, self.stall = bench, unit, chip, stall
        self.bumps_port = getattr(bench.dut, f"{unit.name}__bumps")
        self.busy, self.starting, self.starts = False, None, []
        self.waiting, self.f1, self.left = deque(), None, 0  # steps not yet issued; events of the step in F1; its cycles to go
        self.held, self.fill = deque(), 0
        self.counts = [0] * COUNTERS
        self.writes = deque()
        self.cycles_busy = 0
        unit.set(command__start=0, sums__write=0, sums__read=0, config__write=0, run=1)

    def start(self, steps, cycles_per_step, *, first, hold, bank):
        self.starting = (deque(steps), max(1, cycles_per_step))
        self.unit.set(command__start=1, command__first=first, command__hold=hold, command__bank=bank)

    def drive(self):
        self.open = self.bench.random.random() >= self.stall
        self.unit.set(o__ready=self.open)
        if self.writes:
            bank, address, word = self.writes.popleft()
            self.unit.set(sums__write=1, sums__bank=bank, sums__write_address=address, sums__write_data=word)
        else:
            self.unit.set(sums__write=0)

    def observe(self):
        where = f"{self.chip.name}, cycle {self.bench.cycles}"
        assert self.unit.get("command__idle") == (not self.busy), where
        assert self.unit.get("o__valid") == bool(self.held), where
        if self.held:
            assert self.unit.get("o__payload") == self.held[0], f"{where}: {self.unit.get('o__payload'):#x}, not {self.held[0]:#x}"
        word = value(self.bumps_port)
        for counter in range(COUNTERS):
            self.counts[counter] += word >> (counter * BUMP_BITS) & (2**BUMP_BITS - 1)
        self.cycles_busy += self.busy
        encoder_takes = len(self.held) == 0 or (len(self.held) == 1 and self.open)
        leaves = self.f1 is not None and self.left == 1 and (encoder_takes or self.f1 is SILENT)
        issues = bool(self.waiting) and (self.f1 is None or leaves)
        stalled = self.f1 is not None and self.left == 1 and not leaves
        assert self.unit.get("command__stalled") == stalled, where
        if self.held and self.open:
            self.held.popleft()
        if leaves:
            self.held.extend(self.f1)
            self.busy = bool(self.waiting)
            self.f1 = None
        elif self.f1 is not None and self.left > 1:
            self.left -= 1
        if issues:
            self.f1, self.left = self.waiting.popleft(), self.cycles_per_step + self.fill
            self.fill = 0
        if self.starting:
            (self.waiting, self.cycles_per_step), self.starting, self.busy = self.starting, None, True
            self.fill = FIRE_STAGES - 1  # the first step passes the stages; those after it are behind it

    def take_counts(self):
        """Counters since the last call, but for those that are 0."""
        counts = {Counter(index): count for index, count in enumerate(self.counts) if count}
        self.counts = [0] * COUNTERS
        return counts
