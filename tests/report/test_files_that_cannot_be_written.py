"""Disks that are full, folders that take no file: found before the work where possible, and the message names what the user named."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shiftfire.report import files

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


@needs_full
def test_a_full_device(tmp_path: Path) -> None:
    """Through a link, as outputs whose names must have a suffix would be."""
    link = tmp_path / "t.json"
    link.symlink_to(FULL)
    writers: tuple[Callable[[], Any], ...] = (
        lambda: files.write_atomically(link, lambda file: file.write("x" * 100_000)),
        lambda: files.write_atomically(link, lambda file: file.write("x")),  # fails as it is closed
        lambda: files.write_bytes_atomically(link, b"x"),
    )
    for write in writers:
        with pytest.raises(OSError) as raised:
            write()
        assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(link))


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step fails: the message names no temporary file, and none is left."""

    def full(source: str, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", source)

    monkeypatch.setattr(os, "replace", full)
    for write in (lambda: files.write_bytes_atomically(tmp_path / "a", b"x"), lambda: _through_a_path(tmp_path / "a")):
        with pytest.raises(OSError) as raised:
            write()
        assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(tmp_path / "a"))
        assert list(tmp_path.iterdir()) == []


def _through_a_path(path: Path) -> None:
    with files.atomic_path(path) as temporary:
        temporary.write_bytes(b"x")


def test_errors_of_other_files_keep_their_names(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised, files.atomic_text(tmp_path / "a"):
        (tmp_path / "other").read_text()
    assert raised.value.filename == str(tmp_path / "other")


def test_a_folder_that_takes_no_file_is_noticed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(**options: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", f"{options['dir']}/tmpabc")

    files.check_target(tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(tempfile, "TemporaryFile", read_only)
    with pytest.raises(OSError, match=r"its folder takes no file \(read-only file system\): name another one") as raised:
        files.check_target(tmp_path / "a.json")
    assert raised.value.filename == str(tmp_path / "a.json")
    with pytest.raises(OSError) as raised:
        files.check_directory(tmp_path / "folder", replaces=lambda _: False)
    assert raised.value.filename == str(tmp_path / "folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everything")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="name another one"):
        files.check_target(tmp_path / "a.json")
