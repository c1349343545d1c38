"""The notice that Verilator builds."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from shiftfire.cli.build_notice import LOGGER, REMARK, build_notice
from shiftfire_hw.testing import native


def _build(name: str) -> None:
    native.build_program("notice", name, name, top="t", harness="h", flat=True, sources=dict)


@pytest.fixture(autouse=True)
def _no_verilator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHIFTFIRE_CACHE", str(tmp_path))
    monkeypatch.setattr(native, "_build", lambda kind, directory, program, *rest: program.write_text("built"))


@pytest.mark.parametrize("terminal", [True, False])
def test_said_when_something_is_built(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """On terminals only; not when it was built before."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with build_notice():
        _build("small")
        _build("small")
    assert capsys.readouterr().err == f"building small in Verilator {REMARK}\n" * terminal


def test_nothing_is_left_behind(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    before = logging.getLogger(LOGGER).level
    with pytest.raises(ZeroDivisionError), build_notice():
        _ = 1 // 0
    _build("small")
    assert capsys.readouterr().err == "" and logging.getLogger(LOGGER).handlers == []
    assert logging.getLogger(LOGGER).level == before and LOGGER == native.BUILDS
