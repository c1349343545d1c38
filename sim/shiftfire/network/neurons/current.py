"""Synaptic currents: the leak and the limits of a state beside the membrane, from which the membrane is driven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shiftfire_spec.address import FIRE_IMAX, FIRE_IMIN
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.fire import CURRENT_STEPS, FIRE_CURRENT_LEAK

from ..check_values import check_bool, check_integer, word_limits
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import Shape
from .membrane import Leak, check_leak, leak_fields, leak_from_container, leak_to_container


@dataclass(frozen=True, eq=False)
class Current:
    """A current that starts a sample at 0, leaks by ``leak`` before each sum is added, and then saturates at ``i_min`` and ``i_max``.

    It enters the membrane in the same step; as it was before the step when ``old``.
    """

    leak: Leak
    i_min: int
    i_max: int
    old: bool

    def check(self, owner: str, shape: Shape, *, each: bool) -> None:
        """Raise NetworkError, naming ``owner``, unless limits and leak are within what the fire engine holds; ``each``: leaks of neurons may differ within a channel."""
        low, high = word_limits()
        check_integer(owner, "i_min", self.i_min, low, 0)
        check_integer(owner, "i_max", self.i_max, 0, high)
        check_leak(owner, "current_leak", self.leak, shape, each=each)
        check_bool(owner, "old_current", self.old)

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest current."""
        return self.i_min, self.i_max

    @property
    def step_cycles(self) -> int:
        """Cycles of a fire step: the current, then the membrane."""
        return CURRENT_STEPS

    def control(self) -> dict[str, int]:
        """Its fields of FIRE_CONTROL."""
        return {"count_steps": CURRENT_STEPS, "old_current": int(self.old)}

    def registers(self) -> Mapping[Layout, dict[str, int]]:
        """Values of the leak's and the limits' registers."""
        return {FIRE_CURRENT_LEAK: leak_fields(self.leak), FIRE_IMIN: {"value": self.i_min}, FIRE_IMAX: {"value": self.i_max}}

    def container_fields(self) -> dict[str, Any]:
        """Its keys of the neuron's JSON object."""
        leak = leak_to_container("current_leak", self.leak)
        return {**leak, "old_current": self.old, "i_min": int(self.i_min), "i_max": int(self.i_max)}


def current_from_container(fields: Fields, tensors: LayerTensors) -> dict[str, Any]:
    """The parameters of `Current.container_fields`, by the neuron's names of them."""
    return {
        "current_leak": leak_from_container(fields, tensors, "current_leak"),
        "old_current": fields.boolean("old_current"),
        "i_min": fields.integer("i_min"),
        "i_max": fields.integer("i_max"),
    }
