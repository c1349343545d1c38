"""Chips with other parameters, from Python and from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shiftfire as sf
from shiftfire.cli.main import build_app
from shiftfire_spec.errors import ContractError
from support.api_networks import toy, toy_inputs
from typer.testing import CliRunner


def test_overrides_reach_the_run() -> None:
    chip = sf.chip("edge", lanes=32, mesh=(3, 2))
    result = sf.run(toy(), toy_inputs(), chip=chip, backend="golden")
    assert (result.chip.lanes, result.chip.width, result.chip.height) == (32, 3, 2)
    assert result.chip.name == "edge+lanes=32+width=3+height=2"
    assert sf.chip(chip, lanes=16).name == "edge+lanes=16+width=3+height=2"
    assert sf.chip(chip) is chip
    with pytest.raises(ContractError, match=r"no parameter 'lane'; did you mean lanes"):
        sf.chip("edge", lane=32)


@pytest.mark.parametrize("command", ["info", "run", "verify", "export", "soc", "bench", "verilog", "table"])
def test_every_command_with_a_chip_takes_changes(command: str) -> None:
    """An unknown parameter is refused, whatever else is missing."""
    arguments = {
        "info": ["digits-mlp"],
        "run": ["digits-mlp", "--samples", "1", "--backend", "golden"],
        "verify": ["digits-mlp", "--samples", "1"],
        "export": ["digits-mlp", "--firmware-image", "-"],
        "soc": ["--firmware", __file__, "--pty"],
        "bench": ["digits-mlp"],
    }
    done = CliRunner().invoke(build_app(), [command, *arguments.get(command, []), "--set", "core.lane=3"])
    assert isinstance(done.exception, ContractError) and "did you mean core.lanes?" in str(done.exception)


def test_the_document_says_what_was_changed(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    arguments = ["digits-mlp", "--set", "core.lanes=32", "--set", "clock_mhz=50", "--json", str(file)]
    assert CliRunner().invoke(build_app(), ["info", *arguments]).exit_code == 0
    chip = json.loads(file.read_text())["chip"]
    assert (chip["name"], chip["lanes"], chip["clock_mhz"]) == ("edge+lanes=32+clock_mhz=50", 32, 50)
