"""Graphs of several inputs and outputs, and of names that networks do not take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import graph, if_, input_node, output_node
from quantise.test_from_nir import SOFT, agreements, dyadic, spikes
from shiftfire.api.real_inputs import read_real_samples
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.nir.build import graph_of
from shiftfire.golden.execute import execute
from shiftfire.quantise.errors import QuantiseError


def branches(rng: Any) -> nir.NIRGraph:
    """Two inputs that meet in one layer, which is an output and feeds another."""
    nodes = {
        "left": input_node(8),
        "right": input_node(6),
        "wl": nir.Linear(dyadic(rng, 10, 8)),
        "wr": nir.Linear(dyadic(rng, 10, 6)),
        "n1": if_(10, theta=1.0),
        "w2": nir.Linear(dyadic(rng, 4, 10)),
        "n2": if_(4, theta=1.0),
        "a": output_node(4),
        "b": output_node(10),
    }
    edges = [("left", "wl"), ("wl", "n1"), ("right", "wr"), ("wr", "n1"), ("n1", "w2"), ("w2", "n2"), ("n2", "a"), ("n1", "b")]
    return graph(nodes, edges)


def test_two_inputs_and_two_outputs(tmp_path: Path) -> None:
    rng = np.random.default_rng(41)
    g, x = branches(rng), {"left": spikes(rng, 6, 12, 8), "right": spikes(rng, 6, 12, 6)}
    net = sf.from_nir(g, SOFT, calibrate=x)
    assert agreements(net) == [1.0, 1.0] and net.network.outputs == ("n2", "n1")
    floats = interpret(graph_of(g), SOFT, x)
    integers = execute(net.network, net.integers(x))
    for name in ("n1", "n2"):
        np.testing.assert_array_equal(integers.activations[name].reshape(floats.outputs[name].shape), floats.outputs[name])
    net.save(tmp_path / "out")
    inputs, _ = sf.samples(tmp_path / "out")
    assert isinstance(inputs, dict) and sf.run(sf.load(tmp_path / "out"), inputs, backend="golden").predictions is not None
    with pytest.raises(QuantiseError, match="each of left, right"):
        sf.run(net, x["left"])
    with pytest.raises(QuantiseError, match="the graph's inputs are left, right"):
        sf.from_nir(branches(rng), SOFT, calibrate={"left": x["left"]})


def test_real_values_of_two_inputs_in_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(42)
    np.savez(tmp_path / "x.npz", left=rng.random((4, 6, 8)), right=rng.integers(0, 2, (4, 6, 6)), labels=np.arange(4))
    values, labels = read_real_samples(tmp_path / "x.npz", 3, names=("left", "right"))
    assert labels is not None and len(labels) == 3
    sf.from_nir(branches(rng), SOFT, calibrate=values, labels=labels).save(tmp_path / "out")
    again = sf.read_samples(tmp_path / "x.npz", 3, network=sf.load(tmp_path / "out"))
    stored, _ = sf.samples(tmp_path / "out")
    for name in ("left", "right"):
        np.testing.assert_array_equal(np.reshape(again.inputs[name], -1), np.reshape(stored[name], -1))


def test_names_that_networks_do_not_take() -> None:
    rng = np.random.default_rng(43)
    nodes = {
        "the input": input_node(8),
        "_w/1": nir.Linear(dyadic(rng, 4, 8)),
        "é/1": if_(4),
        "e 1": nir.Linear(dyadic(rng, 4, 4)),
        "é 1": if_(4),
        "out": output_node(4),
    }
    net = sf.from_nir(graph(nodes), SOFT, calibrate=spikes(rng, 4, 8, 8))
    assert agreements(net) == [1.0, 1.0]
    assert net.network.input.name == "the-input" and len({layer.name for layer in net.network.layers}) == 2
    assert [layer.node for layer in net.fidelity.layers] == ["é/1", "é 1"]  # type: ignore[union-attr]
