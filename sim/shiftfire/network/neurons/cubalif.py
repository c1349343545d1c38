"""CUBALIF: LIF behind a synaptic current with a leak of its own (``golden/cuba.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from shiftfire_spec.fire import FIRE_CONTROL, FireOp, Reset
from shiftfire_spec.packet import PayloadKind

from ..check_values import check_parameter, word_limits
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, Shape
from .current import Current, current_from_container
from .firing import Firing, firing_from_container
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
class CubaLif(NeuronKind):
    """CuBa-LIF: ``I <- clip(I - sum (I >> j) + a, i_min, i_max)``, then LIF driven by I: the new one, or with ``old_current`` that of before the step.

    I starts a sample at 0. Threshold, comparison, reset and refractory period are those of LIF; I goes on while the neuron is silent.
    """

    theta: IntArray  # per channel or neuron, >= 0
    bias: IntArray = field(default_factory=no_bias)  # per channel or neuron, added to ``a``, so to the current, every step
    leak: Leak = ()
    current_leak: Leak = ()
    reset: Reset = Reset.SUBTRACT
    strict: bool = False
    v_min: int = LEAST_POTENTIAL
    v_max: int = GREATEST_POTENTIAL
    v_init: int = 0
    i_min: int = LEAST_POTENTIAL
    i_max: int = GREATEST_POTENTIAL
    old_current: bool = False
    v_reset: int = 0  # with reset ZERO
    delayed_reset: bool = False  # with reset SUBTRACT
    refractory: int = 0  # silent steps after a spike

    op = FireOp.CUBALIF
    each = True
    operations_text = "as LIF, and as LI for the current"
    per_channel = ("bias", "theta")

    @property
    def payload_kind(self) -> PayloadKind:
        return PayloadKind.UNIT

    @property
    def value_limits(self) -> tuple[int, int]:
        return (0, 1)

    @property
    def membrane(self) -> Membrane:
        return Membrane(self.leak, self.v_min, self.v_max, self.v_init)

    @property
    def current(self) -> Current:
        return Current(self.current_leak, self.i_min, self.i_max, self.old_current)

    @property
    def firing(self) -> Firing:
        """The comparison, the reset and the refractory period."""
        return Firing(self.reset, self.strict, self.v_reset, self.delayed_reset, self.refractory)

    @property
    def chip_features(self) -> tuple[str, ...]:
        return (*super().chip_features, *self.firing.chip_features)

    def check(self, owner: str, shape: Shape) -> None:
        check_parameter(owner, "theta", self.theta, 0, word_limits()[1], shape, each=self.each)
        self.membrane.check(owner, shape, each=self.each)
        self.current.check(owner, shape, each=self.each)
        self.firing.check(owner, self.membrane)

    def container_fields(self) -> dict[str, Any]:
        states = {**self.membrane.container_leak(), **self.current.container_fields()}
        return {**states, **self.firing.container_fields(), **self.membrane.container_limits()}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(
            bias=tensors.take("bias"),
            theta=tensors.take("theta"),
            leak=leak_from_container(fields, tensors),
            **current_from_container(fields, tensors),
            **firing_from_container(fields),
            **limits_from_container(fields),
        )

    def registers(self, segment_groups: int) -> Registers:
        control = {**self.firing.control(), **self.current.control()}
        return {
            FIRE_CONTROL: control,
            **self.membrane.registers(),
            **self.current.registers(),
            **self.firing.registers(),
        }

    @property
    def threshold_words(self) -> IntArray:
        return np.asarray(self.theta, np.int64)

    @property
    def threshold(self) -> IntArray:
        return np.asarray(self.theta, np.int64) + int(self.strict)

    @property
    def step_cycles(self) -> int:
        return self.current.step_cycles

    @property
    def operations(self) -> Operations:
        """Leaky steps are measured as a whole; else bias, current, membrane; threshold; reset."""
        membrane, current = used_terms(self.leak) > 0, used_terms(self.current_leak) > 0
        plain = 0 if membrane else 1
        return Operations(accumulate=plain + (0 if current else 2), compare=plain, subtract=plain, leaky_step=membrane + current)
