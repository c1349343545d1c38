"""A float graph under a profile as an integer network, with what was assumed and what was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..frontends.float_graph.graph import Graph
from ..frontends.float_graph.interpret import interpret
from ..frontends.float_graph.neurons import FloatArray
from ..frontends.float_graph.profile import Profile
from ..golden.execute import execute
from ..network.graph import Network, Readout
from ..network.values import IntArray
from .activity import Statistics
from .build import Built, build
from .chain import grid_of
from .coding import Coding, coding_for
from .decay_notes import decay_notes
from .dynamics import Emits
from .errors import QuantiseError
from .fidelity import Fidelity, measure
from .population import Population
from .populations import populations_of
from .products import cut_sums
from .search import Trials, mixed_bits
from .settings import Choices, Settings
from .trace import FloatTrace

MOST_TRACED = 1 << 24  # float values of a trace; samples beyond are left out


@dataclass(frozen=True, eq=False)
class Conversion:
    """``network`` under ``profile``, made for ``settings``, its ``codings`` by input node, the ``fidelity`` on the samples (None without), and one line for each thing that was ``assumed``."""

    network: Network
    profile: Profile
    settings: Settings
    populations: tuple[Population, ...]
    built: Built
    codings: Mapping[str, Coding]
    fidelity: Fidelity | None
    assumed: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Samples:
    """Real inputs by node, (samples, timesteps, *shape), and labels (samples,), where they are known."""

    inputs: Mapping[str, FloatArray]
    labels: IntArray | None = None

    def first(self, count: int) -> Samples:
        """The first ``count`` samples."""
        labels = None if self.labels is None else self.labels[:count]
        return Samples({name: values[:count] for name, values in self.inputs.items()}, labels)


def convert(
    graph: Graph,
    profile: Profile,
    settings: Settings,
    *,
    name: str,
    origin: str,
    samples: Samples | None = None,
    search: bool = False,
    percentile: bool = False,
    budget_bits: int | None = None,
    readout: Readout | None = None,
    assumed: tuple[str, ...] = (),
) -> Conversion:
    """Convert ``graph``, whose front end is ``origin``. ``samples`` calibrate scales and rounding, and the fidelity is measured on them.

    ``search``: every layer tries several ways and keeps the best; ``percentile``: weights are clipped by percentile; ``budget_bits``: bits that all
    weights may take together, each layer's width being chosen. Both need samples. Raises QuantiseError, FloatGraphError, NetworkError.
    """
    populations, outputs = populations_of(graph, profile, settings.chip)
    telling = outputs[0]  # gives the prediction
    codings = {key: coding_for(key, None if samples is None else samples.inputs[key]) for key in graph.inputs}
    inputs = {key: (grid_of(f"node {key}", shape), codings[key]) for key, shape in graph.inputs.items()}
    grids = {**{key: grid for key, (grid, _) in inputs.items()}, **{p.name: p.grid for p in populations}}
    limits = {**{key: coding.limit for key, coding in codings.items()}, **_limits(populations)}
    trace = None if samples is None else trace_of(graph, profile, populations, _few(graph, samples))
    statistics = Statistics(grids, limits) if trace is None else Statistics(grids, limits, trace.sent, trace.membranes)
    choices = {p.name: Choices(percentile=percentile) for p in populations}
    lines = [*assumed, *(coding.text(key) for key, coding in codings.items())]
    if samples is None:
        lines.append(
            "no samples to calibrate on: room for membranes and the rounding of weights assume sources of equal, low rates (--calibrate FILE)"
        )
    if trace is not None and (search or budget_bits is not None):
        ideal = {p.name: _whole(trace.sent[p.name] / p.step, p.grid) for p in populations}
        ideal |= {
            key: codings[key].integers(key, trace.sent[key]).reshape(*trace.sent[key].shape[:2], *grids[key]) for key in codings
        }
        sources = {**{key: c.unit for key, c in codings.items()}, **{p.name: p.step for p in populations}}
        trials = Trials(populations, statistics, sources, ideal)
        if budget_bits is not None:
            settings = replace(settings, layer_bits=mixed_bits(trials, settings, budget_bits))
            lines.append("weight bits: " + ", ".join(f"{layer} {bits}" for layer, bits in settings.layer_bits.items()))
        if search:
            choices = {p.name: trials.best_choices(p.name, settings) for p in populations}
    elif search or budget_bits is not None:
        raise QuantiseError("a search needs samples to try on: give some (--calibrate FILE)")
    if len(outputs) > 1:
        lines.append(f"the prediction is read from {telling}, the first of the outputs {', '.join(outputs)}")
    sends = {p.name: p.dynamics.emits for p in populations}
    if readout is None and sends.get(telling) is Emits.MEMBRANE:
        lines.append(f"the prediction is the greatest sum over time of {telling}, which sends membranes (--readout max, last)")
    built = build(name, populations, inputs, outputs, statistics, settings, choices, readout)
    lines += cut_sums(populations)
    lines += decay_notes(built.layers.values(), settings.chip)
    fidelity = None
    if trace is not None:
        integers = {
            key: codings[key].integers(key, trace.sent[key]).reshape(*trace.sent[key].shape[:2], *grids[key]) for key in codings
        }
        fidelity = _fidelity(populations, built, trace, statistics, integers, telling)
    network = replace(built.network, profile=_profile_document(origin, profile, settings, codings, built, lines))
    return Conversion(network, profile, settings, populations, replace(built, network=network), codings, fidelity, tuple(lines))


def trace_of(graph: Graph, profile: Profile, populations: tuple[Population, ...], samples: Samples) -> FloatTrace:
    """What the float model does on ``samples``, membranes in the populations' own units."""
    names = {p.name for p in populations} | set(graph.inputs)
    run = interpret(graph, profile, samples.inputs, record=names)
    flat = {name: values.reshape(*values.shape[:2], -1) for name, values in run.outputs.items()}
    membranes = {name: values.reshape(*values.shape[:2], -1) for name, values in run.membranes.items()}
    membranes |= {p.name: membranes[p.name] / p.scale for p in populations if p.scale is not None}
    membranes |= {p.name: flat[p.name] for p in populations if p.name not in membranes and p.dynamics.emits is Emits.MEMBRANE}
    return FloatTrace(flat, membranes, samples.labels)


def _fidelity(
    populations: tuple[Population, ...],
    built: Built,
    trace: FloatTrace,
    statistics: Statistics,
    integers: Mapping[str, IntArray],
    output: str,
) -> Fidelity:
    golden = execute(built.network, {built.names[name]: values for name, values in integers.items()}, membranes=True)
    return measure(populations, built, trace, golden, statistics, integers, output)


def _whole(values: FloatArray, grid: tuple[int, int, int]) -> IntArray:
    return np.rint(values).astype(np.int64).reshape(*values.shape[:2], *grid)


def _limits(populations: tuple[Population, ...]) -> dict[str, float]:
    """Greatest real value that each population sends; membranes count as some thresholds, as nothing bounds them."""
    return {p.name: float(p.dynamics.most) * p.step for p in populations}


def _few(graph: Graph, samples: Samples) -> Samples:
    """As many samples as a trace is kept of."""
    steps = next(iter(samples.inputs.values())).shape[1]
    elements = sum(int(np.prod(shape)) for shape in graph.output_shapes.values())
    return samples.first(max(1, MOST_TRACED // max(1, steps * elements)))


def _profile_document(
    origin: str, profile: Profile, settings: Settings, codings: Mapping[str, Coding], built: Built, lines: list[str]
) -> dict[str, Any]:
    """What the container keeps of the conversion."""
    names = built.names
    layers = {
        names[name]: {
            "node": name,
            "bits": made.bits,
            "decay": made.leak.worst_fit.decay,
            "kept": made.leak.worst_fit.kept,
            "decays": list(made.leak.decays),
            "sends": made.sends,
        }
        for name, made in built.layers.items()
    }
    return {
        "origin": origin,
        "profile": asdict(profile),
        "chip": settings.chip.name,
        "inputs": {names[name]: {"unit": coding.unit, "lo": coding.lo, "hi": coding.hi} for name, coding in codings.items()},
        "layers": layers,
        "assumed": lines,
    }
