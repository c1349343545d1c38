"""Ctrl-C: one line and exit code 130, whenever it comes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from shiftfire.cli import import_sorbet


def _interrupt(*arguments: object, **options: object) -> NoReturn:
    raise KeyboardInterrupt


def test_during_an_import_of_a_checkpoint(command: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_sorbet, "load_checkpoint", _interrupt)
    ran = command("import", "sorbet", tmp_path / "c.safetensors", tmp_path / "out")
    assert (ran.code, ran.out, ran.err) == (130, "", "shiftfire: interrupted\n")
    assert not (tmp_path / "out").exists()


def test_while_modules_are_imported() -> None:
    text = """
import sys
from importlib.abc import MetaPathFinder
class Finder(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "numpy":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Finder())
from shiftfire.cli.entry import main
main()
"""
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "shiftfire: interrupted\n")
