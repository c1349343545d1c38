"""The notice that numba compiles."""

import sys

import pytest
from numba import njit
from shiftfire.cli.compilation import MESSAGE, compilation_notice


def _compile_two() -> None:
    for offset in (1, 2):
        assert njit(lambda x, offset=offset: x + offset)(1) == 1 + offset


@pytest.mark.parametrize("terminal", [True, False])
def test_said_once_and_on_terminals_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with compilation_notice():
        _compile_two()
    assert capsys.readouterr().err == f"{MESSAGE}\n" * terminal


def test_silent_when_nothing_is_compiled(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ready = njit(lambda x: x + 1)
    ready(1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with compilation_notice():
        assert ready(2) == 3
    assert capsys.readouterr().err == ""
