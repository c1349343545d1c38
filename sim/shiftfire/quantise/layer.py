"""One population as an integer layer: units, weights, thresholds, bias, leak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from shiftfire_spec.weights import WeightFormat

from ..frontends.nir.neurons import FloatArray
from ..network.graph import Layer
from ..network.synapses import Synapses
from ..network.values import IntArray, Shape
from ..network.wide_weights import WIDE_BITS, wide_synapses
from .activity import Statistics
from .dynamics import Emits
from .errors import QuantiseError
from .leak import LeakFit, drift_of, fit_leak
from .lowered import Lowered
from .maps import Grid
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
    leak: LeakFit
    current_leak: LeakFit | None
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
    leak = _fit(name, "decay of the membrane", dynamics.decay, settings)
    current_leak = None if dynamics.current is None else _fit(name, "decay of the current", dynamics.current.decay, settings)
    gain = _per_channel(dynamics.gain, channels)
    if dynamics.current is not None:
        gain = gain * _per_channel(dynamics.current.gain, channels)
    if choices.compensation and leak.decay < 1:
        gain = gain * (1 + choices.compensation * leak.error)
    drives = []
    for synapse in population.synapses:
        rows = synapse.rows * (gain * sources[synapse.source])[:, None]
        activity = statistics.activity(synapse, rows.shape[1]) / sources[synapse.source] ** 2
        drives.append(Drive(rows, bits if np.any(rows) else 8, activity) if synapse.stored else Drive(rows, 0, activity))
    peak = statistics.peak(population)
    common = needs_common_unit(dynamics)
    units = choose_units(drives, peak, greatest, common=common, lower_by=choices.lower_by, percentile=choices.percentile)
    drift = _per_channel(dynamics.drift, channels)
    if dynamics.current is not None and np.any(drift):
        raise QuantiseError(
            f"node {name}: v_leak is not 0, and a membrane behind a current has no bias of its own; set v_leak to 0"
        )
    constant = (gain * _per_channel(population.constant, channels) + drift) / units.unit - _drift(leak, current_leak)
    weights, bias = _integers(population, drives, sources, units, constant, statistics, choices)
    theta = _thresholds(dynamics.theta, population.grid)
    current_terms = () if current_leak is None else current_leak.terms
    most = statistics.most_spikes(name, dynamics.most)
    neuron = integer_neuron(name, dynamics, Parameters(theta, units.unit, bias, leak.terms, current_terms, greatest, most))
    synapses = tuple(
        synapses
        for s, integers, scale in zip(population.synapses, weights, units.scales, strict=True)
        for synapses in _synapses(s, integers, scale, bits)
    )
    layer = Layer(name, Shape(*population.grid), synapses, neuron, settings.timesteps)
    sends = float(units.unit[0]) if dynamics.emits is Emits.MEMBRANE else 1.0
    return IntegerLayer(layer, units, leak, current_leak, bits, peak, choices, tuple(drives), tuple(weights), sends)


def _per_channel(values: FloatArray, channels: int) -> FloatArray:
    """(channels,) of values that are the same within a channel (`population` saw to that)."""
    return values.reshape(channels, -1)[:, 0]


def _thresholds(values: FloatArray, grid: Grid) -> FloatArray:
    """(channels,), or of the grid where they differ within a channel."""
    whole = values.reshape(grid)
    return whole if np.any(whole != whole[:, :1, :1]) else whole[:, 0, 0]


def _fit(name: str, what: str, values: FloatArray, settings: Settings) -> LeakFit:
    if np.any(values != values.flat[0]):
        raise QuantiseError(
            f"node {name}: its neurons differ in the {what} ({values.min():g} to {values.max():g}); a layer has one leak: split the node by it"
        )
    if values.flat[0] != 1 and settings.chip.leak_terms < 1:
        raise QuantiseError(
            f"node {name}: its membrane leaks, chip {settings.chip.name} has leak_terms = 0; take a chip that has some"
        )
    return fit_leak(float(values.flat[0]), settings.chip.leak_terms, settings.chip.membrane_bits - 2)


def _drift(leak: LeakFit, current_leak: LeakFit | None) -> float:
    """What rounding adds in each step, as a bias: where a current is between, as one that makes it in the end."""
    if current_leak is None:
        return drift_of(leak.terms)
    return drift_of(current_leak.terms) + drift_of(leak.terms) * (1 - current_leak.kept)


def _integers(
    population: Population,
    drives: list[Drive],
    sources: Mapping[str, float],
    units: Units,
    constant: FloatArray,
    statistics: Statistics,
    choices: Choices,
) -> tuple[list[IntArray], IntArray]:
    """(channels, weights) integers per synapse and the bias (channels,), ``constant`` being the real one in units.

    Errors cancel where a channel's weights are not exact and there are not too many.
    """
    steps = [2.0**scale for scale in units.scales]
    nearest = [rounded(d.rows, units.unit * step, d.bits) for d, step in zip(drives, steps, strict=True)]
    bias = np.rint(constant).astype(np.int64)
    inputs = sum(d.rows.shape[1] for d in drives)
    if not choices.cancelling or min(d.bits for d in drives) < 2 or inputs > MAX_INPUTS or np.all(units.exact):
        return nearest, bias
    memory = memory_of(float(population.dynamics.decay.flat[0]))
    moments = []
    for synapse, drive in zip(population.synapses, drives, strict=True):
        sent, step = statistics.patches(synapse), sources[synapse.source]
        weights = drive.rows.shape[1]
        moments.append(assumed_moments(weights, memory, step) if sent is None else measured_moments(sent / step, memory))
    rows = [d.rows / units.unit[:, None] for d in drives]
    better, its_bias = cancelling(rows, steps, [d.most for d in drives], moments, constant, memory)
    exact = units.exact
    return [np.where(exact[:, None], n, c) for n, c in zip(nearest, better, strict=True)], np.where(exact, bias, its_bias)


def _synapses(synapse: Lowered, integers: IntArray, scale: int, bits: int) -> tuple[Synapses, ...]:
    geometry: dict[str, Any] = {
        "kernel": synapse.kernel,
        "stride": synapse.stride,
        "padding": synapse.padding,
        "dilation": synapse.dilation,
        "groups": synapse.groups,
        "delay": synapse.delay,
    }
    if not synapse.stored:
        return (Synapses(synapse.source, synapse.op, None, WeightFormat.ONE, scale, **geometry),)
    weights = integers.reshape(synapse.weights.shape)
    wide = bits == WIDE_BITS and bool(np.any(synapse.weights))
    width = WeightFormat.BIT if not np.any(synapse.weights) else WeightFormat.INT8 if wide else FORMAT_OF_BITS[bits]
    one = Synapses(synapse.source, synapse.op, weights, width, scale, **geometry, pre_pool=synapse.pre_pool)
    return wide_synapses(one) if wide else (one,)
