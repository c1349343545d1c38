"""Damaged HDF5 files, each opened by the reader's child in a fork of its own."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

from shiftfire.frontends.nir import hdf5_check, hdf5_child
from shiftfire.frontends.nir.build import build_graph
from shiftfire.frontends.nir.errors import NirError
from shiftfire.frontends.nir.read import received

from .graphs import check_graph, check_line

assert hdf5_check  # imported here once: forks have h5py already


def damaged(rng: random.Random, seeds: list[bytes]) -> bytes:
    """A sound file with bytes changed, cut, doubled, or pieces of another file in it."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 4, 16, 64))):
        at = rng.randrange(8, len(data))
        match rng.randrange(7):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
            case 2:
                size = rng.choice((2, 4, 8))
                data[at : at + size] = rng.choice((0, 1, 2**63, 2 ** (8 * size) - 1, len(data), 0x10000)).to_bytes(8, "little")[
                    :size
                ]
            case 3:
                other = rng.choice(seeds)
                start, size = rng.randrange(len(other)), rng.randrange(1, 64)
                data[at : at + size] = other[start : start + size]
            case 4 if rng.random() < 0.1:
                del data[at:]
            case 5 if rng.random() < 0.2:
                del data[at : at + rng.randrange(1, 32)]
            case _:
                start, size = rng.randrange(len(data)), rng.randrange(1, 32)
                data[at : at + size] = data[start : start + size]
        if len(data) < 16:
            break
    return bytes(data)


def execute(path: Path) -> str:
    """'read', 'refused', 'damaged' or 'broke' (the child died, as it may); anything else comes out as an exception."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with os.fdopen(writer, "wb") as out:
                hdf5_child.main(str(path), out)
        finally:
            os._exit(0)
    os.close(writer)
    tree = None
    try:
        with os.fdopen(reader, "rb") as stream:
            tree = received(stream, path)
    except NirError as error:
        check_line(error)
        return "damaged"
    except EOFError:
        return "broke"
    finally:
        os.waitpid(child, 0)
    try:
        check_graph(build_graph(tree))
    except NirError as error:
        check_line(error)
        return "refused"
    return "read"
