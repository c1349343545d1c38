"""Firing at a threshold: the comparison, the reset and the refractory period of LIF and CUBALIF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shiftfire_spec.address import FIRE_VRESET
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.fire import FIRE_CONTROL, Reset

from ..check_values import check_bool, check_integer, check_member
from ..fields import Fields
from ..values import NetworkError
from .membrane import Membrane


@dataclass(frozen=True)
class Firing:
    """A spike from the threshold on (``strict``: above it), and what it does to the membrane.

    ZERO resets to ``v_reset``. ``delayed`` (SUBTRACT only) leaves the membrane as it fired, and subtracts the threshold in the next step beside the leak,
    which then is that of the membrane before the reset: snnTorch's ``reset_delay``. ZERO at the start of the next step would fire as ZERO at once.
    ``refractory``: steps after a spike in which the neuron is silent, its membrane held and its sums lost.
    """

    reset: Reset
    strict: bool
    v_reset: int
    delayed: bool
    refractory: int

    def check(self, owner: str, membrane: Membrane) -> None:
        """Raise NetworkError, naming ``owner``, unless the fire engine resets so."""
        check_member(owner, "reset", self.reset, Reset)
        check_bool(owner, "strict", self.strict)
        check_bool(owner, "delayed_reset", self.delayed)
        check_integer(owner, "refractory", self.refractory, 0, FIRE_CONTROL.field("refractory").maximum)
        check_integer(owner, "v_reset", self.v_reset, membrane.v_min, membrane.v_max)
        if self.v_reset and self.reset is not Reset.ZERO:
            raise NetworkError(
                f"{owner}: v_reset = {self.v_reset} with reset {self.reset.name}; it is for ZERO, use that or v_reset 0"
            )
        if self.delayed and self.reset is not Reset.SUBTRACT:
            remedy = "set delayed_reset False: the spikes are the same" if self.reset is Reset.ZERO else "set it False"
            raise NetworkError(f"{owner}: delayed_reset with reset {self.reset.name}; it is for SUBTRACT, {remedy}")

    @property
    def chip_features(self) -> tuple[str, ...]:
        """Parameters of the chip that must be true."""
        return (*(("resets",) if self.v_reset or self.delayed else ()), *(("refractory",) if self.refractory else ()))

    def control(self) -> dict[str, int]:
        """Its fields of FIRE_CONTROL."""
        late = {"delayed_reset": int(self.delayed), "refractory": self.refractory}
        return {"strict": int(self.strict), "reset": self.reset, **late}

    def registers(self) -> Mapping[Layout, dict[str, int]]:
        """Values of its other registers, where they are used."""
        return {FIRE_VRESET: {"value": self.v_reset}} if self.v_reset else {}

    def container_fields(self) -> dict[str, Any]:
        """Its keys of the neuron's JSON object; those of most neurons' values are left out."""
        more: dict[str, Any] = {"v_reset": int(self.v_reset)} if self.v_reset else {}
        more |= {"delayed_reset": True} if self.delayed else {}
        more |= {"refractory": int(self.refractory)} if self.refractory else {}
        return {"reset": self.reset.name, "strict": self.strict, **more}


def firing_from_container(fields: Fields) -> dict[str, Any]:
    """The parameters of `Firing.container_fields`, by the neuron's names of them."""
    return {
        "reset": fields.member("reset", Reset.__members__),
        "strict": fields.boolean("strict"),
        "v_reset": fields.optional_integer("v_reset"),
        "delayed_reset": fields.optional_boolean("delayed_reset"),
        "refractory": fields.optional_integer("refractory"),
    }
