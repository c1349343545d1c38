"""Reads a .nir file, whose bytes nobody vouches for, into the checked graph."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..float_graph.errors import FloatGraphError
from ..float_graph.graph import Graph
from .build import build_graph
from .errors import NirError
from .limits import MAX_BYTES
from .strict import strict_notes
from .tree import Tree

SIGNATURE = b"\x89HDF\r\n\x1a\n"
WALL_SECONDS = 60.0  # for a machine under load; the child's own limit is processor time
MAX_HEADER = 1 << 26


def read_graph(path: Path) -> Graph:
    """The checked graph of a file. Raises NirError, one line, naming the file; needs the extra ``nir`` (h5py)."""
    tree = read_tree(path)
    try:
        return build_graph(tree, strict_notes(tree))
    except FloatGraphError as error:
        raise NirError(f"{path}: {error}") from None


def read_tree(path: Path) -> Tree:
    """What the file holds as plain dictionaries of arrays and strings, within the bounds, not yet checked as a graph."""
    if find_spec("h5py") is None:
        raise NirError(f"{path}: reading NIR files needs h5py; run pip install 'shiftfire[nir]'")
    _look(path)
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HDF5_PLUGIN_PATH": os.devnull}
    command = [sys.executable, "-m", f"{__package__}.hdf5_child", str(path.resolve())]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment
    ) as child:
        assert child.stdout is not None
        clock = threading.Timer(WALL_SECONDS, child.kill)
        clock.start()
        try:
            return received(child.stdout, path)
        except EOFError:  # the child ended before it had sent all
            code = child.wait()
            what = "took more than 2 s to open" if code in (-24, -9) else f"broke libhdf5 (exit {code})"
            raise NirError(f"{path}: it {what}, so it is damaged; write it again with nir.write") from None
        finally:
            clock.cancel()
            child.kill()


def _look(path: Path) -> None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise NirError(f"{path} is no file; give a .nir file")
        with path.open("rb") as file:
            start = file.read(len(SIGNATURE))
    except OSError as error:
        raise NirError(f"{path}: {error.strerror}; give a .nir file") from None
    if start != SIGNATURE:
        raise NirError(f"{path} is no HDF5 file, as .nir files are; write it with nir.write")
    if status.st_size > MAX_BYTES:
        raise NirError(f"{path} has {status.st_size} bytes; at most {MAX_BYTES} are read")


def received(stream: IO[bytes], path: Path) -> Tree:
    """What the child sends. Raises NirError for what it refuses, EOFError where it ended before it had sent all."""
    line = stream.readline(MAX_HEADER)
    if not line.endswith(b"\n"):
        raise EOFError
    told = json.loads(line)
    if "error" in told:
        raise NirError(f"{path}: {told['error']}")
    return _filled(told["outline"], iter(told["strings"]), stream)


def _filled(outline: dict[str, Any], strings: Any, stream: IO[bytes]) -> Tree:
    tree: Tree = {}
    for key, what in outline.items():
        if isinstance(what, dict):
            tree[key] = _filled(what, strings, stream)
        elif what[0] == "array":
            tree[key] = _array(what[1], tuple(what[2]), stream)
        else:
            tree[key] = _text(next(strings), tuple(what[1]))
    return tree


def _array(kind: str, shape: tuple[int, ...], stream: IO[bytes]) -> np.ndarray[Any, Any]:
    array = np.empty(prod(shape), np.dtype(kind))
    view = memoryview(array.view(np.uint8).data) if array.size else memoryview(b"")
    done = 0
    while done < len(view):
        count = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        done += count
    return array.reshape(shape)


def _text(values: list[str], shape: tuple[int, ...]) -> Any:
    """A string, or rows of strings as edges are."""
    if shape == ():
        return values[0]
    if len(shape) == 1:
        return values
    width = prod(shape[1:])
    return [tuple(values[start : start + width]) for start in range(0, len(values), max(width, 1))]
