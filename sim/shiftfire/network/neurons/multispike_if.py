"""Multi-spike IF: several spikes in one step (``golden/multispike.py``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, FireOp, step_cycles
from shiftfire_spec.packet import PAYLOAD_LIMITS

from ..check_values import check_integer, check_parameter, word_limits
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, Shape
from .kind import NeuronKind, Operations, Registers, no_bias
from .membrane import GREATEST_POTENTIAL, Leak, Membrane, leak_from_container, used_terms


@dataclass(frozen=True, eq=False)
class MultiSpikeIf(NeuronKind):
    """IF (with ``leak`` LIF) that fires as often in one step as the threshold fits into its membrane; payload COUNT.

    ``V <- min(V - sum (V >> k) + a, v_max)``; ``n = clip(floor(V / theta), 0, hi)``; ``V <- max(V - n theta, floor)``: Sinabs' IAF with MultiSpike and
    MembraneSubtract, where ``floor`` is ``min_v_mem``.
    """

    theta: IntArray  # per channel or neuron, >= 1
    bias: IntArray = field(default_factory=no_bias)  # per channel or neuron, added in every step
    leak: Leak = ()
    hi: int = 15  # most spikes of a step
    floor: int | None = None  # least membrane, at most 0; None: -theta of the channel
    v_max: int = GREATEST_POTENTIAL
    v_init: int = 0

    op = FireOp.MULTISPIKE
    each = True
    operations_text = "2 additions, 1 comparison, leak terms subtractions, `count_steps` steps of division"
    per_channel = ("bias", "theta")

    @property
    def value_limits(self) -> tuple[int, int]:
        return (0, self.hi)

    @property
    def membrane(self) -> Membrane:
        """Held at the least floor of any channel before its spikes already: there it fires nothing, and ends at its own floor all the same."""
        return Membrane(self.leak, -int(np.max(self.theta)) if self.floor is None else self.floor, self.v_max, self.v_init)

    @property
    def count_steps(self) -> int:
        """Compare-subtract steps: bits of the greatest count."""
        return self.hi.bit_length()

    def check(self, owner: str, shape: Shape) -> None:
        low, high = word_limits()
        check_parameter(owner, "theta", self.theta, 1, high, shape, each=self.each)
        check_integer(owner, "hi", self.hi, 1, PAYLOAD_LIMITS[self.payload_kind][1])
        if self.floor is not None:
            check_integer(owner, "floor", self.floor, low, 0)
        self.membrane.check(owner, shape, each=self.each)

    @classmethod
    def container_name(cls) -> str:
        return "multispike_if"

    def container_fields(self) -> dict[str, Any]:
        floor = {} if self.floor is None else {"floor": int(self.floor)}
        limits = {"v_max": int(self.v_max), "v_init": int(self.v_init)}
        return {**self.membrane.container_leak(), "hi": int(self.hi), **floor, **limits}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        return cls(
            bias=tensors.take("bias"),
            theta=tensors.take("theta"),
            leak=leak_from_container(fields, tensors),
            hi=fields.integer("hi"),
            floor=fields.integer("floor") if fields.has("floor") else None,
            v_max=fields.integer("v_max"),
            v_init=fields.integer("v_init"),
        )

    def registers(self, segment_groups: int) -> Registers:
        return {
            FIRE_CONTROL: {"count_steps": self.count_steps, "floor_at_theta": int(self.floor is None)},
            FIRE_RANGE: {"span": self.hi},
            **self.membrane.registers(),
        }

    @property
    def threshold_words(self) -> IntArray:
        return np.asarray(self.theta, np.int64)

    @property
    def threshold(self) -> IntArray:
        return self.threshold_words

    @property
    def step_cycles(self) -> int:
        return step_cycles(self.op, self.count_steps)

    @property
    def operations(self) -> Operations:
        """Bias, integrate; the floor; the leak; the division."""
        return Operations(accumulate=2, compare=1, subtract=used_terms(self.leak), division_step=self.count_steps)
