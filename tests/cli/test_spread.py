"""``--spread/--fewest-cores`` of run, verify, info and bench: it reaches the compiler, and the document says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from shiftfire.compiler import schedule as schedule_module
from shiftfire.compiler.compile import compile_checked
from shiftfire.verification.compare import Comparison

COMMANDS = {"run": [], "verify": [], "info": [], "bench": ["--samples", "2", "--repeats", "1"]}


@pytest.mark.parametrize(("flags", "wanted"), [([], True), (["--spread"], True), (["--fewest-cores"], False)])
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.usefixtures("fake_backend")
def test_option(
    command: Callable,
    fake_verify: Callable,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    flags: list[str],
    wanted: bool,
) -> None:
    zero = {f.name: 0 for f in fields(Comparison)}
    fake_verify(
        Comparison(
            **{**zero, "events_compared": 1, "first_divergence": None, "tiles": (), "counter_differences": (), "membranes": None}
        )
    )  # type: ignore[arg-type]
    compiled: list[bool] = []

    def spy(*arguments: Any, **options: Any) -> Any:
        made = compile_checked(*arguments, **options)
        compiled.append(options["spread"])
        return made

    monkeypatch.setattr(schedule_module, "compile_checked", spy)
    ran = command(name, model, *flags, *COMMANDS[name], "--json", "-")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["spread"] is wanted
    assert compiled == [wanted]


def test_info_shows_the_difference(command: Callable) -> None:
    tiles = {}
    for flag in ("--spread", "--fewest-cores"):
        rows = json.loads(command("info", "digits-cnn", flag, "--json", "-").out)["mapping"]
        tiles[flag] = {row["layer"]: len(row["tiles"]) for row in rows}
    assert tiles["--fewest-cores"] == {"conv1": 1, "conv2": 1, "output": 1}
    assert tiles["--spread"]["conv2"] > 1 and tiles["--spread"]["output"] == 1
