"""Random networks with inputs: every synapse op, neuron, weight format and payload kind, sized for a given chip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.golden.ptsoftmax import count_table
from shiftfire.network.check_values import word_limits
from shiftfire.network.geometry import output_shape
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.input_sets import Inputs, plain
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.cubali import CubaLi
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.li import Li
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm, leak_array
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.neurons.registry import Neuron
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire.network.neurons.table import Table
from shiftfire.network.synapses import DYNAMIC_OPS, SynapseOp, Synapses
from shiftfire.network.values import IntArray, NetworkError, Shape
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import Reset, Rounding
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind
from shiftfire_spec.shift_units import (
    BSPN_CODES,
    BSPN_PARAMETER,
    BSPN_VALUE_BITS,
    PTSOFTMAX_TABLE_BITS,
    SHIFTLIF_MAX_LEVEL,
    TABLE_ARGUMENT_BITS,
    DenominatorRule,
    GroupScale,
    LevelRounding,
    UnitOutput,
)
from shiftfire_spec.stream import GROUP_CONTROL, RECODE_ENTRIES
from shiftfire_spec.weights import FORMATS, WeightFormat

from .random_attention import random_attention
from .random_blocks import random_block
from .random_ends import at_an_end
from .random_sums import random_sum

_SPATIAL_SHARES = {
    SynapseOp.DENSE: 0.08,
    SynapseOp.CONV2D: 0.42,
    SynapseOp.DEPTHWISE: 0.2,
    SynapseOp.POOL: 0.15,
    SynapseOp.DIRECT: 0.1,
    SynapseOp.UPSAMPLE: 0.05,
}
ATTENTION_SHARE = 0.25  # of the networks
_FLAT_SHARES = {
    SynapseOp.DENSE: 0.66,
    SynapseOp.CONV2D: 0.15,
    SynapseOp.DEPTHWISE: 0.05,
    SynapseOp.DIRECT: 0.1,
    SynapseOp.UPSAMPLE: 0.04,
}
STORED_FORMATS = tuple(f for f in WeightFormat if FORMATS[f].bits)
NARROW_FORMATS = tuple(f for f in STORED_FORMATS if FORMATS[f].bits <= 2)
SEGMENT = 4  # channels
POWERS = (-(1 << 15), 1 << 15)  # that every chip sends
MOST_LENGTH = 300  # of a signal
LARGE = 1 << 8  # values from here on get narrow weights, so that their sums fit the accumulators


@dataclass(frozen=True)
class RandomLimits:
    """Sizes of the networks drawn."""

    layers: int = 4
    channels: int = 20
    extent: int = 9
    timesteps: int = 4
    samples: int = 2
    shift_share: float = 0.45  # layers of shift units, on chips that have them
    levels_share: float = 0.2  # of those: counts with levels
    ends_share: float = 0.0  # neurons, synapses and inputs with an option at an end of its range
    inputs: int = 1  # at most
    outputs_share: float = 0.0  # of layers that are read, and outputs as well; those that nobody reads are anyway
    multispike_share: float = 0.4  # of the membranes that are not of shift units, on chips that have it
    chains_share: float = 0.3  # of the layers: two synapses from one source, on chips that have chains
    current_share: float = 0.2  # of all neurons: with currents, or with membranes as output, on chips that have them
    blocks_share: float = 0.0  # of the layers: their dense and ungrouped conv2d synapses see a part of their source
    sums_share: float = 0.0  # of all layers but ARGMAX: their sums are sent as they are, on chips with wide values
    spiking_share: float = 0.0  # of all neurons, before the others are drawn: LIF, and CUBALIF on chips that have it
    each_share: float = 0.0  # of the kinds that can: with a bias, and a threshold, of each neuron, on chips that have them
    leaks_share: float = 0.0  # of the kinds with a leak: with leaks of each channel, or neuron where there are parameters of those, on chips that have them
    long_share: float = 0.0  # of the inputs: signals along the rows, longer than a core's tables
    refractory_share: float = 0.4  # of those and other LIF and CUBALIF: with a refractory period, on chips that have them


def random_network(
    rng: np.random.Generator, chip: ChipConfig, limits: RandomLimits | None = None, tries: int = 60
) -> tuple[Network, Any]:
    """A network that compiles for ``chip``, and inputs (samples, timesteps, channels, height, width), by name where it has several.

    Raises RuntimeError when ``tries`` candidates in a row do not fit the chip.
    """
    limits = limits or RandomLimits()
    for _ in range(tries):
        network = random_candidate(rng, chip, limits)
        try:
            compile_network(network, chip)
        except CompileError:
            continue
        return network, network_inputs(rng, network, limits.samples)
    raise RuntimeError(f"none of {tries} random networks fits chip {chip.name}: lower the limits {limits}")


def random_candidate(rng: np.random.Generator, chip: ChipConfig, limits: RandomLimits) -> Network:
    """A valid network that may or may not fit the chip: a chain, with skips between sources of equal timesteps; or attention."""
    if chip.tiles >= 5 and limits.layers >= 4 and rng.random() < ATTENTION_SHARE:
        return random_attention(rng, limits.channels, limits.extent, limits.timesteps)
    sources = [_random_input(rng, chip, limits)]
    if limits.inputs > 1:
        more = int(rng.integers(1, limits.inputs + 1)) - 1
        sources += [replace(_random_input(rng, chip, limits), name=f"in{number}") for number in range(more)]
    known: list[Layer | Input] = list(sources)
    count = int(rng.integers(1, min(limits.layers, chip.tiles) + 1))
    for index in range(count):
        main = sources[index] if index < len(sources) else known[-1]
        layer = _random_layer(rng, chip, limits, known, main, index, last=index == count - 1)
        if limits.blocks_share and rng.random() < limits.blocks_share:
            shapes = {source.name: source.shape for source in known}
            layer = replace(layer, synapses=tuple(random_block(rng, s, shapes[s.source]) for s in layer.synapses))
        if limits.sums_share and chip.wide_values and not layer.kind.one_event and rng.random() < limits.sums_share:
            layer = random_sum(rng, known, layer, each=chip.neuron_parameters)
        known.append(layer)
    layers = tuple(x for x in known if isinstance(x, Layer))
    output = layers[-1]
    readout = Readout.NONE
    if isinstance(output.neuron, Argmax) and output.timesteps == 1:
        readout = Readout.EVENT
    elif (output.shape.height, output.shape.width) == (1, 1):
        readout = Readout(rng.choice([Readout.SUM, Readout.MAX, Readout.LAST, Readout.NONE]))
    read = {name for layer in layers for synapses in layer.synapses for name in synapses.sources}
    first, *feeds = [source for source in sources if source.name in read]
    more_outputs = [
        x.name for x in layers[:-1] if x.name not in read or (limits.outputs_share and rng.random() < limits.outputs_share)
    ]
    return Network("random", first, layers, output.name, readout, feeds=tuple(feeds), more_outputs=tuple(more_outputs))


def network_inputs(rng: np.random.Generator, network: Network, samples: int) -> Inputs:
    """Inputs of a network, by name where it has several: see `random_inputs`."""
    return plain({source.name: random_inputs(rng, source, samples) for source in network.inputs})


def random_inputs(rng: np.random.Generator, source: Input, samples: int) -> IntArray:
    """Inputs within the source's limits, of random sparsity; powers of two for POW2."""
    shape = (samples, source.timesteps, *source.shape.as_tuple())
    values = rng.integers(source.lo, source.hi + 1, shape)
    if source.payload_kind is PayloadKind.POW2:
        sign = np.where((values < 0) & (source.lo < 0), -1, 1)
        values = sign * (1 << np.minimum(rng.integers(0, 4, shape), source.hi.bit_length() - 1))
    return np.where(rng.random(shape) < rng.choice([0.1, 0.5, 1.0]), values, 0).astype(np.int64)


def _pick(rng: np.random.Generator, *options: object) -> object:
    return options[int(rng.integers(len(options)))]


def _random_shape(rng: np.random.Generator, limits: RandomLimits) -> Shape:
    if rng.random() < 0.15:
        return Shape(int(rng.integers(1, limits.channels + 1)))
    extents = rng.integers(1 + limits.extent // 3, limits.extent + 1, 2)
    return Shape(int(rng.integers(1, max(2, limits.channels // 3))), int(extents[0]), int(extents[1]))


def _long_shape(rng: np.random.Generator, chip: ChipConfig) -> Shape:
    """A signal along the rows of about one to three row tables."""
    shortest = min(chip.axis_entries, MOST_LENGTH) // 2 + 1
    length = int(rng.integers(shortest, min(3 * chip.axis_entries, MOST_LENGTH) + 2))
    return Shape(int(rng.integers(1, 4)), length, int(rng.choice([1, 1, 1, 2])))


def _random_input(rng: np.random.Generator, chip: ChipConfig, limits: RandomLimits) -> Input:
    kind = PayloadKind(int(rng.integers(len(PayloadKind))))
    lo, hi = {
        PayloadKind.UNIT: (0, 1),
        PayloadKind.COUNT: (0, int(rng.integers(1, 16))),
        PayloadKind.SIGNED: (-int(rng.integers(1, 16)), int(rng.integers(1, 16))),
        PayloadKind.POW2: (-8, 8),
    }[kind]
    if rng.random() < limits.ends_share:
        lo, hi = (0, 1) if kind is PayloadKind.UNIT else POWERS if kind is PayloadKind.POW2 else PAYLOAD_LIMITS[kind]
    shape = _long_shape(rng, chip) if limits.long_share and rng.random() < limits.long_share else _random_shape(rng, limits)
    return Input("in", shape, int(rng.integers(1, limits.timesteps + 1)), kind, lo, hi)


def _weights(rng: np.random.Generator, fmt: WeightFormat, shape: tuple[int, ...]) -> IntArray:
    info = FORMATS[fmt]
    if fmt is WeightFormat.PM1:
        return rng.choice(np.array([-1, 1]), shape).astype(np.int64)
    return rng.integers(info.minimum, info.maximum + 1, shape)


def _random_windows(rng: np.random.Generator) -> dict[str, tuple[int, int]]:
    kernel = (int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    stride = (int(rng.choice([1, 1, 1, 2, 3])), int(rng.choice([1, 1, 1, 2, 3])))
    dilation = (int(rng.choice([1, 1, 1, 2, 3])), int(rng.choice([1, 1, 1, 2, 4])))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    more = 3 if rng.random() < 0.15 else 0  # windows that see padding only
    padding = (int(rng.integers(reach[0] // 3, reach[0] + more)), int(rng.integers(reach[1] // 3, reach[1] + more)))
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def _random_groups(rng: np.random.Generator, source: int, channels: int) -> tuple[int, int]:
    """Groups of a convolution from ``source`` channels, and its channels, about ``channels``: one group, or several, up to one per channel of the source."""
    if rng.random() < 0.6:
        return 1, channels
    groups = int(rng.choice([n for n in range(1, source + 1) if source % n == 0]))
    return groups, groups * max(1, channels // groups)


def _draw(rng: np.random.Generator, source: Layer | Input, op: SynapseOp, channels: int) -> Synapses:
    """Synapses of ``op``; they may not suit the source's shape (NetworkError then, from ``output_shape``)."""
    shape = source.shape
    large = max(abs(v) for v in source.value_limits) >= LARGE
    scale = int(rng.integers(0, 4)) if rng.random() < 0.2 and not large else 0
    synapses = Synapses(source.name, op, scale=scale)
    pre_pool = int(rng.integers(1, 4)) if rng.random() < 0.3 and min(shape.height, shape.width) > 1 else 1
    formats = NARROW_FORMATS if large else STORED_FORMATS
    fmt = formats[int(rng.integers(len(formats)))]
    if op is SynapseOp.DENSE:
        fan_in = shape.channels * (shape.height // pre_pool) * (shape.width // pre_pool)
        weights = _weights(rng, fmt, (channels, fan_in))
        return replace(synapses, weights=weights, weight_format=fmt, pre_pool=pre_pool)
    if op is SynapseOp.DIRECT:
        return synapses
    if op is SynapseOp.UPSAMPLE:
        return replace(synapses, kernel=(int(rng.integers(1, 4)), int(rng.integers(1, 4))))
    windows = _random_windows(rng)
    if op is SynapseOp.POOL:
        return replace(synapses, **windows)
    if op is SynapseOp.DEPTHWISE:
        return replace(synapses, weights=_weights(rng, fmt, (shape.channels, *windows["kernel"])), weight_format=fmt, **windows)
    groups, channels = _random_groups(rng, shape.channels, channels)
    weights = _weights(rng, fmt, (channels, shape.channels // groups, *windows["kernel"]))
    return replace(synapses, weights=weights, weight_format=fmt, pre_pool=pre_pool, groups=groups, **windows)


def _random_synapses(rng: np.random.Generator, source: Layer | Input, limits: RandomLimits, dense: bool) -> tuple[Synapses, Shape]:
    """Synapses that suit the source, and the shape they make."""
    spatial = source.shape.height * source.shape.width > 1
    while True:
        shares = _SPATIAL_SHARES if spatial else _FLAT_SHARES
        op = SynapseOp.DENSE if dense else SynapseOp(str(rng.choice([o.value for o in shares], p=list(shares.values()))))
        most = limits.channels if op is SynapseOp.DENSE else max(2, limits.channels // 2)
        channels = int(rng.integers(1, most + 1))
        if rng.random() < 0.4:  # whole segments
            channels = -(-channels // SEGMENT) * SEGMENT
        synapses = _draw(rng, source, op, channels)
        try:
            shape = output_shape(synapses, source.shape)
        except NetworkError:
            continue
        if shape.height <= max(2 * limits.extent, source.shape.height) and shape.width <= 2 * limits.extent:
            return synapses, shape


def random_skip(rng: np.random.Generator, source: Layer | Input, shape: Shape, tries: int = 12) -> Synapses | None:
    """Synapses from ``source`` that make sums of ``shape``, if some are found."""
    for _ in range(tries):
        op = SynapseOp(str(rng.choice([o.value for o in SynapseOp if o not in DYNAMIC_OPS])))
        synapses = _draw(rng, source, op, shape.channels)
        try:
            if output_shape(synapses, source.shape) == shape:
                return synapses
        except NetworkError:
            continue
    return None


def _recoded(rng: np.random.Generator, synapses: Synapses) -> Synapses:
    """The synapses with values of their own for powers of two, some of them 0."""
    values = rng.integers(-15, 16, RECODE_ENTRIES)
    return replace(synapses, recode=np.where(rng.random(RECODE_ENTRIES) < 0.3, 0, values))


def _random_layer(
    rng: np.random.Generator,
    chip: ChipConfig,
    limits: RandomLimits,
    known: list[Layer | Input],
    main: Layer | Input,
    index: int,
    *,
    last: bool,
) -> Layer:
    argmax = last and rng.random() < 0.3
    first, shape = _random_synapses(rng, main, limits, dense=argmax)
    synapses = [first]
    for other in known:
        if other is not main and other.timesteps == main.timesteps and rng.random() < 0.5 and len(synapses) < chip.stream_groups:
            extra = random_skip(rng, other, shape)
            synapses += [extra] if extra else []
    if chip.chains and rng.random() < limits.chains_share and len(synapses) < chip.stream_groups:
        extra = random_skip(rng, next(x for x in known if x.name == synapses[-1].source), shape)
        synapses += [extra] if extra else []
    if chip.shift_units:
        powers = {x.name for x in known if x.payload_kind is PayloadKind.POW2 and not (isinstance(x, Layer) and x.kind.wide)}
        synapses = [_recoded(rng, s) if s.source in powers and rng.random() < 0.5 else s for s in synapses]
    if rng.random() < limits.ends_share:
        synapses[0] = replace(synapses[0], scale=int(rng.choice([0, GROUP_CONTROL.field("scale").maximum])))
    rng.shuffle(synapses)  # type: ignore[arg-type]
    limits_of = {x.name: max(abs(v) for v in x.value_limits) for x in known}
    reach = sum(_reach(s, shape, limits_of[s.source]) for s in synapses)
    steps = main.timesteps if rng.random() < 0.6 else 1
    neuron: Neuron = (
        Argmax(rng.integers(-3, 4, shape.channels))
        if argmax
        else _random_neuron(rng, chip, shape.channels, reach, limits, last=last)
    )
    if limits.each_share and neuron.each and chip.neuron_parameters and rng.random() < limits.each_share:
        neuron = _of_each_neuron(rng, neuron, shape)
    if limits.leaks_share and neuron.leaks and chip.neuron_leaks and rng.random() < limits.leaks_share:
        neuron = _with_own_leaks(rng, chip, neuron, shape)
    if rng.random() < limits.ends_share:
        neuron = at_an_end(rng, chip, neuron, shape)
    if neuron.membrane is not None and main.timesteps == 1 and rng.random() < 0.6:
        steps = int(rng.integers(1, limits.timesteps + 1))
    return Layer(f"layer{index}", shape, tuple(synapses), neuron, steps)


def _of_each_neuron(rng: np.random.Generator, neuron: Neuron, shape: Shape) -> Neuron:
    """``neuron`` with parameters that differ within its channels: some or all of those per channel."""
    names = [name for name in neuron.per_channel if rng.random() < 0.7] or list(neuron.per_channel)
    drawn: dict[str, IntArray] = {}
    for name in names:
        values = getattr(neuron, name)[:, None, None] * rng.uniform(0.6, 1.0, shape.as_tuple())
        drawn[name] = np.maximum(np.rint(values), 1).astype(np.int64) if name == "theta" else np.rint(values).astype(np.int64)
    return replace(neuron, **drawn)  # type: ignore[arg-type]


def _with_own_leaks(rng: np.random.Generator, chip: ChipConfig, neuron: Neuron, shape: Shape) -> Neuron:
    """``neuron`` with a leak of each channel, or of each neuron: that of the membrane, of the current, or both."""
    names = [name for name in neuron.leaks if rng.random() < 0.7] or list(neuron.leaks)
    drawn: dict[str, IntArray] = {}
    for name in names:
        own = shape.as_tuple() if neuron.each and chip.neuron_parameters and rng.random() < 0.4 else (shape.channels,)
        leaks = leak_array([_random_leak(rng) for _ in range(int(np.prod(own)))])
        drawn[name] = leaks.reshape(len(leaks), *own)
    return replace(neuron, **drawn)  # type: ignore[arg-type]


def _random_leak(rng: np.random.Generator) -> tuple[LeakTerm, ...]:
    return tuple(LeakTerm(int(rng.integers(1, 6)), bool(rng.random() < 0.3)) for _ in range(int(rng.integers(0, 4))))


MOST_REACH = word_limits()[1] // 2  # thresholds and biases of that size are words


def _reach(synapses: Synapses, shape: Shape, most: int) -> int:
    """Rough size of the sums, to draw thresholds that some of them pass; wide values make sums that no word holds."""
    if synapses.weights is None:
        fan_in, size = synapses.kernel[0] * synapses.kernel[1] if synapses.op is SynapseOp.POOL else 1, 1.0
    else:
        fan_in, size = synapses.weights.size // shape.channels, float(np.abs(synapses.weights).mean())
    return min(int(size * most * np.sqrt(fan_in) * synapses.pre_pool) << synapses.scale, MOST_REACH)


def _random_neuron(
    rng: np.random.Generator, chip: ChipConfig, channels: int, reach: int, limits: RandomLimits, *, last: bool
) -> Neuron:
    bias = rng.integers(-reach // 4 - 1, reach // 4 + 2, channels)
    theta = rng.integers(1, reach + 2, channels)
    signed = bool(rng.random() < 0.4)
    lo, hi = (-int(rng.integers(1, 12)), int(rng.integers(0, 12))) if signed else (0, int(rng.integers(1, 16)))
    if limits.spiking_share and rng.random() < limits.spiking_share:
        return _random_spiking(rng, chip, theta, bias, reach, limits)
    if chip.shift_units and rng.random() < limits.shift_share:
        return _random_shift_neuron(rng, chip, channels, reach, limits.levels_share)
    if (chip.currents or chip.wide_values) and rng.random() < limits.current_share:
        return _random_current_neuron(rng, chip, theta, bias, reach, limits, last=last)
    dead_zone = int(rng.choice([0, 0, 0, 1, 3]))
    draw = rng.random()
    if draw < 0.3:
        return Count(np.maximum(theta // 2, 1), bias, lo, hi, dead_zone)
    if draw < 0.55:
        return Requant(
            bias, int(rng.integers(0, max(2, reach.bit_length()))), lo, hi, Rounding(int(rng.integers(len(Rounding)))), dead_zone
        )
    if chip.multispike and draw >= 1 - 0.45 * limits.multispike_share:
        return _random_multispike(rng, chip, theta, bias, reach)
    membrane = _random_membrane(rng, chip, reach)
    return Lif(theta=theta, bias=bias, **_random_firing(rng, chip, membrane, limits), **membrane)


def _random_spiking(
    rng: np.random.Generator, chip: ChipConfig, theta: IntArray, bias: IntArray, reach: int, limits: RandomLimits
) -> Neuron:
    """LIF or CUBALIF, thresholds low enough for many spikes."""
    membrane, theta = _random_membrane(rng, chip, reach), np.maximum(theta // 4, 1)
    firing = _random_firing(rng, chip, membrane, limits)
    if chip.currents and rng.random() < limits.current_share:
        return CubaLif(theta=theta, bias=bias, **firing, **membrane, **_random_current(rng, chip, reach))
    return Lif(theta=theta, bias=bias, **firing, **membrane)


def _random_firing(rng: np.random.Generator, chip: ChipConfig, membrane: dict[str, Any], limits: RandomLimits) -> dict[str, Any]:
    """Comparison, reset and refractory period, all those that the chip has."""
    reset, more = Reset(int(rng.integers(len(Reset)))), {}
    if chip.resets and reset is Reset.ZERO and rng.random() < 0.5:
        more["v_reset"] = int(rng.integers(membrane["v_min"], membrane["v_max"] + 1))
    if chip.resets and reset is Reset.SUBTRACT and rng.random() < 0.4:
        more["delayed_reset"] = True
    if chip.refractory and rng.random() < limits.refractory_share:
        more["refractory"] = int(rng.integers(1, 5))
    return {"reset": reset, "strict": bool(rng.random() < 0.5), **more}


def _random_current_neuron(
    rng: np.random.Generator, chip: ChipConfig, theta: IntArray, bias: IntArray, reach: int, limits: RandomLimits, *, last: bool
) -> Neuron:
    """A neuron with a current, with its membrane as output, or both. What is not the last layer sends values that another one can sum."""
    kinds = [kind for kind in (CubaLif, Li, CubaLi) if chip.has_op(kind.op)]
    kind = kinds[int(rng.integers(len(kinds)))]
    membrane, current = _random_membrane(rng, chip, reach), {}
    if kind is not Li:
        current = _random_current(rng, chip, reach)
    if kind is CubaLif:
        return CubaLif(theta=theta, bias=bias, **_random_firing(rng, chip, membrane, limits), **membrane, **current)
    if not last:
        most = 1 << int(rng.integers(1, max(2, chip.accumulator_bits - 12)))
        low, high = max(membrane["v_min"], -most), min(membrane["v_max"], most - 1)
        membrane |= {"v_min": low, "v_max": high, "v_init": int(np.clip(membrane["v_init"], low, high))}
    return kind(bias=bias, **membrane, **current)


def _random_current(rng: np.random.Generator, chip: ChipConfig, reach: int) -> dict[str, Any]:
    """Leak and limits of a current, and which one the membrane takes."""
    drawn = _random_membrane(rng, chip, reach)
    current = {"current_leak": drawn["leak"], "i_min": drawn["v_min"], "i_max": drawn["v_max"]}
    return {**current, "old_current": bool(rng.random() < 0.4)}


def _random_membrane(rng: np.random.Generator, chip: ChipConfig, reach: int) -> dict[str, Any]:
    """Leak, limits and initial value of a membrane."""
    high = (1 << (chip.membrane_bits - 1)) - 1
    v_max = int(min(high, _pick(rng, high, 2 * reach + 1)))  # type: ignore[call-overload]
    v_min = -int(min(high, _pick(rng, high + 1, reach, 0)))  # type: ignore[call-overload]
    leak = _random_leak(rng)
    v_init = int(rng.integers(v_min, v_max + 1)) if rng.random() < 0.5 else 0
    return {"leak": leak, "v_min": v_min, "v_max": v_max, "v_init": v_init}


def _random_multispike(rng: np.random.Generator, chip: ChipConfig, theta: IntArray, bias: IntArray, reach: int) -> MultiSpikeIf:
    """Thresholds of 1, of many spikes, or above the membrane; few spikes or as many as COUNT carries; a floor of either kind."""
    membrane, top = _random_membrane(rng, chip, reach), 1 << (chip.membrane_bits - 1)
    floor: int | None = membrane.pop("v_min")
    theta = np.maximum(theta // int(rng.choice([1, 4, 16, reach + 2])), 1)
    if rng.random() < 0.2:
        theta = np.where(rng.random(len(theta)) < 0.5, 1, theta)
    if rng.random() < 0.5:
        floor, theta = None, np.minimum(theta, top)
        membrane["v_init"] = int(rng.integers(-int(theta.max()), membrane["v_max"] + 1))
    elif rng.random() < 0.2:
        theta = np.where(rng.random(len(theta)) < 0.3, np.minimum(top + theta, word_limits()[1]), theta)
    hi = int(rng.choice([1, 255, int(rng.integers(1, 16)), int(rng.integers(1, 256))]))
    return MultiSpikeIf(theta, bias, hi=hi, floor=floor, **membrane)


def _random_shift_neuron(rng: np.random.Generator, chip: ChipConfig, channels: int, reach: int, levels_share: float) -> Neuron:
    """A neuron that needs shift units."""
    bias = rng.integers(-reach // 4 - 1, reach // 4 + 2, channels)
    shift = int(rng.integers(0, max(2, reach.bit_length())))
    if rng.random() < levels_share:
        return _random_count_with_levels(rng, bias, reach)
    draw = rng.random()
    if draw < 0.4:
        return _random_bspn(rng, chip, bias)
    if draw < 0.65:
        return _random_ptsoftmax(rng, chip, bias, shift)
    if draw < 0.8:
        low, high = (-127, 127) if rng.random() < 0.4 else (0, 16)
        return Table(bias, max(0, shift - 3), rng.integers(low, high + 1, 1 << TABLE_ARGUMENT_BITS))
    levels = int(rng.integers(1, SHIFTLIF_MAX_LEVEL + 1))
    theta_log2 = rng.integers(levels, max(levels, min(reach.bit_length(), chip.membrane_bits - 1)) + 1, channels)
    rounding = LevelRounding(int(rng.integers(len(LevelRounding))))
    return ShiftLif(theta_log2, bias, levels, rounding, **_random_membrane(rng, chip, reach))


def _random_count_with_levels(rng: np.random.Generator, bias: IntArray, reach: int) -> Count:
    """A range that need not hold 0; levels in no order, some of them 0."""
    lo, entries = int(rng.integers(-16, 5)), int(rng.integers(1, (1 << TABLE_ARGUMENT_BITS) + 1))
    low, high = (-40, 40) if rng.random() < 0.5 else (0, 90)
    levels = np.where(rng.random(entries) < 0.2, 0, rng.integers(low, high + 1, entries))
    theta = rng.integers(1, reach // int(rng.choice([2, 16])) + 2, len(bias))
    return Count(theta, bias, lo, lo + entries - 1, levels=levels)


def _random_ptsoftmax(rng: np.random.Generator, chip: ChipConfig, bias: IntArray, shift: int) -> Ptsoftmax:
    """Rows of all channels, or of a divisor that leaves several to a core or a few cores."""
    channels = len(bias)
    divisors = [n for n in range(1, channels + 1) if channels % n == 0 and (n % chip.lanes == 0 or channels <= 2 * n)]
    counts = None
    if rng.random() < 0.4:
        counts = count_table(int(rng.integers(0, 6))) if rng.random() < 0.5 else rng.integers(0, 20, 1 << PTSOFTMAX_TABLE_BITS)
    rule = DenominatorRule(int(rng.integers(len(DenominatorRule))))
    return Ptsoftmax(bias, max(0, shift - 2), int(rng.choice(divisors if rng.random() < 0.5 else divisors[:2])), rule, counts)


def _random_bspn(rng: np.random.Generator, chip: ChipConfig, bias: IntArray) -> Bspn:
    """Groups of any power of two that a few cores hold; y of up to 16 bits, for beta and the sums of the next layer."""
    channels = len(bias)
    sizes = [1 << n for n in range(9) if (1 << n) % chip.lanes == 0 or 2 << n >= channels]
    group = int(rng.choice(sizes[: int(rng.integers(1, 5))]))
    log2 = group.bit_length() - 1
    top = BSPN_VALUE_BITS - 2 if rng.random() < 0.2 else int(rng.integers(4, 15))
    limit = 1 << int(rng.integers(1, min(top, max(2, chip.accumulator_bits - BSPN_PARAMETER.offset("beta")))))
    output = UnitOutput(int(rng.integers(len(UnitOutput))))
    signed = bool(rng.random() < 0.5)
    lo, hi = (-int(rng.integers(1, 128)), int(rng.integers(0, 128))) if signed else (0, int(rng.integers(1, 256)))
    requant = {"requant_shift": int(rng.integers(0, top + 1)), "lo": lo, "hi": hi} if output is UnitOutput.REQUANT else {}
    return Bspn(
        bias=bias,
        shift=rng.integers(max(-32, top - log2 - int(rng.choice([1, 6, 40]))), top - log2 + 1, channels),
        negative=rng.integers(0, 2, channels),
        beta=rng.integers(-limit // 2, limit // 2 + 1, channels) * int(rng.random() < 0.7),
        group=group,
        scale=GroupScale(int(rng.integers(len(GroupScale)))),
        guard=int(rng.integers(0, 8)),
        output=output,
        codes=rng.integers(-20 if signed else 0, 21, BSPN_CODES) if output is UnitOutput.TABLE else None,
        **requant,
    )
