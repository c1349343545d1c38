"""What the float model did on samples: every source's values and every membrane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ..frontends.float_graph.neurons import FloatArray
from ..network.decision import decide
from ..network.graph import Readout
from ..network.values import IntArray


@dataclass(frozen=True, eq=False)
class FloatTrace:
    """``sent`` and ``membranes`` (after the step and its reset), by node: (samples, timesteps, elements), elements in (channel, row, column) order.

    ``labels`` (samples,): right decisions, where they are known.
    """

    sent: Mapping[str, FloatArray]
    membranes: Mapping[str, FloatArray]
    labels: IntArray | None = None

    def decisions(self, output: str, readout: Readout) -> NDArray[Any] | None:
        """(samples,) what node ``output`` says, read over time as ``readout`` has it."""
        return decide(readout, self.sent[output])
