"""`convert` and `run` of NIR files: file to container to run; mistakes in one line and exit code 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import graph, if_, input_node, output_node
from shiftfire_spec.weights import FORMATS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Sixteen inputs, eight IF neurons, three outputs, as SpikingJelly writes them."""
    rng = np.random.default_rng(1)
    first, second = nir.Linear(rng.integers(-8, 9, (8, 16)) / 8), nir.Linear(rng.integers(-8, 9, (3, 8)) / 8)
    nodes = {"in": input_node(16), "w": first, "n1": if_(8, r=1e4), "w2": second, "n2": if_(3, r=1e4), "out": output_node(3)}
    nir.write(str(tmp_path / "net.nir"), graph(nodes))
    return tmp_path / "net.nir"


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    np.savez(tmp_path / "x.npz", inputs=(rng.random((6, 10, 16)) < 0.3).astype(np.float32), labels=np.arange(6) % 3)
    return tmp_path / "x.npz"


def test_a_file_becomes_a_container_that_runs(command: Callable[..., Any], file: Path, samples: Path, tmp_path: Path) -> None:
    folder, report, picture = tmp_path / "out", tmp_path / "report.json", tmp_path / "report.png"
    ran = command(
        "convert",
        str(file),
        "-o",
        str(folder),
        "--calibrate",
        str(samples),
        "--report",
        str(report),
        "--plot",
        str(picture),
        "--profile",
        "spikingjelly",
    )
    assert ran.code == 0 and "100.00% of decisions alike" in ran.out and ran.err == ""
    assert json.loads(report.read_text())["format"] == "shiftfire-fidelity"
    assert picture.read_bytes().startswith(b"\x89PNG")
    again = command("run", str(folder), "--backend", "golden")
    direct = command("run", str(file), "--input", str(samples), "--profile", "spikingjelly", "--backend", "golden")
    assert again.code == direct.code == 0
    predictions = [next(line for line in run.out.splitlines() if "predictions" in line) for run in (again, direct)]
    assert predictions[0] == predictions[1]


def test_defaults_say_what_they_assume(command: Callable[..., Any], file: Path) -> None:
    ran = command("run", str(file), "--backend", "golden")
    assert ran.code == 0
    assert "assumed profile spikingjelly because" in ran.err and "random spikes" in ran.err


def test_real_inputs_of_a_saved_network(command: Callable[..., Any], file: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "real.npy", np.random.default_rng(3).random((4, 10, 16)))
    assert command("convert", str(file), "-o", str(tmp_path / "out"), "--calibrate", str(tmp_path / "real.npy")).code == 0
    ran = command("run", str(tmp_path / "out"), "--input", str(tmp_path / "real.npy"), "--backend", "golden")
    assert ran.code == 0 and "4 samples" in ran.out


def test_the_next_command_names_the_chip(command: Callable[..., Any], file: Path, tmp_path: Path) -> None:
    ran = command("convert", str(file), "-o", str(tmp_path / "out"), "--chip", "nano", "--set", "core.leak_terms=2")
    *words, last = ran.out.splitlines()[-1].split(": shiftfire ")[1].split()
    assert ran.code == 0 and words[-5:] == ["--chip", "nano", "--set", "core.leak_terms=2", "--input"] and last == "FILE"
    np.save(tmp_path / "x.npy", np.ones((1, 16, 16), dtype=np.int64))
    assert command(*words, str(tmp_path / "x.npy"), "--backend", "golden").code == 0


def test_a_chip_that_cannot_run_the_network_is_told(command: Callable[..., Any], file: Path, tmp_path: Path) -> None:
    ran = command("convert", str(file), "-o", str(tmp_path / "out"), "--chip", "ulx3s", "--profile", "sinabs")
    assert ran.code == 0 and (tmp_path / "out" / "network.json").exists()
    line = ran.out.splitlines()[-1]
    assert "chip ulx3s cannot run it: layer n1: MULTISPIKE needs multispike" in line and "shiftfire run" not in line


def test_bits_by_budget(command: Callable[..., Any], file: Path, samples: Path, tmp_path: Path) -> None:
    options = ("--calibrate", str(samples), "--weights", "auto", "--budget", "4bits")
    ran = command("convert", str(file), "-o", str(tmp_path / "out"), *options)
    assert ran.code == 0 and "weight bits: n1" in ran.out
    stored = [
        (s.weights.size, FORMATS[s.weight_format].bits)
        for layer in sf.load(tmp_path / "out").layers
        for s in layer.synapses
        if s.weights is not None
    ]
    assert sum(size * bits for size, bits in stored) <= 4 * sum(size for size, _ in stored)


MISTAKES = {
    "16 bits": (["--weights", "16", "--chip", "ulx3s"], "chip ulx3s has chains = false; use 8, or a chip that has it"),
    "no number": (["--weights", "eight"], "give a number of bits, or auto"),
    "unknown profile": (["--profile", "mine"], "profile 'mine' is not known"),
    "auto without budget": (["--weights", "auto"], "go together"),
    "search without samples": (["--method", "search"], "a search needs samples"),
    "plot without samples": (["--plot", "p.png"], "give some with --calibrate"),
    "plot of another kind": (["--plot", "p.txt"], ".png or .svg"),
    "samples of nothing": (["--samples", "3"], "--samples 3 is of --calibrate"),
    "dt": (["--dt", "-1"], "dt = -1"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_one_line(command: Callable[..., Any], file: Path, tmp_path: Path, name: str) -> None:
    options, text = MISTAKES[name]
    ran = command("convert", str(file), "-o", str(tmp_path / "out"), *options)
    assert ran.code == 2 and ran.out == "" and ran.err.count("\n") == 1 and text in ran.err


def test_files_that_are_none(command: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "text.nir").write_text("no HDF5")
    for name, text in (("text.nir", "text.nir"), ("missing.nir", "missing.nir")):
        for line in (["convert", str(tmp_path / name), "-o", str(tmp_path / "out")], ["run", str(tmp_path / name)]):
            ran = command(*line)
            assert ran.code == 2 and ran.err.count("\n") == 1 and text in ran.err


def test_options_of_run_that_do_not_go_together(command: Callable[..., Any], file: Path, samples: Path) -> None:
    for line, text in (
        (["run", str(file), "--input", str(samples), "--encode", "rate:T=4"], "first, then run the folder"),
        (["run", "digits-mlp", "--profile", "norse"], "--profile norse is for NIR files"),
    ):
        ran = command(*line)
        assert ran.code == 2 and text in ran.err
