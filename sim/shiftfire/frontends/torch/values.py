"""What a tensor of the module's forward pass is to the graph: which element of which nodes stands at each of its places.

Whatever only moves elements (reshape, permute, chunk, stack, ...) is carried out on these addresses by torch itself, so no layout needs a rule of
its own, and a layer sees by the addresses whether its axes are what the graph's nodes have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from ..float_graph.graph import Shape
from .errors import OrderError
from .growing import Growing


@dataclass(frozen=True, eq=False)
class Value:
    """The sum of the outputs of ``terms``, which have one shape of ``size`` elements. ``address``, int64 of the tensor's shape: (step * batch + sample) * size + element.

    ``moving``: it may differ from step to step; else it has the addresses of step 0 in all of them. ``decoded``: it is the mean over all steps times this number of steps, 1 for the mean and all of them for the sum; 0: it is of one step.
    """

    terms: tuple[str, ...]
    size: int
    address: torch.Tensor
    moving: bool
    decoded: int = 0

    @property
    def elements(self) -> torch.Tensor:
        """The element at each place."""
        return self.address % self.size

    @property
    def samples(self) -> torch.Tensor:
        """step * batch + sample of each place."""
        return self.address // self.size

    def moved(self, address: torch.Tensor) -> Value:
        """The same nodes, elements at other places."""
        return replace(self, address=address)


@dataclass(frozen=True, eq=False)
class Held:
    """What is no output of a node but a neuron's state: only the neuron ``path`` itself may take it back, in its next ``step``; ``node`` shows it where there is one, else ``why`` not."""

    path: str
    step: int
    node: Value | None
    why: str


@dataclass(frozen=True, eq=False)
class Frame:
    """A value as a node of the graph takes it: all elements, in order. ``shape``: of an event, as torch has it; ``lead``: axes before it; ``samples``: flat over those."""

    value: Value
    shape: Shape
    lead: Shape
    samples: torch.Tensor

    def out(self, terms: tuple[str, ...], shape: Shape) -> Value:
        """What nodes ``terms`` make of it, events of ``shape``."""
        size = elements_of(shape)
        address = self.samples[:, None] * size + torch.arange(size)
        return replace(self.value, terms=terms, size=size, address=address.reshape(*self.lead, *shape))


def elements_of(shape: Any) -> int:
    """Number of elements of a shape."""
    total = 1
    for size in shape:
        total *= int(size)
    return total


def settled(growing: Growing, value: Value) -> Value:
    """The value on nodes all of whose elements it shows; where it shows a block of channels, on slices of them. Raises OrderError for another choice."""
    shown = torch.unique(value.elements)
    if len(shown) == value.size:
        return value
    shape = growing.shape(value.terms)
    positions = elements_of(shape[1:])
    first, last = int(shown[0]), int(shown[-1]) + 1
    if last - first != len(shown) or first % positions or last % positions:
        raise OrderError(f"it takes {len(shown)} of {value.size} elements, which are no block of channels of shape {shape}")
    terms = tuple(growing.sliced(term, first // positions, last // positions) for term in value.terms)
    size = last - first
    return replace(value, terms=terms, size=size, address=value.samples * size + value.elements - first)


def pattern(value: Value, axes: int) -> tuple[torch.Tensor, torch.Tensor] | None:
    """(elements of an event, whose axes are the last ``axes`` ones; samples, flat over the axes before); None where events differ in more than the sample."""
    event = value.address.shape[value.address.ndim - axes :]
    flat = value.address.reshape(-1, elements_of(event))
    samples, elements = flat // value.size, flat % value.size
    if bool((samples != samples[:, :1]).any()) or bool((elements != elements[:1]).any()):
        return None
    return elements[0].reshape(event), samples[:, 0]


def framed(growing: Growing, value: Value, axes: int) -> Frame:
    """The value as events of ``axes`` axes, with the elements in order. Raises OrderError where they are not."""
    value = settled(growing, value)
    found = pattern(value, axes)
    shape = tuple(value.address.shape[value.address.ndim - axes :])
    if found is None or elements_of(shape) != value.size or bool((found[0].reshape(-1) != torch.arange(value.size)).any()):
        raise OrderError(f"its axes {shape} are not those of {', '.join(value.terms)}, {growing.shape(value.terms)}, in order")
    return Frame(value, shape, tuple(value.address.shape[: value.address.ndim - axes]), found[1])
