"""Nothing that .gitignore names is tracked: an environment or a build among the sources would take the place of everybody's own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def tracked_but_ignored(root: Path) -> str:
    command = ["git", "-C", str(root), "ls-files", "--cached", "--ignored", "--exclude-standard"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="not a checkout, or no git")
def test_no_tracked_file_is_ignored() -> None:
    assert tracked_but_ignored(ROOT) == ""


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_a_tracked_link_to_an_environment_is_found(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    (tmp_path / ".venv").symlink_to(tmp_path)
    for command in (["init", "-q"], ["add", "-f", ".venv"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    assert tracked_but_ignored(tmp_path) == ".venv\n"
