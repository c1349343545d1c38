"""The reader and the interpreter against what five frameworks computed themselves, recorded by record.py with its provenance."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.float_graph.neurons import LI, LIF, CubaLIF, Spiking
from shiftfire.frontends.float_graph.profile_file import named_profile
from shiftfire.frontends.nir.choose import choose_profile
from shiftfire.frontends.nir.read import read_graph

VECTORS = Path(__file__).with_name("vectors")
NAMES = sorted(path.stem for path in VECTORS.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_every_spike_of_the_framework(name: str) -> None:
    told = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    graph = read_graph(VECTORS / f"{name}.nir")
    with np.load(VECTORS / f"{name}.npz", allow_pickle=False) as recorded:
        trace = interpret(graph, named_profile(told["profile"]), recorded["input"])
        outputs = {key.removeprefix("output/"): recorded[key] for key in recorded.files if key != "input"}
    assert outputs
    for node, expected in outputs.items():
        if isinstance(graph.nodes[node], Spiking):
            assert expected.any() and np.array_equal(trace.outputs[node], expected), node
        else:  # a membrane, which the framework rounds to float32 in every step
            assert np.allclose(trace.outputs[node], expected, rtol=1e-5, atol=1e-5), node


def test_all_frameworks_and_shapes_of_networks_are_there() -> None:
    told = " ".join(NAMES)
    for needed in ("snntorch-mlp", "snntorch-conv", "snntorch-recurrent", "snntorch-cuba-recurrent", "norse-mlp", "norse-conv"):
        assert needed in told
    for needed in (
        "norse-cuba-recurrent",
        "spikingjelly-mlp",
        "spikingjelly-conv",
        "spikingjelly-cuba",
        "sinabs-mlp",
        "sinabs-conv",
        "rockpool-mlp",
        "rockpool-cuba",
    ):
        assert needed in told


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("snntorch-mlp-subtract-dyadic", "snntorch"), ("spikingjelly-mlp-dyadic", "snntorch"), ("sinabs-mlp-dyadic", "rockpool")],
)
def test_another_profile_gives_other_spikes(name: str, wrong: str) -> None:
    """So the comparison above can fail: the profile matters."""
    graph = read_graph(VECTORS / f"{name}.nir")
    own = named_profile(json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["profile"])
    other = replace(named_profile(wrong), dt=own.dt, time_unit=own.time_unit, integrator_gain=own.integrator_gain)
    with np.load(VECTORS / f"{name}.npz", allow_pickle=False) as recorded:
        trace = interpret(graph, other, recorded["input"])
        assert any(
            not np.array_equal(trace.outputs[key.removeprefix("output/")], recorded[key])
            for key in recorded.files
            if key != "input"
        )


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("rockpool")])
@pytest.mark.parametrize("slower", [1, 20])
def test_what_rockpool_writes_is_found_with_its_step(name: str, slower: float) -> None:
    """r = tau exp(-dt/tau) / dt holds at one dt for all neurons; time constants and dt scaled alike leave r as it is."""
    graph = read_graph(VECTORS / f"{name}.nir")
    scaled = {
        key: replace(
            node, **{field: getattr(node, field) * slower for field in ("tau", "tau_mem", "tau_syn") if hasattr(node, field)}
        )
        if isinstance(node, LI | LIF | CubaLIF)
        else node
        for key, node in graph.nodes.items()
    }
    profile, lines = choose_profile(replace(graph, nodes=scaled))
    currents = any(isinstance(node, CubaLIF) for node in graph.nodes.values())
    assert profile.name == ("rockpool-native-single" if currents else "rockpool-native")
    assert profile.dt == pytest.approx(1e-3 * slower, rel=1e-9)
    assert any("max_spikes_per_dt" in line for line in lines)
