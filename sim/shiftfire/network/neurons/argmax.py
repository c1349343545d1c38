"""ARGMAX: the channel with the largest sum (``golden/argmax.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from shiftfire_spec.fire import FireOp
from shiftfire_spec.packet import PayloadKind

from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, NetworkError, Shape
from .kind import NeuronKind, Operations, Registers, no_bias


@dataclass(frozen=True, eq=False)
class Argmax(NeuronKind):
    """One event: the first channel with the largest ``a + bias``."""

    bias: IntArray = field(default_factory=no_bias)

    op = FireOp.ARGMAX
    operations_text = "1 addition, 1 comparison"
    one_event = True

    @property
    def payload_kind(self) -> PayloadKind:
        return PayloadKind.UNIT

    @property
    def value_limits(self) -> tuple[int, int]:
        return (0, 1)

    def check(self, owner: str, shape: Shape) -> None:
        if (shape.height, shape.width) != (1, 1):
            raise NetworkError(f"{owner}: ARGMAX needs a shape (channels, 1, 1), not {shape.as_tuple()}; add a dense layer")

    def container_fields(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(tensors.take("bias"))

    def registers(self, segment_groups: int) -> Registers:
        return {}

    @property
    def operations(self) -> Operations:
        return Operations(accumulate=1, compare=1)
