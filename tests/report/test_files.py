"""Atomic writes: all of the file or none of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from shiftfire.report.files import atomic_text, write_atomically


def test_new_file_and_replacement(tmp_path: Path) -> None:
    target = tmp_path / "x.json"
    for text in ("first", "second"):
        write_atomically(target, lambda file, text=text: file.write(text))
        assert target.read_text() == text
    assert os.listdir(tmp_path) == ["x.json"]


def test_an_exception_leaves_everything_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "x.json"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_text(target) as file:
        file.write("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.json"]


def test_permissions_are_kept(tmp_path: Path) -> None:
    target = tmp_path / "x.json"
    target.write_text("old")
    target.chmod(0o640)
    write_atomically(target, lambda file: file.write("new"))
    assert target.stat().st_mode & 0o777 == 0o640


def test_impossible_targets(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"), atomic_text(tmp_path / "no" / "x"):
        pass
    with pytest.raises(IsADirectoryError, match="is a directory"), atomic_text(tmp_path):
        pass


def test_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write_atomically("-", lambda file: file.write("text"))
    assert capsys.readouterr().out == "text"


def test_devices_and_pipes_are_written_not_replaced(tmp_path: Path) -> None:
    """As root, a rename onto /dev/null would take the device away from everybody."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(pipe, lambda file: file.write("text"))
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "x.json", tmp_path / "link.json"
    link.symlink_to(target)
    for text in ("first", "second"):
        write_atomically(link, lambda file, text=text: file.write(text))
        assert target.read_text() == text
    assert link.is_symlink()
