"""One population as an integer layer: units, weights, thresholds, bias, leak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.weights import WeightFormat

from ..frontends.float_graph.neurons import FloatArray
from ..network.graph import Layer
from ..network.neurons.requant import Requant
from ..network.synapses import Synapses
from ..network.values import IntArray, Shape
from ..network.wide_weights import WIDE_BITS, wide_synapses
from .activity import Statistics
from .dynamics import Emits
from .errors import QuantiseError
from .leaks import Leaks
from .lowered import Lowered
from .neurons import Parameters, integer_neuron, needs_common_unit
from .population import Population
from .rounding import MAX_INPUTS, assumed_moments, cancelling, measured_moments, memory_of
from .settings import FORMAT_OF_BITS, Choices, Settings
from .units import Drive, Units, choose_units
from .weights import rounded


@dataclass(frozen=True, eq=False)
class IntegerLayer:
    """A layer of the network and how it was made. ``peak`` (channels,): the greatest real membrane that it has room for; ``drives``: the real weights that were rounded, one for each of the population's synapses; ``integers``: what they became, (channels, weights).

    A drive of 16 bits is two synapses of ``layer``.
    """

    layer: Layer
    units: Units
    leak: Leaks
    current_leak: Leaks | None
    bits: int
    peak: FloatArray
    choices: Choices
    drives: tuple[Drive, ...]
    integers: tuple[IntArray, ...]
    sends: float = 1.0  # real value that one integer step of what it sends stands for


def integer_layer(
    population: Population, sources: Mapping[str, float], statistics: Statistics, settings: Settings, choices: Choices
) -> IntegerLayer:
    """The layer of a population. ``sources``: real value that one integer step of each source stands for. Raises QuantiseError when it cannot be had."""
    name, dynamics, channels = population.name, population.dynamics, population.grid[0]
    chip, bits = settings.chip, settings.bits_of(name)
    greatest = (1 << (chip.membrane_bits - 1)) - 1
    leak, *currents = population.leaks
    current_leak = currents[0] if currents else None
    gain = _per_channel(dynamics.gain, channels)
    if dynamics.current is not None:
        gain = gain * _per_channel(dynamics.current.gain, channels)
    if choices.compensation:  # a channel's weights make up for the error in the middle of its neurons'
        gain = gain * (1 + choices.compensation * np.median(leak.error.reshape(channels, -1), axis=1))
    drives = []
    for synapse in population.synapses:
        rows = synapse.rows * (gain * sources[synapse.source])[:, None]
        activity = statistics.activity(synapse, rows.shape[1]) / sources[synapse.source] ** 2
        drives.append(Drive(rows, bits if np.any(rows) else 8, activity) if synapse.stored else Drive(rows, 0, activity))
    if dynamics.emits is Emits.SUMS:
        return _sums(population, drives, settings, choices)
    peak = statistics.peak(population)
    common = needs_common_unit(dynamics)
    units = choose_units(drives, peak, greatest, common=common, lower_by=choices.lower_by, percentile=choices.percentile)
    if dynamics.current is not None and np.any(dynamics.drift):
        raise QuantiseError(
            f"node {name}: v_leak is not 0, and a membrane behind a current has no bias of its own; set v_leak to 0"
        )
    rows = (a.reshape(channels, -1) for a in (population.constant, dynamics.drift, _drift(leak, current_leak)))
    entering, drift, rounding = rows
    constant = (gain[:, None] * entering + drift) / units.unit[:, None] - rounding
    weights, bias = _integers(population, drives, sources, units, constant, statistics, choices)
    theta = _narrow(dynamics.theta.reshape(population.grid))
    current_terms = () if current_leak is None else current_leak.of_grid(population.grid)
    most = statistics.most_spikes(name, dynamics.most)
    terms, bias = leak.of_grid(population.grid), _narrow(bias.reshape(population.grid))
    neuron = integer_neuron(name, dynamics, Parameters(theta, units.unit, bias, terms, current_terms, greatest, most))
    synapses = tuple(
        synapses
        for s, integers, scale in zip(population.synapses, weights, units.scales, strict=True)
        for synapses in _synapses(s, integers, scale, bits)
    )
    layer = Layer(name, Shape(*population.grid), synapses, neuron, settings.timesteps)
    sends = float(units.unit[0]) if dynamics.emits is Emits.MEMBRANE else 1.0
    return IntegerLayer(layer, units, leak, current_leak, bits, peak, choices, tuple(drives), tuple(weights), sends)


def _sums(population: Population, drives: list[Drive], settings: Settings, choices: Choices) -> IntegerLayer:
    """The layer that hands on its sums, which are whole numbers of the population's step."""
    channels = population.grid[0]
    units = Units(np.full(channels, population.step), (0,) * len(drives), np.ones(channels, bool))
    weights = [np.ones(drive.rows.shape, np.int64) for drive in drives]
    synapses = tuple(one for s, integers in zip(population.synapses, weights, strict=True) for one in _synapses(s, integers, 0, 0))
    neuron = Requant(np.zeros(channels, np.int64), 0, 0, population.dynamics.most)
    layer = Layer(population.name, Shape(*population.grid), synapses, neuron, settings.timesteps)
    peak = np.full(channels, population.dynamics.most * population.step)
    return IntegerLayer(layer, units, population.leaks[0], None, 0, peak, choices, tuple(drives), tuple(weights), population.step)


def _per_channel(values: FloatArray, channels: int) -> FloatArray:
    """(channels,) of values that are the same within a channel (`population` saw to that)."""
    return values.reshape(channels, -1)[:, 0]


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    """(channels,) of values of a grid, or the values as they are where they differ within a channel."""
    return values if np.any(values != values[:, :1, :1]) else values[:, 0, 0]


def _drift(leak: Leaks, current_leak: Leaks | None) -> FloatArray:
    """(neurons,) what rounding adds in each step, as a bias: where a current is between, as one that makes it in the end."""
    return leak.drift if current_leak is None else current_leak.drift + leak.drift * (1 - current_leak.kept)


def _integers(
    population: Population,
    drives: list[Drive],
    sources: Mapping[str, float],
    units: Units,
    constant: FloatArray,
    statistics: Statistics,
    choices: Choices,
) -> tuple[list[IntArray], IntArray]:
    """(channels, weights) integers per synapse and the bias, of the shape of ``constant`` (channels, positions), which is the real one in units.

    Errors cancel where a channel's weights are not exact and there are not too many.
    """
    steps = [2.0**scale for scale in units.scales]
    nearest = [rounded(d.rows, units.unit * step, d.bits) for d, step in zip(drives, steps, strict=True)]
    bias = np.rint(constant).astype(np.int64)
    inputs = sum(d.rows.shape[1] for d in drives)
    if not choices.cancelling or min(d.bits for d in drives) < 2 or inputs > MAX_INPUTS or np.all(units.exact):
        return nearest, bias
    memory = memory_of(float(np.median(population.dynamics.decay)))
    moments = []
    for synapse, drive in zip(population.synapses, drives, strict=True):
        sent, step = statistics.patches(synapse), sources[synapse.source]
        weights = drive.rows.shape[1]
        moments.append(assumed_moments(weights, memory, step) if sent is None else measured_moments(sent / step, memory))
    rows = [d.rows / units.unit[:, None] for d in drives]
    better, left = cancelling(rows, steps, [d.most for d in drives], moments, memory)
    exact = units.exact[:, None]
    its_bias = np.rint(constant + left[:, None]).astype(np.int64)
    return [np.where(exact, n, c) for n, c in zip(nearest, better, strict=True)], np.where(exact, bias, its_bias)


def _synapses(synapse: Lowered, integers: IntArray, scale: int, bits: int) -> tuple[Synapses, ...]:
    geometry: dict[str, Any] = {
        "kernel": synapse.kernel,
        "stride": synapse.stride,
        "padding": synapse.padding,
        "dilation": synapse.dilation,
        "groups": synapse.groups,
        "delay": synapse.delay,
    }
    factor = synapse.factor
    if factor is not None:
        product = Synapses(synapse.source, synapse.op, None, factor.weight_format, scale, rows=factor.rows, heads=factor.heads)
        return (product,)
    if not synapse.stored:
        return (Synapses(synapse.source, synapse.op, None, WeightFormat.ONE, scale, **geometry),)
    weights = integers.reshape(synapse.weights.shape)
    wide = bits == WIDE_BITS and bool(np.any(synapse.weights))
    width = WeightFormat.BIT if not np.any(synapse.weights) else WeightFormat.INT8 if wide else FORMAT_OF_BITS[bits]
    one = Synapses(synapse.source, synapse.op, weights, width, scale, **geometry, pre_pool=synapse.pre_pool)
    return wide_synapses(one) if wide else (one,)
