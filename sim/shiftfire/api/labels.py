"""Labels as a caller has them, checked against samples and classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from ..network.graph import Network
from ..network.values import IntArray


def labels_of(network: Network, labels: Any, samples: int) -> IntArray | None:
    """Labels as an int64 array (samples,), None when there are none.

    ``labels`` is an array, or what NumPy makes one of, of integers or floats that are whole numbers, each the index of a channel of ``network``'s output layer. Raises InputError.
    """
    if labels is None:
        return None
    try:
        given = np.asarray(labels)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged lists; tensors that are not in this memory
        raise InputError(f"labels make no array ({error}): give one whole number for each of the {samples} samples") from None
    if given.shape != (samples,):
        raise InputError(f"labels have shape {given.shape}: give one for each of the {samples} samples")
    if given.dtype.kind not in "iuf":
        raise InputError(f"labels are {given.dtype}: give indices of the output layer's channels, whole numbers")
    classes = network.layer(network.output).shape.channels
    wrong = np.flatnonzero(~((given >= 0) & (given < classes) & (given == np.rint(given))))
    if len(wrong):
        sample = int(wrong[0])
        raise InputError(
            f"label {given[sample]} of sample {sample} is no channel of {network.output}: give whole numbers within 0..{classes - 1}"
        )
    return given.astype(np.int64)
