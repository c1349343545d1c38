"""What a shell asks for at a press of TAB."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_START = "import sys; sys.argv[0] = 'shiftfire'; from shiftfire.cli.entry import main; main()"


def _asked(action: str, words: str = "", place: int = 0) -> str:
    asked = {"_SHIFTFIRE_COMPLETE": action, "COMP_WORDS": words, "COMP_CWORD": str(place)}
    done = subprocess.run([sys.executable, "-c", _START], env=os.environ | asked, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("words", "place", "offered"),
    [
        ("shiftfire ver", 1, ["verify", "verilog"]),
        ("shiftfire run digits-mlp --lay", 3, ["--layers-at-once"]),
        ("shiftfire run digits-mlp --backend ", 4, ["sim", "golden", "rtl", "board"]),
    ],
)
def test_offers(words: str, place: int, offered: list[str]) -> None:
    assert _asked("complete_bash", words, place).split() == offered


def test_the_script_of_the_shell() -> None:
    assert "complete -o default -F _shiftfire_completion shiftfire" in _asked("source_bash")
