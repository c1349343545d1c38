"""AEDAT 4 recordings (DV, inivation): the polarity events, through the library ``aedat``, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .guarded import read_guarded
from .limits import MAX_INPUT_BYTES, check_size

COLUMNS = {"t": np.dtype(np.int64), "x": np.dtype(np.uint16), "y": np.dtype(np.uint16), "p": np.dtype(np.uint8)}
MAX_EVENTS = MAX_INPUT_BYTES // sum(column.itemsize for column in COLUMNS.values())


def read_aedat4(path: Path) -> dict[str, NDArray[Any]]:
    """t (microseconds, most often since 1970), x, y, p (0, 1) of the events of the only stream of events. Raises InputError, OSError."""
    check_size(path)
    return read_guarded("aedat4", path, needs="aedat", extra="aedat")


def decode(file: str) -> dict[str, NDArray[Any]]:
    """The same, in the process that reads. Raises InputError, and whatever the library does with a broken file."""
    import aedat

    decoder = aedat.Decoder(file)
    streams = [number for number, stream in decoder.id_to_stream().items() if stream["type"] == "events"]
    if len(streams) != 1:
        raise InputError(f"it has {len(streams)} streams of events; export one of them")
    packets: list[Any] = []
    total = 0
    for packet in decoder:
        if packet["stream_id"] == streams[0] and "events" in packet:
            packets.append(packet["events"])
            total += len(packet["events"])
            if total > MAX_EVENTS:
                raise InputError(f"it has more than {MAX_EVENTS:,} events; cut it")
    names = dict(zip(COLUMNS, ("t", "x", "y", "on"), strict=True))
    empty = [np.zeros(0, np.int64)]
    return {
        name: np.concatenate([p[names[name]] for p in packets] or empty).astype(kind, copy=False) for name, kind in COLUMNS.items()
    }
