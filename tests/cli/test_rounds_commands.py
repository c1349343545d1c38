"""Rounds on the command line: real simulations of a small model, cut layer by layer."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.energy.estimate import estimate_energy
from shiftfire.network.container import load_network, load_test_split
from shiftfire.system.plan import plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire_spec.chip import load_chip
from support.one_round import run_sim

ROUNDS = ("--layers-at-once", "1")


def test_run(command: Callable, model: Path, tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    ran = command("run", model, *ROUNDS, "--samples", 3, "--json", target)
    assert (ran.code, ran.err) == (0, "")
    for part in ("toy on edge in 2 rounds: 3 samples", "loading beside", "hidden", "out", "energy, nJ", "output-stationary"):
        assert part in ran.out, part
    network, inputs = load_network(model), load_test_split(model).inputs[:3]
    schedule = compile_rounds(network, load_chip("edge"), most_layers=1)
    results = simulate_rounds(plan_rounds(schedule, inputs))
    document = json.loads(target.read_text())
    assert [r["cycles"] for r in document["rounds"]] == [r.cycles for r in results]
    assert [r["config_cycles"] for r in document["rounds"]] == [r.config_cycles for r in results]
    assert [r["loading_cycles"] for r in document["rounds"]] == [r.loading_cycles for r in results]
    assert document["total_cycles"] == sum((r.config_cycles or 0) + max(r.cycles or 0, r.loading_cycles) for r in results)
    assert [r["stored"] for r in document["rounds"]] == [["hidden"], []]
    resident = run_sim(compile_network(network, load_chip("edge")), inputs)
    assert document["predictions"] == resident.predictions.tolist()  # type: ignore[union-attr]
    energies = [
        estimate_energy(part.program, result.counters, 3, result.cycles).per_inference.nominal  # type: ignore[arg-type]
        for part, result in zip(schedule.rounds, results, strict=True)
    ]
    assert document["energy"][0]["picojoules_per_inference"] == pytest.approx(sum(energies))
    layers = document["layers"]
    assert [(row["layer"], row["round"]) for row in layers] == [("hidden", 0), ("out", 1)]
    assert [r["layers"] for r in document["rounds"]] == [["hidden"], ["out"]]
    assert all(row["events_in"] > 0 and row["beats"] > 0 and row["nanojoules"] > 0 for row in layers)


def test_golden_in_rounds(command: Callable, model: Path) -> None:
    ran = command("run", model, *ROUNDS, "--samples", 2, "--backend", "golden")
    assert ran.code == 0 and "in 2 rounds" in ran.out and "energy" not in ran.out


def test_layers_of_a_resident_run(command: Callable, model: Path, tmp_path: Path) -> None:
    command("run", model, "--samples", 2, "--json", tmp_path / "r.json")
    document = json.loads((tmp_path / "r.json").read_text())
    assert [row["layer"] for row in document["layers"]] == ["hidden", "out"]
    counted = sum(row["beats"] for row in document["layers"])
    assert counted == document["counters"]["BEATS"]


def test_traces(command: Callable, model: Path, tmp_path: Path) -> None:
    """One after the other: the second round's events come after the first one's, on processes of their own."""
    for name in ("t.json", "t.csv"):
        assert command("run", model, *ROUNDS, "--samples", 2, "--trace", tmp_path / name).code == 0
    events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    rounds = {pid: int(name.split()[1].rstrip(":")) for pid, name in names.items()}
    times = [[e["ts"] for e in events if "ts" in e and rounds[e["pid"]] == number] for number in (0, 1)]
    assert max(times[0]) < min(times[1])
    with open(tmp_path / "t.csv") as file:
        rows = list(csv.DictReader(file))
    cycles = np.array([int(row["cycle"]) for row in rows])
    assert np.all(np.diff(cycles) >= 0) and len(rows) > 20


def test_info(command: Callable, model: Path, tmp_path: Path) -> None:
    ran = command("info", model, *ROUNDS, "--json", tmp_path / "i.json")
    assert ran.code == 0 and "mapping on edge, in 2 rounds" in ran.out
    mapping = json.loads((tmp_path / "i.json").read_text())["mapping"]
    assert [(row["layer"], row["round"]) for row in mapping] == [("hidden", 0), ("out", 1)]


def test_an_option_out_of_range(command: Callable, model: Path) -> None:
    ran = command("run", model, "--layers-at-once", "0")
    assert ran.code == 2 and "--layers-at-once" in ran.err
