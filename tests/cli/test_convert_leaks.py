"""`convert`, `run` and `verify` of a NIR file whose neurons have time constants of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import graph, input_node, output_node
from quantise.random_leaks import layer
from shiftfire.frontends.float_graph.profile_file import named_profile

SHAPE = (3, 5, 5)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A convolution onto neurons that differ in everything, as Norse writes such."""
    rng = np.random.default_rng(1)
    neurons = layer("CubaLIF", named_profile("norse"), rng.uniform(0.5, 0.95, SHAPE), rng.uniform(0.3, 0.8, SHAPE))
    conv = nir.Conv2d(None, rng.normal(0, 4, (3, 2, 3, 3)), 1, 1, 1, 1, np.zeros(3))
    nir.write(str(tmp_path / "net.nir"), graph({"in": input_node(2, 5, 5), "c": conv, "n": neurons, "out": output_node(*SHAPE)}))
    np.savez(tmp_path / "x.npz", inputs=(rng.random((4, 12, 2, 5, 5)) < 0.3).astype(np.float32))
    return tmp_path / "net.nir"


def test_a_file_becomes_a_container_with_leaks_of_each_neuron(command: Callable[..., Any], file: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ("-o", tmp_path / "out", "--calibrate", tmp_path / "x.npz", "--profile", "norse", "--report", report)
    ran = command("convert", file, *options)
    assert ran.code == 0 and ran.err == ""
    (told,) = json.loads(report.read_text(encoding="utf-8"))["layers"]
    assert told["agreement"] > 0.99 and told["worst_neuron"] is not None and told["decays"][0] < told["decays"][1]
    (own,) = sf.load(tmp_path / "out").layers
    assert own.kind.leak.shape == own.kind.current_leak.shape == (3, *SHAPE)  # type: ignore[attr-defined]
    assert command("run", tmp_path / "out", "--backend", "sim").code == 0


def test_a_chip_without_them_refuses_in_one_line(command: Callable[..., Any], file: Path, tmp_path: Path) -> None:
    ran = command("convert", file, "-o", tmp_path / "out", "--profile", "norse", "--set", "core.neuron_leaks=false")
    assert ran.code == 2 and ran.out == "" and ran.err.count("\n") == 1
    assert "node n: its neurons differ in the decay of the membrane" in ran.err and "core.neuron_leaks=true" in ran.err


@pytest.mark.slow
def test_three_zeros_on_edge(command: Callable[..., Any], file: Path, tmp_path: Path) -> None:
    assert command("convert", file, "-o", tmp_path / "out", "--calibrate", tmp_path / "x.npz", "--profile", "norse").code == 0
    ran = command("verify", tmp_path / "out", "--chip", "edge", "--samples", "2")
    assert ran.code == 0, ran.err
