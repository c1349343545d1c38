"""Runs a float graph under a profile in float64: the oracle of what the network means before it becomes integers.

Nothing here is shared with golden. Frameworks compute in float32 and sum in an order of their own, so on weights that are
not dyadic a membrane may differ in its last bits; a spike differs only where a membrane lies that close to its threshold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .alarms import refuse_unstable
from .errors import FloatGraphError
from .graph import Edge, Graph
from .neurons import FloatArray, Neuron
from .nodes import Delay, Input, Output, Product
from .products import multiply
from .profile import Profile
from .schedule import schedule
from .stateless import apply
from .step import NeuronState, Stepper

MAX_RECORDED = 1 << 27  # float64 values kept


@dataclass(frozen=True, eq=False)
class Trace:
    """What every node put out and held: arrays of (samples, steps, *shape) by the node's name.

    ``outputs``: every recorded node. ``membranes``: v of every neuron after the step's reset. ``currents``: i of CubaLI and CubaLIF.
    """

    outputs: Mapping[str, FloatArray]
    membranes: Mapping[str, FloatArray]
    currents: Mapping[str, FloatArray]


def interpret(
    graph: Graph,
    profile: Profile,
    inputs: Mapping[str, FloatArray] | FloatArray,
    record: set[str] | None = None,
    *,
    single: bool = False,
) -> Trace:
    """The trace of a run from the initial state, every sample on its own.

    ``inputs``: (samples, steps, *shape) for the only Input, or one such array per Input. ``record``: names of nodes to keep
    (all, if None). ``single``: membranes and currents are rounded to float32 in every step, as frameworks hold them; sums stay
    float64, as the order in which a framework adds is its own. Raises FloatGraphError for inputs of another shape or with values that are not finite, for a profile whose decay
    is unstable here, and for traces too large to keep.
    """
    given = _given(graph, inputs)
    samples, steps = next(iter(given.values())).shape[:2]
    kept = set(graph.nodes) if record is None else record & set(graph.nodes)
    _refuse_large(graph, samples * steps, kept)
    refuse_unstable(graph, profile)
    given = _as_floats(given)
    machine = _Machine(graph, profile, samples, single)
    outputs = {name: np.zeros((samples, steps, *graph.output_shapes[name])) for name in kept}
    membranes = {name: np.zeros((samples, steps, *graph.output_shapes[name])) for name in machine.steppers if name in kept}
    currents = {name: np.zeros_like(array) for name, array in membranes.items() if machine.states[name].i is not None}
    for step in range(steps):
        values = machine.step({name: array[:, step] for name, array in given.items()})
        for name in kept:
            outputs[name][:, step] = values[name]
        for name, array in membranes.items():
            array[:, step] = machine.states[name].v
        for name, array in currents.items():
            array[:, step] = machine.states[name].i
    return Trace(outputs, membranes, currents)


class _Machine:
    """The graph's state between steps."""

    def __init__(self, graph: Graph, profile: Profile, samples: int, single: bool) -> None:
        self._graph, self._profile, self._samples = graph, profile, samples
        self._order = schedule(graph, profile)
        self._into = {name: [edge for edge in graph.into(name) if not edge.rows] for name in graph.nodes}
        self._rows = {name: [edge for edge in graph.into(name) if edge.rows] for name in graph.nodes}
        self.steppers = {n: Stepper.of(node, profile, single) for n, node in graph.nodes.items() if isinstance(node, Neuron)}
        self.states: dict[str, NeuronState] = {name: stepper.start(samples) for name, stepper in self.steppers.items()}
        shape = {name: (samples, *graph.output_shapes[name]) for name in graph.nodes}
        # what each neuron put out in the last steps, newest last: its targets see the one output_delay steps ago
        self._sent = {name: deque([np.zeros(shape[name])] * profile.output_delay) for name in self.steppers}
        self._lines = {name: _DelayLine(node, profile, samples) for name, node in graph.nodes.items() if isinstance(node, Delay)}
        quiet = self._silence()
        looped = {edge.source for edge in graph.edges if edge.feedback}
        self._past = {name: deque([quiet[name]] * profile.recurrent_delay) for name in looped}

    def step(self, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Outputs of all nodes in this step; neurons' as they fire, before output_delay."""
        seen: dict[str, FloatArray] = {}  # what targets see of each node in this step
        shown: dict[str, FloatArray] = {}
        if self._profile.output_delay:
            seen |= {name: sent[0] for name, sent in self._sent.items()}
        for name in self._order:
            node = self._graph.nodes[name]
            if isinstance(node, Input):
                shown[name] = seen[name] = inputs[name]
                continue
            entering = self._entering(name, seen, self._into[name])
            if isinstance(node, Product):
                rows = self._entering(name, seen, self._rows[name])
                shown[name] = seen[name] = multiply(node, entering, rows)
            elif isinstance(node, Neuron):
                shown[name] = self.steppers[name].step(self.states[name], entering)
                if not self._profile.output_delay:
                    seen[name] = shown[name]
            elif isinstance(node, Delay):
                shown[name] = seen[name] = self._lines[name].push(entering)
            else:
                shown[name] = seen[name] = entering if isinstance(node, Output) else apply(node, entering)
        for name, sent in self._sent.items():
            if self._profile.output_delay:
                sent.popleft()
                sent.append(shown[name])
        for name, past in self._past.items():
            if past:
                past.popleft()
                past.append(seen[name])
        return shown

    def _entering(self, name: str, seen: Mapping[str, FloatArray], edges: list[Edge]) -> FloatArray:
        """The sum over ``edges``, which have a shape in common."""
        total = np.zeros((self._samples, *self._graph.output_shapes[edges[0].source])) if edges else np.zeros(())
        for edge in edges:
            past = self._past[edge.source] if edge.feedback else None
            total = total + (past[0] if past else seen[edge.source])
        return total

    def _silence(self) -> dict[str, FloatArray]:
        """What nodes put out while nothing has happened: a bias within a loop is there from the first step."""
        values = {name: np.zeros((self._samples, *self._graph.output_shapes[name])) for name in self._graph.nodes}
        for name in schedule(self._graph, self._profile):
            node = self._graph.nodes[name]
            if not isinstance(node, Input | Neuron | Delay | Product):  # a product of silence is 0
                total = np.zeros((self._samples, *self._graph.input_shapes[name]))
                for edge in self._into[name]:
                    total = total + values[edge.source]
                values[name] = total if isinstance(node, Output) else apply(node, total)
        return values


class _DelayLine:
    """A Delay node: whole steps per element, by the profile's dt."""

    def __init__(self, node: Delay, profile: Profile, samples: int) -> None:
        self._steps = np.rint(node.delay / profile.file_dt).astype(np.int64)
        self._past: deque[FloatArray] = deque([np.zeros((samples, *node.delay.shape))] * (int(self._steps.max()) + 1))

    def push(self, x: FloatArray) -> FloatArray:
        """What entered each element its number of steps ago."""
        self._past.popleft()
        self._past.append(x)
        if (self._steps == self._steps.flat[0]).all():
            return self._past[-1 - int(self._steps.flat[0])]
        y = np.zeros_like(x)
        for steps in np.unique(self._steps):
            y = np.where(self._steps == steps, self._past[-1 - int(steps)], y)
        return y


def _given(graph: Graph, inputs: Mapping[str, FloatArray] | FloatArray) -> dict[str, FloatArray]:
    wanted = graph.inputs
    if not isinstance(inputs, Mapping):
        if len(wanted) != 1:
            raise FloatGraphError(f"the graph has {len(wanted)} inputs ({', '.join(wanted)}); give one array for each")
        inputs = dict.fromkeys(wanted, inputs)
    if set(inputs) != set(wanted):
        raise FloatGraphError(f"inputs {', '.join(sorted(inputs))} given; the graph has {', '.join(sorted(wanted))}")
    given = {name: np.asarray(inputs[name]) for name in wanted}
    ahead = {array.shape[:2] for array in given.values()}
    for name, array in given.items():
        if array.ndim != len(wanted[name]) + 2 or array.shape[2:] != wanted[name] or len(ahead) > 1 or 0 in array.shape[:2]:
            raise FloatGraphError(
                f"input '{name}' has shape {array.shape}; (samples, steps, {', '.join(map(str, wanted[name]))}) is needed"
            )
        if array.dtype.kind not in "fiub":
            raise FloatGraphError(f"input '{name}' is {array.dtype}, not numbers")
    return given


def _as_floats(given: dict[str, FloatArray]) -> dict[str, FloatArray]:
    found = {name: array.astype(np.float64) for name, array in given.items()}
    for name, array in found.items():
        if not np.isfinite(array).all():
            raise FloatGraphError(f"input '{name}' has values that are not finite; remove them")
    return found


def _refuse_large(graph: Graph, steps: int, kept: set[str]) -> None:
    total = sum(steps * int(np.prod(graph.output_shapes[name])) * (2 + isinstance(graph.nodes[name], Neuron)) for name in kept)
    if total > MAX_RECORDED:
        raise FloatGraphError(
            f"a trace of {total} values; at most {MAX_RECORDED}: give fewer samples or steps, or fewer nodes to record"
        )
