"""What is known while a module is read: the graph so far, the neurons' rules of time, notes, and where in the module we are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from ..float_graph.graph import Shape
from ..float_graph.neurons import FloatArray
from ..float_graph.nodes import Node, Scale
from ..float_graph.profile import Profile
from ..float_graph.profile_file import named_profile, profile_names
from .errors import TorchError
from .growing import Growing, Sources
from .values import Held, Value, pattern, settled


@dataclass(frozen=True)
class Rule:
    """How a neuron cuts time: a shipped profile's name, and the keys in which it differs."""

    profile: str
    changes: tuple[tuple[str, Any], ...] = ()


@dataclass
class Called:
    """A neuron that was called: on which terms, for which steps so far."""

    sources: Sources
    node: Sources
    shown: Value | None
    steps: int = 1


@dataclass
class Reading:
    """``batch``: samples of the example. ``where``: path and class of the module that is being read, for messages."""

    batch: int
    growing: Growing = field(default_factory=Growing)
    rules: dict[str, Rule] = field(default_factory=dict[str, Rule])
    notes: list[str] = field(default_factory=list[str])
    called: dict[str, Called] = field(default_factory=dict[str, Called])
    where: str = "the module"
    path: str = ""

    def error(self, what: str) -> TorchError:
        """The error of the module that is being read, in one line."""
        return TorchError(f"{self.where}: {' '.join(what.split())}")

    def note(self, what: str) -> None:
        """A line for the list of what was assumed, once."""
        line = f"{self.where}: {what}"
        if line not in self.notes:
            self.notes.append(line)

    def value(self, given: Any) -> Value:
        """What a layer is given, when it is a value of the graph. Raises TorchError."""
        if isinstance(given, Held):
            if given.node is None:
                raise self.error(f"it takes the membrane of {given.path}, {given.why}")
            return given.node
        if not isinstance(given, Value):
            raise self.error(
                f"it takes a {type(given).__name__} that does not depend on the input; give it to the layer as a parameter"
            )
        return given

    def fresh(self, given: Any) -> Value:
        """As `value`, and not decoded yet: for what is not linear."""
        value = self.value(given)
        if value.decoded:
            raise self.error(
                "it takes a mean over time, which is known after the last step only; take the mean at the end of the module"
            )
        return value

    def averaged(self, given: Any) -> Value:
        """As `value`; a sum over time as the mean of that many times as much, so that what is added later is added once."""
        value = self.value(given)
        if value.decoded <= 1:
            return value
        scaled = self.each(value, "sum", lambda own, shape: Scale(np.broadcast_to(float(value.decoded), shape)))
        return replace(scaled, decoded=1)

    def each(self, given: Value, kind: str, make: Callable[[Value, Shape], Node]) -> Value:
        """A node that does element by element what ``make`` says: elements stay where they are."""
        value = settled(self.growing, given)
        shape = self.growing.shape(value.terms)
        return replace(value, terms=self.growing.add(self.path, kind, make(value, shape), value.terms, shape))

    def spread(self, value: Value, parameter: Any, what: str) -> FloatArray:
        """A parameter as torch would broadcast it onto the value, in the shape of the value's nodes. Raises TorchError where it differs from sample to sample or step to step."""
        shape = self.growing.shape(value.terms)
        tensor = torch.as_tensor(parameter).detach().to("cpu", torch.float64)
        if not bool(torch.isfinite(tensor).all()):
            raise self.error(f"{what} has values that are not finite; look at the training")
        if tensor.numel() == 1:
            return np.broadcast_to(np.float64(tensor.item()), shape)
        try:
            wide = tensor.expand(value.address.shape).reshape(-1)
        except RuntimeError:
            raise self.error(
                f"{what} of shape {tuple(tensor.shape)} does not fit onto {tuple(value.address.shape)}; export it in the layer's shape"
            ) from None
        elements = value.elements.reshape(-1)
        found = torch.zeros(value.size, dtype=torch.float64)
        found[elements] = wide
        if bool((found[elements] != wide).any()):
            raise self.error(
                f"{what} of shape {tuple(tensor.shape)} differs from sample to sample or step to step; the fabric's are the same in all"
            )
        return found.numpy().reshape(shape)

    def numbers(self, tensor: Any, what: str) -> FloatArray:
        """A parameter in float64. Raises TorchError for what is not finite."""
        array = tensor.detach().to("cpu", torch.float64).numpy()
        if not np.isfinite(array).all():
            raise self.error(f"{what} has values that are not finite; look at the training")
        return array

    def neuron(self, given: Any, kind: str, rule: Rule, make: Callable[[Value, Shape], Node], *, many: bool) -> Value:
        """A neuron's output. ``many``: the first axis of what it takes is time; else it is called once for each step, in order."""
        value = settled(self.growing, self.fresh(given))
        shape = self.growing.shape(value.terms)
        step = self._step(value, many)
        known = self.called.get(self.path)
        if known is None:
            node = self.growing.add(self.path, kind, make(value, shape), value.terms, shape)
            known = self.called[self.path] = Called(value.terms, node, None)
            self.rules[self.path] = rule
        else:
            if many:
                raise self.error("it is called twice; a neuron is one layer: give the second place a neuron of its own")
            if known.sources != value.terms or step not in (known.steps, None):
                raise self.error(
                    f"it is called again, for another layer or out of order (step {known.steps} is due); give each place a neuron of its own,"
                    " and say which axes the example has (axes=...)"
                )
            step = known.steps
            known.steps += 1
        address = value.address
        if many and not value.moving:
            address = address + (torch.arange(len(address)) * self.batch * value.size).reshape(-1, *(1,) * (address.ndim - 1))
        elif not value.moving:
            address = address + (step or 0) * self.batch * value.size
        return replace(value, terms=known.node, address=address, moving=True)

    def _step(self, value: Value, many: bool) -> int | None:
        """The step that a neuron is called for; None where every step is alike."""
        if not value.moving:
            return None
        steps = value.samples // self.batch
        if many:
            due = torch.arange(len(steps)).reshape(-1, *(1,) * (steps.ndim - 1)) if steps.ndim else steps
            if bool((steps != due).any()):
                raise self.error(
                    "step_mode is 'm', and the first axis of what it takes is not time; say which axes the example has (axes='TB')"
                )
            return None
        step = int(steps.reshape(-1)[0])
        if bool((steps != step).any()):
            raise self.error(
                "it takes one step at a time, and is given several; use step_mode 'm', or say which axes the example has (axes=...)"
            )
        return step


def whole(value: Value) -> tuple[torch.Tensor, torch.Tensor, int]:
    """(elements of an event, samples over the axes before, number of axes of the event) with as many axes in the event as go: what differs is only the sample before."""
    for axes in range(value.address.ndim, -1, -1):
        found = pattern(value, axes)
        if found is not None:
            return (*found, axes)
    raise AssertionError("an event of no axes is one element")


Performed = Any
Layer = Callable[[Reading, Any, tuple[Any, ...], Mapping[str, Any]], Performed]
"""A module's way: (reading, module, args, kwargs), what it returns."""
Operation = Callable[[Reading, tuple[Any, ...], Mapping[str, Any]], Performed]
"""A function's or a method's way."""


def profile_of(rule: Rule) -> Profile:
    """The profile of a rule, under its shipped name where there is one; the graph's times are in steps."""
    base = named_profile(rule.profile)
    wanted = replace(base, time_unit=base.dt, **dict(rule.changes))
    for name in profile_names():
        shipped = named_profile(name)
        if replace(shipped, time_unit=shipped.dt) == replace(
            wanted, name=shipped.name, description=shipped.description, source=shipped.source
        ):
            return replace(wanted, name=name, description=shipped.description, source=shipped.source)
    return replace(wanted, name="-".join([rule.profile, *(str(value) for _, value in sorted(rule.changes))]))
