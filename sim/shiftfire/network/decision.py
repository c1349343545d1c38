"""What a network decides, from what its output layer sent: one rule for every execution, and for floats."""

from __future__ import annotations

from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

from .graph import Readout
from .values import NetworkError


def decide(readout: Readout, scores: NDArray[Any]) -> NDArray[Any] | None:
    """(samples,) what ``scores`` (samples, timesteps, channels) mean; None without read-out.

    With VALUE their sum. Else the first channel that is greatest: in sum over the sample's vectors (an ARGMAX layer's one event counts 1), in any vector, or in the last. Raises NetworkError for a read-out that is none of these.
    """
    match readout:
        case Readout.NONE:
            return None
        case Readout.EVENT | Readout.SUM:
            return np.argmax(scores.sum(axis=1), axis=1)
        case Readout.MAX:
            return np.argmax(scores.max(axis=1), axis=1)
        case Readout.LAST:
            return np.argmax(scores[:, -1], axis=1)
        case Readout.VALUE:
            return scores.sum(axis=(1, 2))
        case _:
            unknown: Never = readout
            raise NetworkError(f"no decision of read-out {unknown}: write it in {__name__}.decide")
