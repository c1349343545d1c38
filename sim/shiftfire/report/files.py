"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

STDOUT = "-"


@contextmanager
def atomic_text(path: str | Path) -> Iterator[TextIO]:
    """Open a new text file in the place of ``path``, as `_atomic`."""
    with _atomic(path, sys.stdout, "w", encoding="utf-8", newline="\n") as file:
        yield file


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Name of a file that another program may write: it takes the place of ``path`` as the block ends, as in `_atomic`. Standard output is no such file."""
    check_target(path)
    if _is_special(Path(path)):
        yield Path(path).absolute()
        return
    target = Path(os.path.realpath(path))
    with _named(path):
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(descriptor)
        with _replacing(target, temporary):
            yield Path(temporary)


@contextmanager
def _named(path: str | Path) -> Iterator[None]:
    """Name ``path`` in errors that name nothing (a full disk, as a file is written or closed) or a temporary file in its place."""
    try:
        yield
    except BrokenPipeError:
        raise  # nobody reads any more, which is no fault of the file
    except OSError as error:
        own = f".{Path(os.path.realpath(path)).name}."
        if error.filename is None or Path(os.fsdecode(error.filename)).name.startswith(own):
            raise OSError(error.errno, error.strerror or str(error), str(path)) from None
        raise


@contextmanager
def _replacing(target: Path, temporary: str) -> Iterator[None]:
    """``temporary`` takes the place of ``target`` when the block ends without an exception, else it is removed."""
    try:
        yield
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _atomic(path: str | Path, standard_output: Any, mode: str, **how: str) -> Iterator[Any]:
    """Open a new file that takes the place of ``path`` when the block ends without an exception.

    An existing file stays as it is until then; of a link, the file it leads to is replaced. Devices and pipes are written
    directly. ``-`` is standard output. Raises OSError when the folder is missing or not writable.
    """
    if str(path) == STDOUT:
        yield standard_output
        standard_output.flush()
        return
    check_target(path)
    if _is_special(Path(path)):
        with _named(path), open(path, mode, **how) as file:  # type: ignore[call-overload]
            yield file
        return
    target = Path(os.path.realpath(path))
    with _named(path):
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with _replacing(target, temporary), os.fdopen(descriptor, mode, **how) as file:  # type: ignore[call-overload]
            yield file


def check_target(path: str | Path) -> None:
    """Raise OSError when ``path`` can be seen not to be the name of a file to write; for use before long work."""
    target = Path(path)
    if str(path) == STDOUT or _is_special(target):
        return
    if target.is_dir():
        raise IsADirectoryError(21, "is a directory: name a file", str(target))
    folder = Path(os.path.realpath(target)).parent
    if not folder.is_dir():
        raise FileNotFoundError(2, "no such folder: create it first", str(folder if target.is_symlink() else target.parent))
    _check_folder(folder, target)


def _check_folder(folder: Path, target: Path) -> None:
    """Raise OSError, naming ``target``, when no file can be made in its ``folder``: tried, as permissions do not tell of read-only file systems."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OSError(
            error.errno, f"cannot be written, its folder takes no file ({reason}): name another one", str(target)
        ) from None


def _is_special(target: Path) -> bool:
    """Whether ``target`` is a device, pipe or socket: something that must not be replaced by a file."""
    return target.exists() and not target.is_file() and not target.is_dir()


def write_atomically(path: str | Path, write: Callable[[TextIO], object]) -> None:
    """``write`` the text of ``path``, atomically."""
    with atomic_text(path) as file:
        write(file)


def write_bytes_atomically(path: str | Path, content: bytes) -> None:
    """Write ``content`` in the place of ``path``, atomically."""
    with _atomic(path, getattr(sys.stdout, "buffer", sys.stdout), "wb") as file:
        file.write(content)


def write_directory(path: str | Path, files: Mapping[str, str], *, replaces: Callable[[Path], bool]) -> None:
    """Write a folder of text files in the place of ``path``, complete or not at all.

    A folder with files in it is replaced only if ``replaces`` says so of it. Raises OSError.
    """
    check_directory(path, replaces=replaces)
    target = Path(os.path.realpath(path))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as scratch:
        new, old = Path(scratch) / "new", Path(scratch) / "old"
        new.mkdir()
        for name, text in files.items():
            (new / name).write_text(text, encoding="utf-8", newline="\n")
        if target.exists():
            target.rename(old)
        new.rename(target)


def check_directory(path: str | Path, *, replaces: Callable[[Path], bool]) -> None:
    """Raise OSError when ``path`` can be seen not to be the name of a folder for `write_directory`."""
    target = Path(path)
    if target.is_dir():
        if any(target.iterdir()) and not replaces(target):
            raise FileExistsError(17, "is a folder with other files in it: name a new one, or remove it first", str(target))
        return
    if target.exists():
        raise NotADirectoryError(20, "is a file: name a folder", str(target))
    folder = Path(os.path.realpath(target)).parent
    if not folder.is_dir():
        raise FileNotFoundError(2, "no such folder: create it first", str(folder))
    _check_folder(folder, target)


def _mode(target: Path) -> int:
    """Permissions of the file that is replaced, else those of any new file."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
