"""One execution of the graph layer, with what must hold for a graph that it accepts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from shiftfire.frontends.float_graph.alarms import alarms
from shiftfire.frontends.float_graph.errors import FloatGraphError
from shiftfire.frontends.float_graph.graph import Graph
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.float_graph.neurons import Neuron
from shiftfire.frontends.float_graph.profile import Profile
from shiftfire.frontends.nir.build import build_graph
from shiftfire.frontends.nir.choose import choose_profile

from .choices import Choices
from .trees import tree


def execute(data: bytes, profiles: Mapping[str, Profile]) -> str:
    """'refused', 'read' or 'run'; anything that is not a FloatGraphError of one line comes out as an exception.

    ``profiles``: the shipped ones by name, read once (from their files they cost a third of an execution).
    """
    choices = Choices(data)
    profile = profiles[choices.pick(tuple(profiles))]
    try:
        graph = build_graph(tree(choices))
    except FloatGraphError as error:
        check_line(error)
        return "refused"
    check_graph(graph)
    choose_profile(graph, profiles.__getitem__)
    alarms(graph, profile)
    if sum(int(np.prod(shape)) for shape in graph.output_shapes.values()) > 10_000:
        return "read"
    profile = replace(profile, dt=profile.time_unit * choices.pick((0.25, 1e-3)))
    try:
        with np.errstate(all="ignore"):
            trace = interpret(graph, profile, {name: np.ones((1, 2, *shape)) for name, shape in graph.inputs.items()})
    except FloatGraphError as error:
        check_line(error)
        return "read"
    assert set(trace.outputs) == set(graph.nodes)
    return "run"


def check_line(error: FloatGraphError) -> None:
    """A user's error is one line that can be printed."""
    assert "\n" not in str(error) and 10 < len(str(error)) < 3000, str(error)[:200]


def check_graph(graph: Graph) -> None:
    """Order, edges and shapes of an accepted graph agree with each other."""
    place = {name: index for index, name in enumerate(graph.nodes)}
    assert set(graph.input_shapes) == set(graph.output_shapes) == set(graph.types) == set(place)
    for edge in graph.edges:
        assert edge.feedback or place[edge.source] < place[edge.target], edge
        assert graph.output_shapes[edge.source] == graph.input_shapes[edge.target], edge
    for name, node in graph.nodes.items():
        if isinstance(node, Neuron):
            assert all(value.shape == graph.output_shapes[name] for value in vars(node).values()), name
    assert len({name for name, _ in itertools.groupby(graph.nodes)}) == len(graph.nodes)
