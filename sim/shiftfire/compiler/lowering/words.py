"""Words of the configuration image: a space, offsets within it, data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import Space

from ...network.values import IntArray

Words = tuple[Space, IntArray, NDArray[np.uint32]]  # space, offsets, data


def run_of_words(space: Space, start: int, words: Sequence[int] | NDArray[np.uint32]) -> Words:
    """Words at consecutive offsets."""
    return space, start + np.arange(len(words), dtype=np.int64), np.asarray(words, dtype=np.uint32)
