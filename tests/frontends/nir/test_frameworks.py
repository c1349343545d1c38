"""The interpreter against frameworks that are installed here (`make frameworks`); recorded vectors stand in elsewhere."""

from __future__ import annotations

import dataclasses
import importlib
from importlib.util import find_spec

import numpy as np
import pytest
from shiftfire.frontends.float_graph.graph import Graph
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.float_graph.neurons import Spiking
from shiftfire.frontends.float_graph.profile import Profile
from shiftfire.frontends.float_graph.profile_file import named_profile
from shiftfire.frontends.nir.build import graph_of
from shiftfire.frontends.nir.choose import choose_profile
from support.nir_networks.case import Case, dyadic, trained

pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks
NUDGE = 1e-5
FRAMEWORKS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"needs {name}: make frameworks"))
    for name in ("snntorch", "norse", "spikingjelly", "sinabs")
]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_dyadic_weights_give_every_spike(framework: str) -> None:
    for case in importlib.import_module(f"support.nir_networks.{framework}_cases").cases(dyadic, "dyadic"):
        graph = graph_of(case.graph)
        trace = interpret(graph, named_profile(case.profile), case.inputs)
        for name, expected in case.outputs.items():
            if isinstance(graph.nodes[name], Spiking):
                assert np.array_equal(trace.outputs[name], expected), (case.name, name)
            else:
                assert np.allclose(trace.outputs[name], expected, rtol=1e-5, atol=1e-5), (case.name, name)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_trained_weights_differ_first_where_a_membrane_nearly_meets_its_threshold(framework: str) -> None:
    for case in importlib.import_module(f"support.nir_networks.{framework}_cases").cases(trained, "trained"):
        graph, profile = graph_of(case.graph), named_profile(case.profile)
        trace = interpret(graph, profile, case.inputs)
        spiking = [name for name in graph.nodes if name in case.outputs and isinstance(graph.nodes[name], Spiking)]
        differing = [(name, np.argwhere(trace.outputs[name] != case.outputs[name])) for name in spiking]
        first = min(((where[:, 1].min(), name, where) for name, where in differing if len(where)), default=None)
        if first is not None:
            assert _near_tie(graph, profile, case, first[1], first[2]), (case.name, first[1])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_profile_is_found_or_told(framework: str) -> None:
    for case in importlib.import_module(f"support.nir_networks.{framework}_cases").cases(dyadic, "dyadic"):
        profile, lines = choose_profile(graph_of(case.graph))
        assert profile.name == case.profile or any(case.profile in line for line in lines)


def _near_tie(graph: Graph, profile: Profile, case: Case, name: str, where: np.ndarray) -> bool:
    """Whether thresholds moved by a hundred-thousandth give the framework's spike where the two part."""
    place = tuple(where[where[:, 1].argmin()])
    wanted = case.outputs[name][place]
    for factor in (1 - NUDGE, 1 + NUDGE):
        nodes = dict(graph.nodes)
        node = nodes[name]
        assert isinstance(node, Spiking)
        nodes[name] = dataclasses.replace(node, v_threshold=node.v_threshold * factor)
        if interpret(dataclasses.replace(graph, nodes=nodes), profile, case.inputs).outputs[name][place] == wanted:
            return True
    return False
