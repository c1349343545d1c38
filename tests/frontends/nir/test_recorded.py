"""The reader and the interpreter against what four frameworks computed themselves, recorded by record.py with its provenance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from shiftfire.frontends.nir.interpret import interpret
from shiftfire.frontends.nir.neurons import Spiking
from shiftfire.frontends.nir.profile_file import named_profile
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
    ):
        assert needed in told


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("snntorch-mlp-subtract-dyadic", "snntorch"), ("spikingjelly-mlp-dyadic", "snntorch"), ("sinabs-mlp-dyadic", "rockpool")],
)
def test_another_profile_gives_other_spikes(name: str, wrong: str) -> None:
    """So the comparison above can fail: the profile matters."""
    from dataclasses import replace

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
