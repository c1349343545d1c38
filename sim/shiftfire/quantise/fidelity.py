"""What became of a float model: agreement of spikes, membranes, rates and decisions, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..frontends.float_graph.neurons import FloatArray
from ..golden.execute import GoldenTrace
from ..network.values import IntArray
from .activity import Statistics
from .build import Built
from .dynamics import Emits
from .layer import IntegerLayer
from .leak import time_constant
from .population import Population
from .replay import replay
from .silent import reason_of_silence
from .trace import FloatTrace


@dataclass(frozen=True)
class LayerFidelity:
    """One layer; shares are 0 to 1, rates are spikes (or counts) per neuron and step, None where it does not apply.

    ``agreement``: neuron-steps in which both send the same; ``own_agreement``: likewise, when the layer gets the float model's spikes;
    ``matched``: spikes of both in the same step, as a share of all (the F1 score). ``membrane_error``: root mean square, relative to the threshold, or to
    the values where these are what is sent. ``weight_error``: of the rounded weights, relative to their root mean square.
    ``decay``, ``kept``, ``tau``, ``tau_integer``: of the neuron whose leak is off the most, ``worst_neuron`` in (channel, row, column) order, None where
    all have one decay; ``decays``: least and greatest. ``spike_steps``: the most of any neuron.
    """

    node: str
    layer: str
    neurons: int
    bits: int
    agreement: float | None
    own_agreement: float | None
    matched: float | None
    rate_float: float
    rate_integer: float
    membrane_error: float | None
    weight_error: float
    exact_weights: bool
    theta: tuple[int, int] | None
    decays: tuple[float, float]
    worst_neuron: int | None
    decay: float
    kept: float
    tau: float | None
    tau_integer: float | None
    spike_steps: int | None
    dead: str | None


@dataclass(frozen=True)
class Fidelity:
    """All layers, and the decisions of ``output``: share that both make alike, accuracies where labels are known. Samples and timesteps it was measured on."""

    samples: int
    timesteps: int
    layers: tuple[LayerFidelity, ...]
    output: str
    decisions: float | None
    accuracy_float: float | None
    accuracy_integer: float | None

    @property
    def dead(self) -> tuple[LayerFidelity, ...]:
        """Layers that never send anything."""
        return tuple(layer for layer in self.layers if layer.dead is not None)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def measure(
    populations: tuple[Population, ...],
    built: Built,
    trace: FloatTrace,
    golden: GoldenTrace,
    statistics: Statistics,
    inputs: Mapping[str, IntArray],
    output: str,
) -> Fidelity:
    """Compare what golden did on the integers of the samples with the float trace on their real values. ``inputs``: integers, by node."""
    made, names, readout = built.layers, built.names, built.network.readout
    grids = {p.name: p.grid for p in populations}
    ideal = {name: _integers(trace.sent[name], grids[name], made[name].sends) for name in made}
    ideal |= {name: values for name, values in inputs.items()}
    layers = tuple(_layer(p, made[p.name], names, trace, golden, statistics, ideal) for p in populations)
    samples, steps = trace.sent[output].shape[:2]
    decided = golden.predictions
    floats = trace.decisions(output, readout) if decided is not None else None
    return Fidelity(
        samples,
        steps,
        layers,
        output,
        None if floats is None else float(np.mean(floats == decided)),
        None if floats is None or trace.labels is None else float(np.mean(floats == trace.labels)),
        None if decided is None or trace.labels is None else float(np.mean(decided == trace.labels)),
    )


def _integers(values: FloatArray, grid: tuple[int, int, int], step: float) -> IntArray:
    return np.rint(values / step).astype(np.int64).reshape(*values.shape[:2], *grid)


def _layer(
    population: Population,
    made: IntegerLayer,
    names: Mapping[str, str],
    trace: FloatTrace,
    golden: GoldenTrace,
    statistics: Statistics,
    ideal: Mapping[str, IntArray],
) -> LayerFidelity:
    name, dynamics = population.name, population.dynamics
    sent, own = golden.activations[names[name]], ideal[name]
    spikes = dynamics.emits is not Emits.MEMBRANE
    worst = made.leak.worst_fit
    tau, tau_integer = time_constant(worst.decay), time_constant(worst.kept)
    theta = getattr(made.layer.kind, "theta", None)
    rate = float(np.abs(trace.sent[name]).mean()) if spikes else float(np.mean(trace.sent[name] != 0))
    return LayerFidelity(
        node=name,
        layer=names[name],
        neurons=made.layer.shape.size,
        bits=made.bits,
        agreement=float(np.mean(sent == own)) if spikes else None,
        own_agreement=float(np.mean(replay(made.layer, ideal) == own)) if spikes else None,
        matched=_matched(sent, own) if spikes else None,
        rate_float=rate,
        rate_integer=float(np.abs(sent).mean()) if spikes else float(np.mean(sent != 0)),
        membrane_error=_membrane_error(population, made, trace, golden, names[name]),
        weight_error=_weight_error(population, made),
        exact_weights=bool(np.all(made.units.exact)),
        theta=None if theta is None else (int(np.min(theta)), int(np.max(theta))),
        decays=made.leak.decays,
        worst_neuron=None if len(made.leak.fits) == 1 else made.leak.worst,
        decay=worst.decay,
        kept=worst.kept,
        tau=tau if np.isfinite(tau) else None,
        tau_integer=tau_integer if np.isfinite(tau_integer) else None,
        spike_steps=made.leak.step_error() if spikes else None,
        dead=None if np.any(sent) else reason_of_silence(population, made, rate, statistics),
    )


def _matched(sent: IntArray, own: IntArray) -> float:
    both, all_ = np.minimum(sent, own).sum(), sent.sum() + own.sum()
    return 1.0 if all_ == 0 else float(2 * both / all_)


def _membrane_error(population: Population, made: IntegerLayer, trace: FloatTrace, golden: GoldenTrace, name: str) -> float | None:
    floats, integers = trace.membranes.get(population.name), golden.membranes.get(name)
    if floats is None or integers is None:
        return None
    channels = population.grid[0]
    real = integers.reshape(*floats.shape[:2], channels, -1) * made.units.unit[:, None]
    difference = real.reshape(floats.shape) - floats
    scale = population.dynamics.theta if population.dynamics.emits is Emits.SPIKES else np.sqrt(np.mean(np.square(floats)))
    safe = np.where(np.abs(scale) > 0, np.abs(scale), 1.0)
    return float(np.sqrt(np.mean(np.square(difference / safe))))


def _weight_error(population: Population, made: IntegerLayer) -> float:
    """Root mean square over all weights of all synapses, relative to the weights': each in its channel's own unit."""
    lost, power = 0.0, 0.0
    for drive, integers, scale in zip(made.drives, made.integers, made.units.scales, strict=True):
        real = integers * (made.units.unit * 2.0**scale)[:, None]
        lost += float(np.square(real - drive.rows).sum())
        power += float(np.square(drive.rows).sum())
    return float(np.sqrt(lost / power)) if power else 0.0
