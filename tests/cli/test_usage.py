"""Mistakes in the command line itself: one line like all others, that names the value and where to look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import typer.main
from shiftfire.cli.main import build_app


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("runn",), ("no such command 'runn'", "did you mean 'run'", "see `shiftfire --help`")),
        (("run",), ("missing argument 'MODEL'", "see `shiftfire run --help`")),
        (("run", "digits-mlp", "more"), ("unexpected extra argument", "more", "see `shiftfire run --help`")),
        (("run", "digits-mlp", "--sample", "3"), ("no such option", "--sample", "--samples")),
        (("run", "digits-mlp", "--samples", "x"), ("'--samples'", "'x'")),
        (("run", "digits-mlp", "--samples=1.5"), ("'--samples'", "1.5")),
        (("run", "digits-mlp", "--backend", "verilator"), ("'--backend'", "'verilator'", "golden")),
        (("run", "digits-mlp", "--layers-at-once", "0"), ("'--layers-at-once'", "0")),
        (("run", "digits-mlp", "--samples"), ("--samples", "argument")),
        (("import", "sorbit"), ("no such command 'sorbit'", "see `shiftfire import --help`")),
        (("--verbose",), ("no such option", "--verbose", "see `shiftfire --help`")),
    ],
)
def test_one_line(command: Callable, arguments: tuple[str, ...], parts: tuple[str, ...]) -> None:
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("shiftfire: ") and ran.err.count("\n") == 1, ran.err
    for part in parts:
        assert part.lower() in ran.err.lower(), ran.err


def test_every_command_with_a_chip_takes_changes_of_it() -> None:
    commands = typer.main.get_group(build_app()).commands  # type: ignore[attr-defined]
    found = {name: {option for p in command.params for option in p.opts} for name, command in commands.items()}
    chips = {name for name, options in found.items() if "--chip" in options}
    assert {"run", "build", "soc"} <= chips == {name for name, options in found.items() if "--set" in options}


@pytest.mark.parametrize("arguments", [(), ("import",)])
def test_nothing_to_do_shows_the_help(command: Callable, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments)
    assert ran.code == 2 and "Usage" in ran.out + ran.err and "--help" in ran.out + ran.err
