"""N-MNIST's and N-Caltech101's binary recordings.

Forty bits per event, in order: x (8 bits), y (8), polarity (1, 1 is on), microseconds (23); G. Orchard et al., "Converting static image datasets to spiking
neuromorphic datasets using saccades", Frontiers in Neuroscience 9:437, 2015, and the data set's own readers (eventvision). An event with y = 240 is none: it
says that the clock ran over, 2^13 us for all that follow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .limits import check_size

EVENT_BYTES = 5
OVERFLOW_ROW, OVERFLOW_US = 240, 1 << 13
TIME_BITS = 23


def read_nmnist(path: Path) -> dict[str, NDArray[Any]]:
    """t (microseconds), x, y, p (0, 1) of every event, in the file's order. Raises InputError, OSError."""
    size = check_size(path)
    if size % EVENT_BYTES or not size:
        raise InputError(
            f"input {path} has {size} bytes: a recording of N-MNIST has {EVENT_BYTES} per event; it is cut off, or no such"
        )
    x, y, *rest = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, EVENT_BYTES).astype(np.int64).T
    word = (rest[0] << 16) | (rest[1] << 8) | rest[2]
    overflow = y == OVERFLOW_ROW
    t = (word & ((1 << TIME_BITS) - 1)) + np.cumsum(overflow) * OVERFLOW_US
    return {name: column[~overflow] for name, column in {"t": t, "x": x, "y": y, "p": word >> TIME_BITS}.items()}
