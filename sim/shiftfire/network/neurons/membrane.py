"""Membranes: the leak, the limits and the initial value of neurons that keep a potential from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shiftfire_spec.address import FIRE_VINIT, FIRE_VMAX, FIRE_VMIN
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.fire import FIRE_LEAK, LEAK_TERMS

from ..check_values import check_bool, check_integer, word_limits
from ..fields import Fields
from ..values import NetworkError

MAX_LEAK_TERMS = 1 << 10  # that are read; the check knows how many the fire engine has
LEAST_POTENTIAL, GREATEST_POTENTIAL = -(1 << 15), (1 << 15) - 1  # unless a neuron says otherwise


@dataclass(frozen=True)
class LeakTerm:
    """One term of the leak: V loses (or gains, when ``negative``) ``V >> shift`` each step."""

    shift: int
    negative: bool = False


@dataclass(frozen=True)
class Membrane:
    """A membrane that starts a sample at ``v_init``, leaks by ``leak`` before each sum is added, and then saturates at ``v_min`` and ``v_max``."""

    leak: tuple[LeakTerm, ...]
    v_min: int
    v_max: int
    v_init: int

    def check(self, owner: str) -> None:
        """Raise NetworkError, naming ``owner``, unless limits and leak are within what the fire engine holds."""
        low, high = word_limits()
        check_integer(owner, "v_min", self.v_min, low, 0)
        check_integer(owner, "v_max", self.v_max, 0, high)
        check_integer(owner, "v_init", self.v_init, self.v_min, self.v_max)
        check_leak(owner, "leak", self.leak)

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest potential."""
        return min(self.v_min, self.v_init), max(self.v_max, self.v_init)

    def registers(self) -> Mapping[Layout, dict[str, int]]:
        """Values of the leak's and the limits' registers."""
        limits = ((FIRE_VMIN, self.v_min), (FIRE_VMAX, self.v_max), (FIRE_VINIT, self.v_init))
        return {FIRE_LEAK: leak_fields(self.leak), **{layout: {"value": value} for layout, value in limits}}

    def container_limits(self) -> dict[str, int]:
        """Limits and initial value as keys of the neuron's JSON object."""
        return {name: int(getattr(self, name)) for name in ("v_min", "v_max", "v_init")}

    def container_leak(self) -> list[dict[str, Any]]:
        """The key ``leak``."""
        return leak_to_container(self.leak)


def check_leak(owner: str, name: str, leak: tuple[LeakTerm, ...]) -> None:
    """Raise NetworkError, naming ``owner`` and the parameter ``name``, unless the fire engine holds the terms."""
    if len(leak) > LEAK_TERMS:
        raise NetworkError(f"{owner}: {len(leak)} {name} terms; the fire engine has {LEAK_TERMS}")
    for term in leak:
        check_integer(owner, f"{name} shift", term.shift, 0, FIRE_LEAK.field("shift0").maximum)
        check_bool(owner, f"{name} negative", term.negative)


def leak_fields(leak: tuple[LeakTerm, ...]) -> dict[str, int]:
    """Fields of a leak's register."""
    fields: dict[str, int] = {}
    for i, term in enumerate(leak):
        fields |= {f"enable{i}": 1, f"negative{i}": int(term.negative), f"shift{i}": term.shift}
    return fields


def leak_to_container(leak: tuple[LeakTerm, ...]) -> list[dict[str, Any]]:
    """The terms as a key of the neuron's JSON object."""
    return [{"shift": int(term.shift), "negative": term.negative} for term in leak]


def limits_from_container(fields: Fields) -> dict[str, Any]:
    """Limits and initial value, as `Membrane.container_limits` writes them."""
    return {name: fields.integer(name) for name in ("v_min", "v_max", "v_init")}


def leak_from_container(fields: Fields, name: str = "leak") -> tuple[LeakTerm, ...]:
    """The terms of the key ``name``."""
    leak: list[LeakTerm] = []
    for child in fields.children(name, MAX_LEAK_TERMS):
        leak.append(LeakTerm(child.integer("shift"), child.boolean("negative")))
        child.done()
    return tuple(leak)
