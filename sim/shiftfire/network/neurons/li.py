"""LI: a leaky integrator whose membrane is sent (``golden/li.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from shiftfire_spec.fire import FIRE_CONTROL, FireOp, Reset

from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, Shape
from .kind import NeuronKind, Operations, Registers, no_bias
from .membrane import (
    GREATEST_POTENTIAL,
    LEAST_POTENTIAL,
    Leak,
    Membrane,
    leak_from_container,
    limits_from_container,
    used_terms,
)


@dataclass(frozen=True, eq=False)
class Li(NeuronKind):
    """LI; I (a sum over time) when ``leak`` is empty. ``V <- clip(V - sum (V >> k) + a, v_min, v_max)``; emits V in every step, as a wide value."""

    bias: IntArray = field(default_factory=no_bias)  # per channel or neuron, added to ``a`` every step
    leak: Leak = ()
    v_min: int = LEAST_POTENTIAL
    v_max: int = GREATEST_POTENTIAL
    v_init: int = 0

    op = FireOp.LI
    each = True
    operations_text = "with leak: 1 leaky step; without: 2 additions"

    @property
    def value_limits(self) -> tuple[int, int]:
        return (self.v_min, self.v_max)

    @property
    def membrane(self) -> Membrane:
        return Membrane(self.leak, self.v_min, self.v_max, self.v_init)

    def check(self, owner: str, shape: Shape) -> None:
        self.membrane.check(owner, shape, each=self.each)

    def container_fields(self) -> dict[str, Any]:
        return {**self.membrane.container_leak(), **self.membrane.container_limits()}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(bias=tensors.take("bias"), leak=leak_from_container(fields, tensors), **limits_from_container(fields))

    def registers(self, segment_groups: int) -> Registers:
        return {FIRE_CONTROL: {"reset": Reset.NONE}, **self.membrane.registers()}

    @property
    def operations(self) -> Operations:
        if used_terms(self.leak):  # as LIF's, measured with its comparison
            return Operations(accumulate=0, compare=0, leaky_step=1)
        return Operations(accumulate=2, compare=0)  # bias, integrate
