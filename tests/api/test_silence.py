"""Layers that never fire are named, with how far they are from it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.cli.main import build_app
from shiftfire.golden.execute import execute
from support.api_networks import toy, toy_inputs
from typer.testing import CliRunner


@pytest.mark.parametrize("layers_at_once", [None, 1])
def test_the_neuron_that_came_nearest(layers_at_once: int | None) -> None:
    """Not the one with the largest membrane: thresholds differ."""
    theta = np.array([500, 90, 400, 5000])
    net = toy(theta).build()
    stored = execute(net, toy_inputs(), membranes=True).membranes["out"].max(axis=(0, 1, 3, 4))
    nearest = int(np.argmax(stored - theta))
    with pytest.warns(
        sf.SilentLayerWarning,
        match=f"^layer out never fired: its largest membrane is {stored[nearest]:,}, its threshold {theta[nearest]:,}$",
    ):
        result = sf.run(net, toy_inputs(), backend="golden", layers_at_once=layers_at_once)
    assert [silent.layer for silent in result.silent] == ["out"]
    assert result.as_dict()["silent_layers"] == [
        {"layer": "out", "quantity": "membrane", "largest": int(stored[nearest]), "threshold": int(theta[nearest])}
    ]


def test_kinds_without_a_membrane() -> None:
    """COUNT: the sum with its bias; REQUANT: no single threshold. What follows a silent layer is silent too."""
    net = sf.Network("n", input=3, values=(0, 7))
    net.dense("count", np.eye(3), neuron="count", theta=20, bias=2)
    net.dense("requant", np.eye(3), neuron="requant", shift=3, lo=0, hi=3)
    with pytest.warns(sf.SilentLayerWarning) as caught:
        sf.run(net, np.array([[7, 1, 0]]), backend="golden")
    assert [str(warning.message) for warning in caught] == [
        "layer count never fired: its largest sum is 9, its threshold 20",
        "layer requant never fired: its largest sum is 0",
    ]


def test_layers_that_fire_are_not_named() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sf.run(toy(), toy_inputs(), backend="golden").silent == ()


def test_the_command_says_it_once(tmp_path: Path) -> None:
    toy(5000).save(tmp_path / "toy")
    np.save(tmp_path / "in.npy", toy_inputs())
    arguments = ["run", str(tmp_path / "toy"), "--input", str(tmp_path / "in.npy"), "--backend", "golden"]
    done = CliRunner().invoke(build_app(), arguments)
    assert done.exit_code == 0 and done.output.count("layer out never fired: its largest membrane is ") == 1
    done = CliRunner().invoke(build_app(), [*arguments, "--json", str(tmp_path / "out.json")])
    assert json.loads((tmp_path / "out.json").read_text())["silent_layers"][0]["threshold"] == 5000
