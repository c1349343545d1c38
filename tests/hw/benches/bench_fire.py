"""Fire engine and encoder behind a random sink: events against golden, cycles and counters against a model."""

import os
from dataclasses import dataclass, replace
from typing import Any

import cocotb
import numpy as np
from fire_model import Engine, fire_steps, golden_values, passes, payload_kind, walk
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.cubali import CubaLi
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.li import Li
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire.network.neurons.table import Table
from shiftfire.network.neurons.wide_sum import Sum
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec import fire, stream
from shiftfire_spec.address import (
    CORE_REGISTERS,
    FIRE_IMAX,
    FIRE_IMIN,
    FIRE_VINIT,
    FIRE_VMAX,
    FIRE_VMIN,
    FIRE_VRESET,
    Space,
    leak_offset,
    parameter_offset,
)
from shiftfire_spec.counters import Counter
from shiftfire_spec.fire import FIRE_STAGES, FireOp, Reset, Rounding
from shiftfire_spec.shift_units import (
    BSPN_CODES,
    BSPN_PARAMETER,
    FIRE_UNITS,
    SHIFTLIF_MAX_LEVEL,
    DenominatorRule,
    GroupScale,
    LevelRounding,
    UnitOutput,
)
from unit_chips import CHIPS
from units import Unit, corner, pack, registers_word, signed_limits

SLACK = 20
THOROUGH = bool(int(os.environ["BENCH_THOROUGH"]))
STALLS = (0.0, 0.5, 0.2)
OPS = {
    Lif: FireOp.LIF,
    Count: FireOp.COUNT,
    Requant: FireOp.REQUANT,
    Argmax: FireOp.ARGMAX,
    Ptsoftmax: FireOp.PTSOFTMAX,
    Bspn: FireOp.BSPN,
    ShiftLif: FireOp.SHIFTLIF,
    Table: FireOp.TABLE,
    MultiSpikeIf: FireOp.MULTISPIKE,
    Li: FireOp.LI,
    CubaLif: FireOp.CUBALIF,
    CubaLi: FireOp.CUBALI,
    Sum: FireOp.SUM,
}
MEMBRANE_KINDS = {FireOp.LIF: Lif, FireOp.LI: Li, FireOp.CUBALIF: CubaLif, FireOp.CUBALI: CubaLi}
WITH_MEMBRANE = Lif | ShiftLif | MultiSpikeIf | Li | CubaLif | CubaLi


def leak_fields(leak):
    fields: dict[str, int] = {}
    for i, term in enumerate(leak):
        fields |= {f"enable{i}": 1, f"negative{i}": int(term.negative), f"shift{i}": term.shift}
    return fields


def code_fields(codes):
    """The same of a channel's column of an array: 0 no term, k + 1 subtracts, -(k + 1) adds."""
    terms = [(i, int(code)) for i, code in enumerate(codes) if code]
    return {name: v for i, c in terms for name, v in ((f"enable{i}", 1), (f"negative{i}", int(c < 0)), (f"shift{i}", abs(c) - 1))}


@dataclass
class Case:
    """A layer slice and what drives it: ``sums`` (fires, channels, height, width), repeated when ``constant``."""

    chip: Any
    neuron: Any
    height: int
    width: int
    groups: int
    channels: int
    axon_base: int
    stride_x: int
    stride_y: int
    sums: Any
    constant: bool
    steps: int = 0
    segment: int = 1 << 12  # accumulator groups

    def registers(self):
        """Word of the core registers."""
        n: Any = self.neuron
        control = {"op": OPS[type(n)], "payload_kind": payload_kind(n), "count_steps": self.steps}
        control |= {"neuron_parameters": int(n.neuron_parameters), "neuron_leaks": int(own_leaks(n))}
        values = {
            stream.PORT_CONTROL: {"axon_base": self.axon_base},
            stream.PORT_STRIDE_X: {"step": self.stride_x},
            stream.PORT_STRIDE_Y: {"step": self.stride_y},
            fire.FIRE_CONTROL: control,
            fire.FIRE_SHAPE: {"width": self.width, "height": self.height, "channel_groups": self.groups},
            fire.FIRE_CHANNELS: {"channels": self.channels},
        }
        if isinstance(n, Lif | CubaLif):
            control |= {
                "strict": int(n.strict),
                "reset": n.reset,
                "delayed_reset": int(n.delayed_reset),
                "refractory": n.refractory,
            }
            values[FIRE_VRESET] = {"value": n.v_reset}
        if isinstance(n, Li | CubaLi):
            control |= {"reset": Reset.NONE}
        if isinstance(n, CubaLif | CubaLi):
            control |= {"old_current": int(n.old_current)}
            values |= {FIRE_IMIN: {"value": n.i_min}, FIRE_IMAX: {"value": n.i_max}}
            values[fire.FIRE_CURRENT_LEAK] = register_leak(n, n.current_leak)
        if isinstance(n, WITH_MEMBRANE):
            least = n.v_min if not isinstance(n, MultiSpikeIf) else n.floor if n.floor is not None else -int(np.max(n.theta))
            values |= {FIRE_VMIN: {"value": least}, FIRE_VMAX: {"value": n.v_max}, FIRE_VINIT: {"value": n.v_init}}
            values[fire.FIRE_LEAK] = register_leak(n, n.leak)
        if isinstance(n, MultiSpikeIf):
            control |= {"floor_at_theta": int(n.floor is None)}
            values[fire.FIRE_RANGE] = {"span": n.hi}
        if isinstance(n, Count | Requant):
            values[fire.FIRE_RANGE] = {"lo": n.lo, "span": n.hi - n.lo, "dead_zone": n.dead_zone}
        if isinstance(n, Count):
            control |= {"levels": int(n.levels is not None)}
        self.unit_registers(control, values)
        if isinstance(n, Requant):
            control |= {"shift": n.shift, "rounding": n.rounding}
        return registers_word(CORE_REGISTERS, [layout.pack(**values.get(layout, {})) for layout in CORE_REGISTERS])

    def unit_registers(self, control, values):
        """Fields of the shift units' registers, into ``control`` and ``values``."""
        n = self.neuron
        segment = min(self.segment, FIRE_UNITS.field("segment_groups").maximum)
        if isinstance(n, Ptsoftmax):
            control |= {"shift": n.shift}
            values[FIRE_UNITS] = {"segment_groups": segment, "output": n.output, "rule": n.rule}
        if isinstance(n, Bspn):
            control |= {"shift": n.requant_shift, "rounding": Rounding.HALF_EVEN}
            values[fire.FIRE_RANGE] = {"lo": n.lo, "span": n.hi - n.lo}
            values[FIRE_UNITS] = {"segment_groups": segment, "output": n.output, "scale": n.scale, "guard": n.guard}
        if isinstance(n, ShiftLif):
            values[FIRE_UNITS] = {"levels": n.levels, "level_rounding": n.rounding}
        if isinstance(n, Table):
            control |= {"shift": n.shift, "rounding": Rounding.HALF_EVEN}
            values[fire.FIRE_RANGE] = {"lo": 0, "span": 31}

    def table(self):
        """Words of the shift units' table."""
        entries = [getattr(self.neuron, name, None) for name in ("counts", "codes", "values", "levels")]
        return next((list(map(int, e)) for e in entries if isinstance(e, np.ndarray)), [])  # SHIFTLIF's levels are a number

    def parameters(self):
        """(bias, threshold) of every channel as the fire engine wants them."""
        n: Any = self.neuron
        theta = getattr(n, "theta", getattr(n, "theta_log2", np.zeros(self.channels, np.int64)))
        if isinstance(n, Bspn):
            fields = zip(n.shift + n.group_log2, n.negative, n.beta, strict=True)
            theta = np.array([BSPN_PARAMETER.pack(shift=int(s), negative=int(g), beta=int(b)) for s, g, b in fields])
        bias = self.neuron.bias - (self.neuron.lo * theta if isinstance(self.neuron, Count) else 0)
        return [(int(b), int(t)) for b, t in zip(bias, theta, strict=True)]

    def parameter_words(self):
        """(group, lane, bias, threshold) of all that the memory holds: those of the channels, or with parameters of each neuron those of every position."""
        lanes, n = self.chip.lanes, self.neuron
        if not n.neuron_parameters:
            return [(c // lanes, c % lanes, *words) for c, words in enumerate(self.parameters())]
        theta = getattr(n, "theta", np.zeros(self.channels, np.int64))
        shape = (self.channels, self.height, self.width)
        bias, theta = (np.broadcast_to(v if v.ndim > 1 else v[:, None, None], shape) for v in (n.bias, theta))
        return [
            ((y * self.width + x) * self.groups + c // lanes, c % lanes, int(bias[c, y, x]), int(theta[c, y, x]))
            for c, y, x in np.ndindex(shape)
        ]

    def leak_words(self):
        """(group, lane, leak, leak of the current) of all that the memory of leaks holds; none when both are in registers."""
        n: Any = self.neuron
        if not own_leaks(n):
            return []
        columns = []
        for leak in (n.leak, getattr(n, "current_leak", ())):
            codes = leak
            if isinstance(leak, tuple):
                own = [-(term.shift + 1) if term.negative else term.shift + 1 for term in leak]
                codes = np.array([*own, *[0] * (fire.LEAK_TERMS - len(own))])[:, None]
            codes = codes if codes.ndim > 2 else codes[:, :, None, None]
            columns.append(np.broadcast_to(codes, (fire.LEAK_TERMS, self.channels, self.height, self.width)))
        words = []
        for c, y, x in np.ndindex(self.channels, self.height, self.width):
            group = c // self.chip.lanes
            if n.neuron_parameters:
                group += (y * self.width + x) * self.groups
            elif (y, x) != (0, 0):
                continue
            packed = [fire.FIRE_LEAK.pack(**code_fields(codes[:, c, y, x])) for codes in columns]
            words.append((group, c % self.chip.lanes, *packed[: 1 + self.chip.currents]))
        return words


def own_leaks(neuron):
    """Whether a leak is of each channel or neuron."""
    return any(isinstance(getattr(neuron, name, ()), np.ndarray) for name in ("leak", "current_leak"))


def register_leak(neuron, leak):
    """Fields of a register: of a layer with leaks of its channels some that must not be used."""
    return {"enable0": 1, "shift0": 1, "negative0": 1} if own_leaks(neuron) else leak_fields(leak)


def with_own_leaks(rng, chip, neuron, shape, *, each):
    """One leak of each channel, or with ``each`` perhaps of each neuron, or both."""
    names = [name for name in ("leak", "current_leak") if hasattr(neuron, name)]
    drawn = {}
    for name in rng.sample(names, rng.randint(1, len(names))):
        own = shape if each and rng.random() < 0.6 else shape[:1]
        leaks = [[rng.choice((0, 1, -1, 2, -2, 3, 6, 32)) for _ in range(chip.leak_terms)] for _ in range(int(np.prod(own)))]
        codes = np.zeros((fire.LEAK_TERMS, len(leaks)), np.int64)
        codes[: chip.leak_terms] = np.array(leaks).T
        drawn[name] = codes.reshape(fire.LEAK_TERMS, *own)
    return replace(neuron, **drawn)


def random_leak(rng, chip):
    return tuple(LeakTerm(rng.choice((0, 1, 2, 5)), rng.random() < 0.3) for _ in range(rng.randint(0, chip.leak_terms)))


def random_membrane_neuron(rng, kind, chip, bias):
    """LIF, LI, CUBALIF or CUBALI, with all that the chip has of them."""
    high, (v_low, v_high) = signed_limits(chip.accumulator_bits)[1] // 4, signed_limits(chip.membrane_bits)
    v_min = rng.choice((v_low, -5, 0))
    states = {"leak": random_leak(rng, chip), "v_min": v_min, "v_max": v_high, "v_init": corner(rng, v_min, v_high)}
    if kind in (FireOp.LIF, FireOp.CUBALIF):
        reset = rng.choice(list(Reset))
        states |= {"reset": reset, "strict": rng.random() < 0.5}
        states["theta"] = np.array([corner(rng, 0, min(high, v_high) // rng.choice((1, 4, 16)) + 1) for _ in bias])
        if chip.resets and reset is Reset.ZERO:
            states["v_reset"] = corner(rng, v_min, v_high)
        if chip.resets and reset is Reset.SUBTRACT:
            states["delayed_reset"] = rng.random() < 0.6
        if chip.refractory:
            states["refractory"] = rng.choice((0, 0, 1, 2, 15))
    if kind in fire.CURRENT_OPS:
        states |= {"current_leak": random_leak(rng, chip), "old_current": rng.random() < 0.5}
        states |= {"i_min": rng.choice((v_low, -7, 0)), "i_max": rng.choice((v_high, v_high, 9))}
    return MEMBRANE_KINDS[kind](bias=bias, **states)


def random_neuron(rng, kind, chip, channels):
    share = 2 if kind is FireOp.SUM else 4
    low, high = (limit // share for limit in signed_limits(chip.accumulator_bits))  # sum + bias stays within the accumulator
    v_low, v_high = signed_limits(chip.membrane_bits)
    bias = np.array([corner(rng, low, high) for _ in range(channels)])
    if kind in MEMBRANE_KINDS:
        return random_membrane_neuron(rng, kind, chip, bias), fire.CURRENT_STEPS if kind in fire.CURRENT_OPS else 0
    if kind is FireOp.MULTISPIKE:
        steps, floor = rng.randint(1, fire.MAX_COUNT_STEPS), rng.choice((None, v_low, -5, 0))
        most = min(high, v_high) if floor is None else high
        theta = np.array([corner(rng, 1, max(1, most // rng.choice((1, 10, 100)))) for _ in range(channels)])
        leak = tuple(LeakTerm(rng.choice((1, 2, 5)), rng.random() < 0.3) for _ in range(rng.randint(0, chip.leak_terms)))
        hi, v_max = rng.randint(2 ** (steps - 1), 2**steps - 1), rng.choice((v_high, v_high // 3))
        return MultiSpikeIf(
            theta, bias, leak, hi, floor, v_max, corner(rng, -int(theta.max()) if floor is None else floor, v_max)
        ), steps
    if kind is FireOp.COUNT:
        steps = rng.randint(0, fire.MAX_COUNT_STEPS)
        span = rng.choice((2**steps - 1, rng.randint(0, 2**steps - 1)))
        lo = rng.choice((0, 0, -1, -5)) if span < 120 else 0
        theta = np.array([corner(rng, 1, max(1, high // rng.choice((1, 10, 100)))) for _ in range(channels)])
        if lo < 0:
            theta = np.minimum(theta, max(1, high // -lo))
        return Count(theta, bias, lo, lo + span, rng.choice((0, 0, 1, 15))), steps
    if kind is FireOp.REQUANT:
        lo, hi = rng.choice(((0, 255), (-127, 127), (-3, 4), (0, 7), (5, 9)))
        return Requant(bias, rng.randrange(chip.accumulator_bits), lo, hi, rng.choice(list(Rounding)), rng.choice((0, 0, 1, 15))), 0
    return Sum(bias) if kind is FireOp.SUM else Argmax(bias), 0


def with_levels(rng, count):
    """The neuron with as many levels as it has counts, and their number of steps; its range is cut to what the table holds."""
    span = min(count.hi - count.lo, 31)
    least, greatest = rng.choice(((0, 255), (-127, 127), (-127, 0), (0, 1)))
    levels = np.array([rng.choice((0, least, greatest, rng.randint(least, greatest))) for _ in range(span + 1)])
    return replace(count, hi=count.lo + span, dead_zone=0, levels=levels), max(span.bit_length(), rng.choice((0, 5)))


def random_unit_neuron(rng, kind, chip, channels):
    """A neuron of the shift units, and its segment in accumulator groups."""
    low, high = (limit // 4 for limit in signed_limits(chip.accumulator_bits))
    bias = np.array([corner(rng, low, high) for _ in range(channels)])
    shift, everything = rng.randrange(chip.accumulator_bits), -(-channels // chip.lanes)
    if kind is FireOp.TABLE:
        least, greatest = rng.choice(((0, 255), (-127, 127), (0, 1)))
        return Table(bias, shift, np.array([rng.randint(least, greatest) for _ in range(32)])), everything
    if kind is FireOp.SHIFTLIF:
        levels = rng.randint(1, SHIFTLIF_MAX_LEVEL)
        v_low, v_high = signed_limits(chip.membrane_bits)
        theta = np.array([rng.randint(levels, max(levels, chip.membrane_bits)) for _ in range(channels)])
        leak = tuple(LeakTerm(rng.choice((1, 2, 5)), rng.random() < 0.3) for _ in range(rng.randint(0, chip.leak_terms)))
        v_min = rng.choice((v_low, -5, 0))
        v_init = corner(rng, v_min, v_high)
        return ShiftLif(theta, bias, levels, rng.choice(list(LevelRounding)), leak, v_min, v_high, v_init), everything
    if kind is FireOp.PTSOFTMAX:
        segment = rng.choice([n for n in range(1, everything + 1) if channels % (n * chip.lanes) == 0] or [everything])
        counts = rng.choice((None, np.array([rng.choice((0, rng.randint(0, 255))) for _ in range(32)])))
        entries = min(segment * chip.lanes, channels)
        return Ptsoftmax(bias, shift, entries, rng.choice(list(DenominatorRule)), counts), segment
    segment = 1 << rng.randint(0, max(0, (256 // chip.lanes).bit_length() - 1))
    group = segment * chip.lanes
    beta_bits = chip.accumulator_bits - BSPN_PARAMETER.offset("beta")
    limit = 1 << rng.randint(0, beta_bits - 1)
    output = rng.choice(list(UnitOutput))
    top = 22 - (group.bit_length() - 1)
    least, greatest = rng.choice(((0, 255), (-127, 127), (0, 3)))
    codes = np.array([rng.randint(least, greatest) for _ in range(BSPN_CODES)])
    requant = {"requant_shift": rng.randrange(16), "lo": least, "hi": greatest} if output is UnitOutput.REQUANT else {}
    return (
        Bspn(
            bias=bias,
            shift=np.array([rng.randint(max(-32, top - rng.choice((2, 10, 60))), top) for _ in range(channels)]),
            negative=np.array([rng.randrange(2) for _ in range(channels)]),
            beta=np.array([rng.randint(-limit, limit - 1) for _ in range(channels)]),
            group=group,
            scale=rng.choice(list(GroupScale)),
            guard=rng.randrange(8),
            output=output,
            codes=codes if output is UnitOutput.TABLE else None,
            **requant,
        ),
        segment,
    )


def of_each_neuron(rng, neuron, shape):
    """Every neuron has what some channel has."""
    drawn = {}
    for name in neuron.per_channel:
        values = getattr(neuron, name)
        drawn[name] = np.array([values[rng.randrange(len(values))] for _ in range(int(np.prod(shape)))]).reshape(shape)
    return replace(neuron, **drawn)


def random_case(rng, kind, chip, fires, levels_share=0.0):
    groups = rng.randint(1, min(chip.parameter_groups, chip.accumulator_groups))
    each = chip.neuron_parameters and kind in (*MEMBRANE_KINDS, FireOp.MULTISPIKE, FireOp.SUM) and rng.random() < 0.4
    room = min(chip.accumulator_groups, chip.parameter_groups) if each else chip.accumulator_groups
    positions = 1 if kind is FireOp.ARGMAX else room // groups
    width = rng.randint(1, min(positions, 4))
    height = rng.randint(1, min(positions // width, 4))
    channels = groups * chip.lanes - rng.choice((0, 0, chip.lanes - 1, rng.randrange(chip.lanes)))
    if kind in (*MEMBRANE_KINDS, FireOp.COUNT, FireOp.REQUANT, FireOp.ARGMAX, FireOp.MULTISPIKE, FireOp.SUM):
        (neuron, steps), segment = random_neuron(rng, kind, chip, channels), groups
        if kind is FireOp.COUNT and rng.random() < levels_share:
            neuron, steps = with_levels(rng, neuron)
        if each:
            neuron = of_each_neuron(rng, neuron, (channels, height, width))
        if chip.neuron_leaks and hasattr(neuron, "leak") and rng.random() < 0.5:
            neuron = with_own_leaks(rng, chip, neuron, (channels, height, width), each=each)
    else:
        (neuron, segment), steps = random_unit_neuron(rng, kind, chip, channels), 0
        if chip.neuron_leaks and kind is FireOp.SHIFTLIF and rng.random() < 0.5:
            neuron = with_own_leaks(rng, chip, neuron, (channels, height, width), each=False)
    share = 2 if kind is FireOp.SUM else 4  # a sum is sent whole: to the ends of the accumulator
    low, high = (limit // share for limit in signed_limits(chip.accumulator_bits))
    constant = rng.random() < 0.4
    few = rng.random() < 0.4  # ties
    shape = (channels, height, width)
    vectors = [
        np.array([rng.randint(-2, 2) if few else corner(rng, low, high) for _ in range(channels * height * width)]).reshape(shape)
        for _ in range(1 if constant else fires)
    ]
    sums = np.stack(vectors * fires if constant else vectors)
    base, stride_x, stride_y = rng.choice((0, 0xFFFF0, rng.getrandbits(20))), rng.getrandbits(8), rng.getrandbits(20)
    return Case(chip, neuron, height, width, groups, channels, base, stride_x, stride_y, sums, constant, steps, segment)


def bank_words(rng, case, sums):
    """Accumulator words of one vector; lanes past the channels hold rubbish."""
    low, high = signed_limits(case.chip.accumulator_bits)
    words = []
    for y in range(case.height):
        for x in range(case.width):
            for group in range(case.groups):
                lanes = range(group * case.chip.lanes, (group + 1) * case.chip.lanes)
                values = [int(sums[c, y, x]) if c < case.channels else rng.randint(low, high) for c in lanes]
                words.append(pack(values, case.chip.accumulator_bits))
    return words


async def configure(bench, engine, case):
    unit, lanes = engine.unit, case.chip.lanes
    unit.set(core=case.registers())
    for group, lane, *parameters in case.parameter_words():
        for threshold, word in enumerate(parameters):
            offset = parameter_offset(group, lane, lanes, bool(threshold))
            unit.set(config__write=1, config__space=Space.PARAMETER, config__offset=offset, config__word=word)
            await bench.cycle()
    for group, lane, *words in case.leak_words():
        for current, word in enumerate(words):
            offset = leak_offset(group, lane, lanes, bool(current))
            unit.set(config__write=1, config__space=Space.LEAK, config__offset=offset, config__word=word)
            await bench.cycle()
    for offset, word in enumerate(case.table()):
        unit.set(config__write=1, config__space=Space.TABLE, config__offset=offset, config__word=word)
        await bench.cycle()
    unit.set(config__write=0)


def expected_counts(case, fires, holds, stalls):
    """Counters of ``fires`` FIREs, ``holds`` of them with hold; ``stalls`` as seen by nobody but the encoder's model."""
    words = case.height * case.width * case.groups
    steps = case.height * case.width * sum(emits for _, emits in walk(case))
    is_lif, turns = isinstance(case.neuron, WITH_MEMBRANE), passes(case.neuron)
    counts = {
        Counter.FIRE_BUSY: fires * (steps * turns * max(1, case.steps) + FIRE_STAGES - 1),
        Counter.FIRE_STALL: stalls,
        Counter.FIRE_STEPS: fires * steps,
        Counter.MEMBRANE_READS: (fires - 1) * steps * is_lif,
        Counter.MEMBRANE_WRITES: fires * steps * is_lif,
        Counter.ACC_READS: fires * words * turns,
        Counter.ACC_WRITES: (fires - holds) * words,
    }
    return {counter: count for counter, count in counts.items() if count}


async def run_case(bench, engine, case):
    """All FIREs of a case; the next vector is loaded into the other bank while one fires."""
    rng, values, fires = bench.random, golden_values(case), len(case.sums)
    await configure(bench, engine, case)
    loads = [
        [(t % 2, i, word) for i, word in enumerate(bank_words(rng, case, case.sums[t]))]
        for t in range(1 if case.constant else fires)
    ]
    engine.writes.extend(loads[0])
    await bench.cycle(len(loads[0]) + 1)
    engine.take_counts()
    engine.cycles_busy = 0
    for t in range(fires):
        bank, hold = (0, t + 1 < fires) if case.constant else (t % 2, False)
        steps = fire_steps(case, values[t])
        engine.start(steps, case.steps, first=int(t == 0), hold=int(hold), bank=bank)
        await bench.cycle()
        drawn = {name: rng.randrange(2) for name in ("command__first", "command__hold", "command__bank")}
        engine.unit.set(command__start=0, **drawn)
        if t + 1 < len(loads):
            engine.writes.extend(loads[t + 1])
        packets = max(len(step) for step in steps)  # more than there are lanes where values are wide
        limit = SLACK + 40 * len(steps) * (max(1, case.steps) + max(packets, case.chip.fire_lanes))
        await bench.until(lambda: not engine.busy and not engine.writes, limit=limit, what="end of the FIRE")
    stalls = engine.cycles_busy - fires * (FIRE_STAGES + len(steps) * max(1, case.steps))
    assert engine.take_counts() == expected_counts(case, fires, (fires - 1) * case.constant, stalls), case
    await bench.until(lambda: not engine.held, limit=40 * max(packets, case.chip.fire_lanes) + SLACK, what="the last event")
    await check_cleared(bench, engine, case)


async def check_cleared(bench, engine, case):
    for bank in range(1 if case.constant else min(2, len(case.sums))):
        for address in range(case.height * case.width * case.groups):
            engine.unit.set(sums__bank=bank, sums__read=1, sums__read_address=address)
            await bench.cycle()
            engine.unit.set(sums__read=0)
            await bench.cycle(check=lambda: _is_zero(engine))


def _is_zero(engine):
    assert engine.unit.get("sums__read_data") == 0


async def run_kind(dut, kind, *, cases, fires, levels_share=0.0):
    bench = Bench(dut)
    engines = [bench.add(Engine(bench, Unit(dut, name), chip, stall=0.0)) for name, chip in CHIPS.items()]
    await bench.start()
    for index in range(cases if THOROUGH else len(STALLS)):
        for engine in (engine for engine in engines if engine.chip.has_op(kind)):
            engine.stall = STALLS[index % len(STALLS)]
            await run_case(bench, engine, random_case(bench.random, kind, engine.chip, fires, levels_share))


@cocotb.test()
async def lif(dut):
    await run_kind(dut, FireOp.LIF, cases=9, fires=4)


@cocotb.test()
async def li(dut):
    await run_kind(dut, FireOp.LI, cases=6, fires=4)


@cocotb.test()
async def cubalif(dut):
    await run_kind(dut, FireOp.CUBALIF, cases=12, fires=4)


@cocotb.test()
async def cubali(dut):
    await run_kind(dut, FireOp.CUBALI, cases=9, fires=4)


@cocotb.test()
async def wide_sum(dut):
    await run_kind(dut, FireOp.SUM, cases=6, fires=3)


@cocotb.test()
async def count(dut):
    await run_kind(dut, FireOp.COUNT, cases=6, fires=2)


@cocotb.test()
async def count_with_levels(dut):
    await run_kind(dut, FireOp.COUNT, cases=9, fires=2, levels_share=0.8)


@cocotb.test()
async def multispike(dut):
    await run_kind(dut, FireOp.MULTISPIKE, cases=9, fires=4)


@cocotb.test()
async def requant(dut):
    await run_kind(dut, FireOp.REQUANT, cases=6, fires=2)


@cocotb.test()
async def argmax(dut):
    await run_kind(dut, FireOp.ARGMAX, cases=6, fires=3)


@cocotb.test()
async def ptsoftmax(dut):
    await run_kind(dut, FireOp.PTSOFTMAX, cases=9, fires=2)


@cocotb.test()
async def bspn(dut):
    await run_kind(dut, FireOp.BSPN, cases=9, fires=2)


@cocotb.test()
async def shiftlif(dut):
    await run_kind(dut, FireOp.SHIFTLIF, cases=6, fires=4)


@cocotb.test()
async def table(dut):
    await run_kind(dut, FireOp.TABLE, cases=6, fires=2)


@cocotb.test()
async def latency_and_throughput(dut):
    """Closed form: busy for FIRE_STAGES + steps x max(1, count_steps) cycles when nothing stalls."""
    bench = Bench(dut)
    engines = [bench.add(Engine(bench, Unit(dut, name), chip, stall=0.0)) for name, chip in CHIPS.items()]
    await bench.start()
    for engine in engines:
        for count_steps in (0, 1, 2, 8):
            chip = engine.chip
            sums = np.zeros((1, chip.lanes, chip.accumulator_groups, 1), np.int64)
            silent = Count(np.ones(chip.lanes, np.int64), np.zeros(chip.lanes, np.int64), 0, 0)
            case = Case(chip, silent, chip.accumulator_groups, 1, 1, chip.lanes, 0, 0, 0, sums, False, count_steps)
            await configure(bench, engine, case)
            engine.start(fire_steps(case, sums[0]), count_steps, first=1, hold=0, bank=0)
            await bench.cycle()
            engine.unit.set(command__start=0)
            steps, busy, idle = chip.accumulator_groups * chip.steps_per_group, 0, False

            def look(engine=engine):
                nonlocal idle
                idle = bool(engine.unit.get("command__idle"))

            await bench.cycle(check=look)
            while not idle:
                busy += 1
                await bench.cycle(check=look)
            assert busy == FIRE_STAGES + steps * max(1, count_steps)
            await bench.cycle(2)


@cocotb.test()
async def run_low_resets(dut):
    """A FIRE cut short by ``run`` leaves nothing behind."""
    bench = Bench(dut)
    name, chip = "wide", CHIPS["wide"]
    engine = bench.add(Engine(bench, Unit(dut, name), chip, stall=1.0))
    await bench.start()
    case = random_case(bench.random, FireOp.ARGMAX, chip, 1)
    await configure(bench, engine, case)
    engine.start(fire_steps(case, golden_values(case)[0]), 0, first=1, hold=0, bank=0)
    await bench.cycle()
    engine.unit.set(command__start=0, run=0)
    engine.busy, engine.f1 = False, None
    engine.waiting.clear()
    bench.agents.clear()
    await bench.cycle(2)
    assert engine.unit.get("command__idle") == 1
    engine.unit.set(run=1)
    bench.agents.append(engine)
    engine.stall = 0.0
    await bench.cycle(5)
    await run_case(bench, engine, random_case(bench.random, FireOp.ARGMAX, chip, 2))
