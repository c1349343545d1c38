"""AEDAT 3.1 recordings (DVS128 Gesture, cAER): the polarity events.

Lines of text that begin with ``#``, then packets of a header of 28 bytes and events, all little-endian, as libcaer's ``events/common.h`` and
``events/polarity.h`` define them. An event is a word (valid 1 bit, polarity 1, y 15, x 15, lowest first) and 31 bits of time in microseconds, which the
header's overflow counter continues. Events of other kinds and invalid ones are passed over, as in every reader of the format.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .limits import check_size

VERSION = b"#!AER-DAT3.1"
HEADER = struct.Struct("<hhiiiiii")  # type, source, size, time offset, overflows, capacity, number, valid
POLARITY = 1
EVENT = np.dtype([("data", "<u4"), ("time", "<u4")])
COORDINATE = (1 << 15) - 1


def read_aedat3(path: Path) -> dict[str, NDArray[Any]]:
    """t (microseconds), x, y, p (0, 1) of the valid polarity events, in the file's order. Raises InputError, OSError."""
    check_size(path)
    data = path.read_bytes()
    position = _text_end(path, data)
    words, times = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    while position < len(data):
        if len(data) - position < HEADER.size:
            raise InputError(f"input {path} ends within the header of a packet, at byte {position}: it is cut off")
        kind, _, size, _, overflows, capacity, number, _ = HEADER.unpack_from(data, position)
        position += HEADER.size
        if size <= 0 or not 0 <= number <= capacity or overflows < 0 or size * capacity > len(data) - position:
            raise InputError(
                f"input {path}: the packet at byte {position - HEADER.size} claims {number} of {capacity} events of {size} bytes; it is cut off, or no AEDAT 3.1"
            )
        if kind == POLARITY:
            if size != EVENT.itemsize:
                raise InputError(f"input {path}: polarity events of {size} bytes; AEDAT 3.1 has {EVENT.itemsize}")
            events = np.frombuffer(data, EVENT, number, position)
            events = events[(events["data"] & 1) == 1]
            words.append(events["data"].astype(np.int64))
            times.append(events["time"].astype(np.int64) + (overflows << 31))
        position += size * capacity
    word = np.concatenate(words)
    return {"t": np.concatenate(times), "x": (word >> 17) & COORDINATE, "y": (word >> 2) & COORDINATE, "p": (word >> 1) & 1}


def _text_end(path: Path, data: bytes) -> int:
    """Where the lines of text end. Raises InputError for another version of the format."""
    if not data.startswith(b"#!AER-DAT"):
        raise InputError(f"input {path} is no AEDAT file: it does not begin with #!AER-DAT")
    if not data.startswith(VERSION):
        found = data[:14].decode("ascii", "replace").strip()
        hint = "its addresses mean something else for every camera" if found.startswith("#!AER-DAT2") else "only 3.1 and 4 are read"
        raise InputError(f"input {path} is {found}: {hint}; export it as AEDAT 4 or as arrays t, x, y, p in .npz")
    position = 0
    while data[position : position + 1] == b"#":
        end = data.find(b"\n", position)
        line = data[position:end].strip()
        if end < 0:
            break
        position = end + 1
        if line == b"#!END-HEADER":
            return position
    raise InputError(f"input {path}: its text has no #!END-HEADER; it is cut off")
