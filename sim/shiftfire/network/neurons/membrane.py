"""Membranes: the leak, the limits and the initial value of neurons that keep a potential from step to step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from shiftfire_spec.address import FIRE_VINIT, FIRE_VMAX, FIRE_VMIN
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.fire import FIRE_LEAK, LEAK_TERMS

from ..check_values import check_bool, check_integer, check_tensor, word_limits
from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import IntArray, NetworkError, Shape

MAX_LEAK_TERMS = 1 << 10  # that are read; the check knows how many the fire engine has
LEAST_POTENTIAL, GREATEST_POTENTIAL = -(1 << 15), (1 << 15) - 1  # unless a neuron says otherwise


@dataclass(frozen=True)
class LeakTerm:
    """One term of the leak: V loses (or gains, when ``negative``) ``V >> shift`` each step."""

    shift: int
    negative: bool = False


Leak = tuple[LeakTerm, ...] | IntArray
"""The terms of a layer; or an array of shape (LEAK_TERMS, channels) or (LEAK_TERMS, channels, height, width), the terms of each channel or neuron:

0 is no term, k + 1 subtracts ``V >> k``, -(k + 1) adds it (`leak_array` makes one)."""


@dataclass(frozen=True, eq=False)
class Membrane:
    """A membrane that starts a sample at ``v_init``, leaks by ``leak`` before each sum is added, and then saturates at ``v_min`` and ``v_max``."""

    leak: Leak
    v_min: int
    v_max: int
    v_init: int

    def check(self, owner: str, shape: Shape, *, each: bool) -> None:
        """Raise NetworkError, naming ``owner``, unless limits and leak are within what the fire engine holds; ``each``: leaks of neurons may differ within a channel."""
        low, high = word_limits()
        check_integer(owner, "v_min", self.v_min, low, 0)
        check_integer(owner, "v_max", self.v_max, 0, high)
        check_integer(owner, "v_init", self.v_init, self.v_min, self.v_max)
        check_leak(owner, "leak", self.leak, shape, each=each)

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

    def container_leak(self) -> dict[str, Any]:
        """The key ``leak``; none when it is a tensor."""
        return leak_to_container("leak", self.leak)


def leak_array(leaks: Sequence[tuple[LeakTerm, ...]]) -> IntArray:
    """(LEAK_TERMS, len(leaks)): the array that stands for these terms of each channel; of each neuron after ``.reshape(LEAK_TERMS, channels, height, width)``.

    Raises NetworkError when the fire engine cannot hold one of them.
    """
    codes = np.zeros((LEAK_TERMS, len(leaks)), np.int64)
    for number, leak in enumerate(leaks):
        _check_terms(f"number {number}", "leak", leak)
        for i, term in enumerate(leak):
            codes[i, number] = -(term.shift + 1) if term.negative else term.shift + 1
    return codes


def used_terms(leak: Leak) -> int:
    """Terms that the fire engine needs for a leak: of an array, up to the last row that is not 0 everywhere."""
    if isinstance(leak, tuple):
        return len(leak)
    return int(np.flatnonzero(leak.reshape(len(leak), -1).any(axis=1)).max(initial=-1)) + 1


def leak_words(leak: Leak) -> IntArray:
    """FIRE_LEAK words: of an array's shape but for its first axis; of the layer's terms one number."""
    codes = leak_array([leak])[:, 0] if isinstance(leak, tuple) else np.asarray(leak, np.int64)
    words = np.zeros(codes.shape[1:], np.int64)
    for i, code in enumerate(codes):
        fields = {"enable": code != 0, "negative": code < 0, "shift": np.maximum(np.abs(code) - 1, 0)}
        for name, values in fields.items():
            words = words | np.asarray(values, np.int64) << FIRE_LEAK.offset(f"{name}{i}")
    return words


def check_leak(owner: str, name: str, leak: Leak, shape: Shape, *, each: bool) -> None:
    """Raise NetworkError, naming ``owner`` and the parameter ``name``, unless the fire engine holds the terms; of neurons within a channel only with ``each``."""
    if not isinstance(leak, tuple):
        of_neurons = each and np.ndim(leak) == 1 + len(shape.as_tuple())
        greatest = FIRE_LEAK.field("shift0").maximum + 1
        own = shape.as_tuple() if of_neurons else (shape.channels,)
        check_tensor(owner, name, leak, -greatest, greatest, (LEAK_TERMS, *own))
    else:
        _check_terms(owner, name, leak)


def _check_terms(owner: str, name: str, leak: tuple[LeakTerm, ...]) -> None:
    if len(leak) > LEAK_TERMS:
        raise NetworkError(f"{owner}: {len(leak)} {name} terms; the fire engine has {LEAK_TERMS}")
    for term in leak:
        check_integer(owner, f"{name} shift", term.shift, 0, FIRE_LEAK.field("shift0").maximum)
        check_bool(owner, f"{name} negative", term.negative)


def leak_fields(leak: Leak) -> dict[str, int]:
    """Fields of a leak's register; none of an array, whose terms lie with the parameters."""
    fields: dict[str, int] = {}
    if not isinstance(leak, tuple):
        return fields
    for i, term in enumerate(leak):
        fields |= {f"enable{i}": 1, f"negative{i}": int(term.negative), f"shift{i}": term.shift}
    return fields


def leak_to_container(name: str, leak: Leak) -> dict[str, Any]:
    """The terms as the key ``name`` of the neuron's JSON object; nothing for an array, which is a tensor of that name."""
    if not isinstance(leak, tuple):
        return {}
    return {name: [{"shift": int(term.shift), "negative": term.negative} for term in leak]}


def limits_from_container(fields: Fields) -> dict[str, Any]:
    """Limits and initial value, as `Membrane.container_limits` writes them."""
    return {name: fields.integer(name) for name in ("v_min", "v_max", "v_init")}


def leak_from_container(fields: Fields, tensors: LayerTensors, name: str = "leak") -> Leak:
    """The tensor ``name``, or else the terms of the key ``name``."""
    array = tensors.take_optional(name)
    if array is not None:
        return array
    leak: list[LeakTerm] = []
    for child in fields.children(name, MAX_LEAK_TERMS):
        leak.append(LeakTerm(child.integer("shift"), child.boolean("negative")))
        child.done()
    return tuple(leak)
