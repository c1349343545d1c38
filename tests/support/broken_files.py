"""Files that are not what they claim, and what the one line about each says."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from .nir_graphs import affine, bare_loop, chain, end, graph, lif, mlp, write

Make = Callable[[Path], object]


def _truncated(path: Path) -> None:
    data = write(path, mlp()).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _scrambled(path: Path) -> None:
    data = bytearray(write(path, mlp()).read_bytes())
    rng = np.random.default_rng(3)
    for place in rng.integers(100, len(data), 400):
        data[place] = rng.integers(256)
    path.write_bytes(data)


def _unfinished(path: Path) -> None:
    """What nir.write leaves when it stops at a node."""
    write(path, mlp())
    with h5py.File(path, "a") as file:
        del file["node/type"], file["node/edges"]


def _claims(path: Path) -> None:
    write(path, mlp())
    with h5py.File(path, "a") as file:
        del file["node/nodes/fc/weight"]
        file.create_dataset("node/nodes/fc/weight", shape=(10**5, 10**4), dtype="f4", chunks=(1000, 1000), compression="gzip")


def _bomb(path: Path) -> None:
    """Zeros compress a thousand times, in many datasets of an allowed size each."""
    write(path, mlp())
    chunk = zlib.compress(bytes(1 << 24), 9)
    with h5py.File(path, "a") as file:
        for index in range(8):
            made = file.create_dataset(
                f"node/nodes/fc/w{index}", shape=(1, 1 << 24), dtype="u1", chunks=(1, 1 << 24), compression="gzip"
            )
            made.id.write_direct_chunk((0, 0), chunk)


def _real_bomb(path: Path) -> None:
    """Every chunk is there, all point at zeros."""
    write(path, mlp())
    chunk = zlib.compress(bytes(1 << 24), 9)
    with h5py.File(path, "a") as file:
        made = file.create_dataset("node/nodes/fc/w", shape=(256, 1 << 24), dtype="u1", chunks=(1, 1 << 24), compression="gzip")
        for row in range(256):
            made.id.write_direct_chunk((row, 0), chunk)


def _zeros_within_the_bounds(path: Path) -> None:
    """Nearly as many numbers as a file may hold, in a few kilobytes."""
    write(path, mlp())
    chunk = zlib.compress(bytes(1 << 25), 9)
    with h5py.File(path, "a") as file:
        del file["node/nodes/fc/weight"]
        made = file.create_dataset("node/nodes/fc/weight", shape=(7, 1 << 22), dtype="f8", chunks=(1, 1 << 22), compression="gzip")
        for row in range(7):
            made.id.write_direct_chunk((row, 0), chunk)


def _huge_chunk(path: Path) -> None:
    write(path, mlp())
    with h5py.File(path, "a") as file:
        file.create_dataset(
            "node/nodes/fc/w", shape=(10, 10), maxshape=(None, None), dtype="f8", chunks=(1 << 14, 1 << 14), compression="gzip"
        )


def _soft_link(path: Path) -> None:
    write(path, mlp())
    with h5py.File(path, "a") as file:
        file["node/nodes/again"] = h5py.SoftLink("/node/nodes")


def _external(path: Path) -> None:
    write(path, mlp())
    with h5py.File(path, "a") as file:
        file["node/nodes/other"] = h5py.ExternalLink("/etc/passwd", "/")


def _external_data(path: Path) -> None:
    write(path, mlp())
    with h5py.File(path, "a") as file:
        file.create_dataset("node/nodes/fc/w", shape=(4,), dtype="u1", external=[("/etc/passwd", 0, 4)])


def _virtual(path: Path) -> None:
    write(path, mlp())
    layout = h5py.VirtualLayout(shape=(4,), dtype="u1")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape=(4,))
    with h5py.File(path, "a") as file:
        file.create_virtual_dataset("node/nodes/fc/w", layout)


def _reference(path: Path) -> None:
    write(path, mlp())
    with h5py.File(path, "a") as file:
        file.create_dataset("node/nodes/fc/w", data=file["node"].ref, dtype=h5py.ref_dtype)


def _compound(path: Path) -> None:
    write(path, mlp())
    with h5py.File(path, "a") as file:
        file.create_dataset("node/nodes/fc/w", data=np.zeros(2, [("a", "f4"), ("b", "i4")]))


def _loop_of_groups(path: Path) -> None:
    write(path, mlp())
    with h5py.File(path, "a") as file:
        file["node/nodes/again"] = file["node"]
        file["node/nodes/twice"] = file["node"]


def _type_is_an_array(path: Path) -> None:
    write(path, mlp())
    with h5py.File(path, "a") as file:
        del file["node/nodes/fc/type"]
        file["node/nodes/fc/type"] = np.zeros(3)


BROKEN: dict[str, tuple[Make, str]] = {
    "dangling edge": (lambda p: write(p, graph({"input": end("Input", 3), "n": lif(3)}, ("input", "n"), ("n", "gone"))), "'gone'"),
    "NaN weights": (
        lambda p: write(p, chain(input=end("Input", 4), fc=affine(3, 4, weight=np.full((3, 4), np.nan)), n=lif(3))),
        "'fc' (Affine): weight",
    ),
    "wrong shapes": (lambda p: write(p, chain(input=end("Input", 5), fc=affine(3, 4), n=lif(3))), "'fc' (Affine): gets shape (5,)"),
    "loop without a neuron": (
        lambda p: write(p, bare_loop()),
        "'a' lies on a loop",
    ),
    "claims of 10^9 elements": (_claims, "claims 1000000000 elements"),
    "10^9 inputs": (lambda p: write(p, chain(input=end("Input", 10**9), n=lif(()))), "'input' (Input)"),
    "unfinished": (_unfinished, "nir.write did not finish"),
    "truncated": (_truncated, "damaged"),
    "scrambled": (_scrambled, "damaged"),
    "zip bomb of many datasets": (_bomb, "elements; a file may hold"),
    "zip bomb": (_real_bomb, "claims 4294967296 elements"),
    "zip bomb within the bounds": (_zeros_within_the_bounds, "makes 234881024 bytes of"),
    "huge chunk": (_huge_chunk, "chunks of 268435456 elements"),
    "soft link": (_soft_link, "link"),
    "external link": (_external, "link"),
    "external data": (_external_data, "another file"),
    "virtual data": (_virtual, "another file"),
    "reference": (_reference, "holds object"),
    "compound": (_compound, "numbers and strings"),
    "loop of groups": (_loop_of_groups, "too deep"),
    "type is an array": (_type_is_an_array, "'fc' has no type"),
    "no HDF5": (lambda p: p.write_bytes(b"PK\x03\x04" + bytes(100)), "is no HDF5 file"),
    "empty": (lambda p: p.write_bytes(b""), "is no HDF5 file"),
    "signature only": (lambda p: p.write_bytes(b"\x89HDF\r\n\x1a\n"), "damaged"),
    "no node": (lambda p: h5py.File(p, "w").close(), "no group 'node'"),
    "too large": (lambda p: (p.write_bytes(b"\x89HDF\r\n\x1a\n"), os.truncate(p, 1 << 30)), "bytes; at most"),
    "pipe": (lambda p: os.mkfifo(p), "is no file"),
    "missing": (lambda p: None, "No such file"),
}
