"""Where a framework's spikes and the interpreter's part first, and how near a threshold the membranes are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from shiftfire.frontends.float_graph.graph import Graph
from shiftfire.frontends.float_graph.interpret import Trace
from shiftfire.frontends.float_graph.neurons import FloatArray, Spiking
from shiftfire.frontends.float_graph.profile import Profile

from .float32_bound import bounds, compared

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class FirstDifference:
    """Of a neuron in a sample, nothing before it having differed that could reach it. ``place``: sample, step, neuron.

    ``distance``: of the membrane to the threshold that one of both passed; ``bound``: what float32 may be off by.
    """

    node: str
    place: tuple[int, ...]
    distance: float
    bound: float


@dataclass(frozen=True)
class Comparison:
    """``steps``: neuron-steps compared; ``differing`` ones; those that came ``first``; ``nearest``: least distance of a membrane to its threshold."""

    steps: int
    differing: int
    first: tuple[FirstDifference, ...]
    nearest: float


def compare(graph: Graph, profile: Profile, trace: Trace, outputs: Mapping[str, FloatArray]) -> Comparison:
    """The interpreter's ``trace`` beside a framework's ``outputs``."""
    spiking = [name for name, node in graph.nodes.items() if isinstance(node, Spiking) and name in outputs]
    wrong = {name: trace.outputs[name] != outputs[name] for name in spiking}
    start = {name: _first_step(array.reshape(*array.shape[:2], -1).any(2)) for name, array in wrong.items()}  # (samples,)
    found: list[FirstDifference] = []
    nearest = np.inf
    for name in spiking:
        node = graph.nodes[name]
        assert isinstance(node, Spiking)
        membranes = compared(graph, profile, trace, name)
        times = np.maximum(np.rint(membranes / node.v_threshold), 1) if profile.spikes == "multi" else 1
        nearest = min(nearest, float(np.abs(membranes - times * node.v_threshold).min()))
        if not wrong[name].any():
            continue
        allowed = bounds(graph, profile, trace, name)
        above = _ancestors(graph, name)
        limit = np.min(
            [start[other] for other in spiking if other in above and other != name] or [np.full(len(membranes), NEVER)], axis=0
        )
        own = _first_step(wrong[name])  # (samples, *shape)
        wide = limit.reshape(-1, *(1,) * (own.ndim - 1))
        is_first = (own != NEVER) & (own < wide)
        if name in above:
            is_first &= own == start[name].reshape(wide.shape)
        for sample, *neuron in np.argwhere(is_first):
            place = (int(sample), int(own[(sample, *neuron)]), *map(int, neuron))
            most = max(trace.outputs[name][place], outputs[name][place])  # the threshold that only one of both passed
            theta = float(node.v_threshold[tuple(neuron)]) * (most if profile.spikes == "multi" else 1)
            found.append(FirstDifference(name, place, abs(float(membranes[place]) - theta), float(allowed[place])))
    return Comparison(sum(w.size for w in wrong.values()), sum(int(w.sum()) for w in wrong.values()), tuple(found), nearest)


def _first_step(wrong: np.ndarray) -> np.ndarray:
    """The first step in which it is so; `NEVER`. Axis 1 is time."""
    return np.where(wrong.any(1), wrong.argmax(1), NEVER)


def _ancestors(graph: Graph, name: str) -> set[str]:
    """All nodes from which edges lead to ``name``; itself, if it lies on a loop."""
    found: set[str] = set()
    open_ = [name]
    while open_:
        for edge in graph.into(open_.pop()):
            if edge.source not in found:
                found.add(edge.source)
                open_.append(edge.source)
    return found
