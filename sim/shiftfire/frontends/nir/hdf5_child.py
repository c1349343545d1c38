"""The process that opens an untrusted HDF5 file: limits of memory and time, then a check of its claims, then its data to stdout.

A damaged file may make libhdf5 crash, loop or ask for any amount of memory; here that ends this process only. First a line of
JSON goes out (``{"error": text}``, or ``{"outline": ...}`` of /node), then the bytes of all arrays in the order of the outline,
then a line of JSON with all strings.
"""

from __future__ import annotations

import json
import sys
from typing import Any, BinaryIO

MEMORY_BYTES = 640 << 20  # of address space, libraries included
SECONDS = 2
BYTES_PER_SECOND = 20_000_000
BLOCK = 1 << 22


def main(path: str, out: BinaryIO) -> None:
    """Reads one file; every refusal is a line, never a traceback."""
    _limit(SECONDS)
    from .errors import NirError

    try:
        _read(path, out)
    except NirError as error:
        _line(out, {"error": str(error)})
    except MemoryError:
        _line(out, {"error": "it asks for more memory than a sound file needs; write it again with nir.write"})
    except Exception as error:  # libhdf5's errors come as OSError, KeyError, ValueError, RuntimeError, TypeError
        _line(out, {"error": f"it is damaged ({' '.join(str(error).split())[:200]}); write it again with nir.write"})


def _read(path: str, out: BinaryIO) -> None:
    import h5py

    from .errors import NirError
    from .hdf5_check import Budget, outline

    with h5py.File(path, "r", rdcc_nbytes=1 << 22) as file:
        node = file["node"] if isinstance(file.get("node", getlink=True), h5py.HardLink) else None
        if not isinstance(node, h5py.Group):
            raise NirError("it has no group 'node', so it is no NIR graph (data files of nir.write_data are inputs, not networks)")
        budget = Budget()
        tree = outline(node, budget)
        numbers = [item for item in budget.datasets if h5py.check_string_dtype(item.dtype) is None]
        texts = [item for item in budget.datasets if h5py.check_string_dtype(item.dtype) is not None]
        strings = _strings(texts)
        _limit(SECONDS + sum(item.size * item.dtype.itemsize for item in numbers) // BYTES_PER_SECOND)
        _probe(numbers)
        _line(out, {"outline": tree, "strings": strings})
        for item in numbers:
            for block in _blocks(item):
                out.write(block)
    out.flush()


def _probe(numbers: list[Any]) -> None:
    """Reads everything once, so that damage is found before the first byte goes out."""
    for item in numbers:
        for _ in _blocks(item):
            pass


def _blocks(item: Any) -> Any:
    """The dataset's bytes, little-endian, row-major, in pieces."""
    kind = item.dtype.newbyteorder("<")
    if item.shape is None or item.size == 0:
        return
    rows = item.shape[0] if item.shape else 1
    per_row = item.size * item.dtype.itemsize // rows
    step = max(1, BLOCK // max(per_row, 1))
    if item.chunks:
        step = max(step, min(item.chunks[0], rows))
    for start in range(0, rows, step):
        block = item[start : start + step] if item.shape else item[()]
        yield block.astype(kind).tobytes()


def _strings(texts: list[Any]) -> list[list[str]]:
    from .errors import NirError
    from .hdf5_check import MAX_TEXT_BYTES

    found: list[list[str]] = []
    total = 0
    for item in texts:
        values: list[str] = []
        flat = [item[()]] if item.shape == () else None
        rows = 1 if flat is not None else (item.shape[0] if item.shape else 0)
        for start in range(0, rows, 256):
            block = flat if flat is not None else item[start : start + 256].reshape(-1)
            for value in block:
                if not isinstance(value, bytes | str):
                    raise NirError(f"HDF5 dataset '{item.name[-200:]}' holds a {type(value).__name__} among strings")
                total += len(value)
                if total > MAX_TEXT_BYTES:
                    raise NirError(f"more than {MAX_TEXT_BYTES} bytes of strings in the file; names of nodes are short")
                values.append(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)
        found.append(values)
    return found


def _line(out: BinaryIO, what: dict[str, Any]) -> None:
    out.write(json.dumps(what).encode() + b"\n")
    out.flush()


def _limit(seconds: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows; the parent's clock remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1], sys.stdout.buffer)
