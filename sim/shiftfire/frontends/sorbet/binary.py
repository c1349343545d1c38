"""Binary weights: signs about the mean, and the one real scale of a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from ...network.values import IntArray
from .tensor_file import FloatArray


@dataclass(frozen=True, eq=False)
class Binary:
    """``scale * signs`` (out, in) stands for the weights; ``on_mean`` of them had no sign and took +1."""

    signs: IntArray  # held as int8: a BERT-base has 85 million
    scale: float
    on_mean: int


def binarise(weight: FloatArray) -> Binary:
    """Signs of ``W - mean W`` and the mean of ``|W|``. The published sign(0) = 0 is +1 here, as a stored weight is -1 or 1."""
    centre = np.float64(weight.mean(dtype=np.float64))
    signs = np.where(weight >= centre, np.int8(1), np.int8(-1))
    return Binary(cast(IntArray, signs), float(np.abs(weight).mean(dtype=np.float64)), int((weight == centre).sum()))
