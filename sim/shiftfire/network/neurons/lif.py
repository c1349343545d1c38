"""LIF: leaky integrate-and-fire (``golden/lif.py``)."""

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
class Lif(NeuronKind):
    """LIF; IF when ``leak`` is empty. ``V <- clip(V - sum (V >> k) + a)``; fires at ``V >= theta`` (strict: ``>``).

    A spike subtracts theta, sets V to ``v_reset`` (reset ZERO), or leaves it. With ``delayed_reset`` theta is subtracted in the next step, beside the leak.
    In the ``refractory`` steps after a spike the neuron is silent: V is held as the spike left it, and what it is sent is lost.
    """

    theta: IntArray  # per channel or neuron, >= 0
    bias: IntArray = field(default_factory=no_bias)  # per channel or neuron, added to ``a`` every step
    leak: Leak = ()
    reset: Reset = Reset.SUBTRACT
    strict: bool = False
    v_min: int = LEAST_POTENTIAL
    v_max: int = GREATEST_POTENTIAL
    v_init: int = 0
    v_reset: int = 0  # with reset ZERO
    delayed_reset: bool = False  # with reset SUBTRACT
    refractory: int = 0  # silent steps after a spike

    op = FireOp.LIF
    each = True
    operations_text = "with leak: 1 leaky step; without: 2 additions, 1 comparison, 1 subtraction"
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
    def firing(self) -> Firing:
        """The comparison, the reset and the refractory period."""
        return Firing(self.reset, self.strict, self.v_reset, self.delayed_reset, self.refractory)

    @property
    def chip_features(self) -> tuple[str, ...]:
        return (*super().chip_features, *self.firing.chip_features)

    def check(self, owner: str, shape: Shape) -> None:
        check_parameter(owner, "theta", self.theta, 0, word_limits()[1], shape, each=self.each)
        self.membrane.check(owner, shape, each=self.each)
        self.firing.check(owner, self.membrane)

    def container_fields(self) -> dict[str, Any]:
        membrane = self.membrane
        return {**membrane.container_leak(), **self.firing.container_fields(), **membrane.container_limits()}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(
            bias=tensors.take("bias"),
            theta=tensors.take("theta"),
            leak=leak_from_container(fields, tensors),
            **firing_from_container(fields),
            **limits_from_container(fields),
        )

    def registers(self, segment_groups: int) -> Registers:
        return {FIRE_CONTROL: self.firing.control(), **self.membrane.registers(), **self.firing.registers()}

    @property
    def threshold_words(self) -> IntArray:
        return np.asarray(self.theta, np.int64)

    @property
    def threshold(self) -> IntArray:
        return np.asarray(self.theta, np.int64) + int(self.strict)

    @property
    def operations(self) -> Operations:
        if used_terms(self.leak):  # measured as a whole
            return Operations(accumulate=0, compare=0, leaky_step=1)
        return Operations(accumulate=2, compare=1, subtract=1)  # bias, integrate; threshold; reset
