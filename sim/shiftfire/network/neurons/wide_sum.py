"""SUM: what a layer sums, sent whole (``golden/wide_sum.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from shiftfire_spec.fire import FireOp

from ..check_values import check_tensor, word_limits
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import ChannelLimits, IntArray, Shape
from .kind import NeuronKind, Operations, Registers, no_bias
from .membrane import GREATEST_POTENTIAL, LEAST_POTENTIAL


@dataclass(frozen=True, eq=False)
class Sum(NeuronKind):
    """``y = a + bias``, emitted as a wide value in every fire; nothing is kept, nothing is clipped.

    ``lo`` to ``hi`` is what the values of a channel stay within: the compiler proves that they do.
    """

    bias: IntArray = field(default_factory=no_bias)  # per channel or neuron
    lo: IntArray = field(default_factory=lambda: np.array([LEAST_POTENTIAL]))  # per channel, at most 0
    hi: IntArray = field(default_factory=lambda: np.array([GREATEST_POTENTIAL]))  # per channel, at least 0

    op = FireOp.SUM
    per_channel = ("bias", "lo", "hi")
    each = True
    operations_text = "1 addition"

    @property
    def value_limits(self) -> tuple[int, int]:
        return (int(np.min(self.lo)), int(np.max(self.hi)))

    @property
    def channel_limits(self) -> ChannelLimits:
        return (tuple(np.asarray(self.lo).tolist()), tuple(np.asarray(self.hi).tolist()))

    def check(self, owner: str, shape: Shape) -> None:
        low, high = word_limits()
        check_tensor(owner, "lo", self.lo, low, 0, (shape.channels,))
        check_tensor(owner, "hi", self.hi, 0, high, (shape.channels,))

    def container_fields(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(*(tensors.take(name) for name in cls.per_channel))

    def registers(self, segment_groups: int) -> Registers:
        return {}

    @property
    def operations(self) -> Operations:
        return Operations(accumulate=1, compare=0)  # bias
