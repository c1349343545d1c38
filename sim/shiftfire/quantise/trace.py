"""What the float model did on samples: every source's values and every membrane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..frontends.nir.neurons import FloatArray
from ..network.graph import Readout
from ..network.values import IntArray, NetworkError


@dataclass(frozen=True, eq=False)
class FloatTrace:
    """``sent`` and ``membranes`` (after the step and its reset), by node: (samples, timesteps, elements), elements in (channel, row, column) order.

    ``labels`` (samples,): right decisions, where they are known.
    """

    sent: Mapping[str, FloatArray]
    membranes: Mapping[str, FloatArray]
    labels: IntArray | None = None

    def decisions(self, output: str, readout: Readout) -> IntArray:
        """(samples,) the first element that is greatest, read over time as ``readout`` says."""
        values = self.sent[output]
        match readout:
            case Readout.MAX:
                return np.argmax(values.max(axis=1), axis=1)
            case Readout.LAST:
                return np.argmax(values[:, -1], axis=1)
            case Readout.SUM:
                return np.argmax(values.sum(axis=1), axis=1)
            case _:
                raise NetworkError(f"floats have no decision of read-out {readout}: write it in {__name__}.decisions")
