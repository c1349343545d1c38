"""CUBALI: a leaky integrator behind a synaptic current, whose membrane is sent (``golden/cuba.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from shiftfire_spec.fire import FIRE_CONTROL, FireOp, Reset

from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, Shape
from .current import Current, current_from_container
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
class CubaLi(NeuronKind):
    """CuBa-LI: the current of `CubaLif` drives the membrane of `Li`, which is emitted in every step, as a wide value."""

    bias: IntArray = field(default_factory=no_bias)  # per channel or neuron, added to ``a``, so to the current, every step
    leak: Leak = ()
    current_leak: Leak = ()
    v_min: int = LEAST_POTENTIAL
    v_max: int = GREATEST_POTENTIAL
    v_init: int = 0
    i_min: int = LEAST_POTENTIAL
    i_max: int = GREATEST_POTENTIAL
    old_current: bool = False

    op = FireOp.CUBALI
    each = True
    operations_text = "as LI, and as LI for the current"

    @property
    def value_limits(self) -> tuple[int, int]:
        return (self.v_min, self.v_max)

    @property
    def membrane(self) -> Membrane:
        return Membrane(self.leak, self.v_min, self.v_max, self.v_init)

    @property
    def current(self) -> Current:
        return Current(self.current_leak, self.i_min, self.i_max, self.old_current)

    def check(self, owner: str, shape: Shape) -> None:
        self.membrane.check(owner, shape, each=self.each)
        self.current.check(owner, shape, each=self.each)

    def container_fields(self) -> dict[str, Any]:
        membrane = self.membrane
        return {**membrane.container_leak(), **self.current.container_fields(), **membrane.container_limits()}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(
            bias=tensors.take("bias"),
            leak=leak_from_container(fields, tensors),
            **current_from_container(fields, tensors),
            **limits_from_container(fields),
        )

    def registers(self, segment_groups: int) -> Registers:
        control = {"reset": Reset.NONE, **self.current.control()}
        return {FIRE_CONTROL: control, **self.membrane.registers(), **self.current.registers()}

    @property
    def step_cycles(self) -> int:
        return self.current.step_cycles

    @property
    def operations(self) -> Operations:
        """Leaky steps are measured as a whole; else bias and current, membrane."""
        membrane, current = used_terms(self.leak) > 0, used_terms(self.current_leak) > 0
        return Operations(accumulate=(0 if membrane else 1) + (0 if current else 2), compare=0, leaky_step=membrane + current)
