"""From a module and an example of its input to the checked graph and the profile of its neurons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..float_graph.graph import Graph, Shape
from ..float_graph.nodes import Input
from ..float_graph.profile import Profile
from .errors import TorchError
from .reading import Reading, Rule, profile_of, whole
from .tracing import Reader, held_by
from .values import Held, Value, elements_of, settled

MOST_ADDRESSES = 1 << 24  # elements of the example
WITHOUT_NEURONS = Rule("spikingjelly")  # nothing depends on it
AXES = ("TB", "BT", "T", "B", "")


@dataclass(frozen=True, eq=False)
class Read:
    """What was read: the graph, whose times are in steps of ``profile``."""

    graph: Graph
    profile: Profile


def read_module(module: nn.Module, example: Any, axes: str | None = None) -> Read:
    """The network of ``module``, which is not executed or changed. ``example``: a tensor that it takes, or a tuple of them, whose first axes are
    ``axes``: time and samples, "TB", "BT", "T", "B" (one step of several samples) or "" (one step of one sample); without it "TB" where a layer
    takes many steps at once (step_mode 'm'), else "B".

    Raises TorchError, naming the module's path, its class and what to do.
    """
    if not isinstance(module, nn.Module):
        raise TorchError(f"from_torch takes a torch.nn.Module, not a {type(module).__name__}; give the trained module itself")
    examples = example if isinstance(example, tuple | list) else (example,)
    if axes is None:
        axes = "TB" if any(getattr(m, "step_mode", "s") == "m" for m in module.modules()) else "B"
    if axes not in AXES:
        raise TorchError(
            f"axes = {axes!r}: the first axes of the example are one of {', '.join(map(repr, AXES))}, T for time and B for samples"
        )
    for tensor in examples:
        if (
            not isinstance(tensor, torch.Tensor)
            or tensor.ndim <= len(axes)
            or not tensor.numel()
            or tensor.numel() > MOST_ADDRESSES
        ):
            told = f"of shape {tuple(tensor.shape)}" if isinstance(tensor, torch.Tensor) else f"a {type(tensor).__name__}"
            raise TorchError(
                f"the example is {told}; give a tensor with axes {' '.join(axes)} and those of the input, of at most {MOST_ADDRESSES} elements"
            )
    if not 1 <= len(examples) <= len(_ROOTS):
        raise TorchError(f"{len(examples)} examples; give one for each input, at most {len(_ROOTS)}")
    reading = Reading(batch=int(examples[0].shape[axes.index("B")]) if "B" in axes else 1)
    if any(m.training and not isinstance(m, nn.ModuleList | nn.ModuleDict) for m in module.modules()):
        reading.notes.append("the module is in training mode; it was read as after eval()")
    with torch.no_grad():
        outputs = _traced(module, examples, axes, reading)
    profile = _profile(reading)
    return Read(reading.growing.graph(outputs, tuple(reading.notes)), profile)


class _One(nn.Module):
    """The module with one input; what it returns is kept, as torch.fx would have it in its own graph."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.returned: list[Any] = []

    def forward(self, x: Any) -> None:
        self.returned.append(self.inner(x))


class _Two(_One):
    def forward(self, x: Any, y: Any) -> None:  # type: ignore[override]
        self.returned.append(self.inner(x, y))


class _Three(_One):
    def forward(self, x: Any, y: Any, z: Any) -> None:  # type: ignore[override]
        self.returned.append(self.inner(x, y, z))


_ROOTS = (_One, _Two, _Three)  # torch.fx reads the arguments of a root from its code


def _traced(module: nn.Module, examples: Any, axes: str, reading: Reading) -> list[tuple[str, tuple[str, ...]]]:
    root = _ROOTS[len(examples) - 1](module)
    values = []
    for number, tensor in enumerate(examples):
        name = "input" if len(examples) == 1 else f"input{number + 1}"
        values.append(_input(reading, name, tuple(tensor.shape), axes))
    Reader(reading, "inner", values).trace(root)
    return _outputs(reading, held_by(root.returned))


def _input(reading: Reading, name: str, shape: Shape, axes: str) -> Value:
    event = shape[len(axes) :]
    size = elements_of(event)
    numbers = torch.zeros(shape[: len(axes)], dtype=torch.int64)
    for position, axis in enumerate(axes):
        count = torch.arange(shape[position]) * (reading.batch if axis == "T" else 1)
        numbers = numbers + count.reshape(-1, *(1,) * (len(axes) - 1 - position))
    address = numbers.reshape(*numbers.shape, *(1,) * len(event)) * size + torch.arange(size).reshape(event)
    terms = reading.growing.add(name, "Input", Input(), (), tuple(map(int, event)))
    return Value(terms, size, address, moving="T" in axes)


def _outputs(reading: Reading, found: list[Value | Held]) -> list[tuple[str, tuple[str, ...]]]:
    reading.where, reading.path = "the module's output", ""
    values = [part for part in found if isinstance(part, Value)]
    if not values:
        values = [reading.value(part) for part in found[-1:]]
    elif len(values) < len(found):
        reading.notes.append("the module returns states of neurons beside its outputs; they are left out")
    shown: dict[tuple[str, ...], None] = {}
    for value in values:
        value = settled(reading.growing, value)
        elements, _, _ = whole(value)
        if bool((elements.reshape(-1) != torch.arange(value.size)).any()):
            if elements.numel() != value.size or len(reading.growing.shape(value.terms)) == 1:
                raise reading.error("its elements come in another order than its layer's; return the layer's output as it is")
            reading.note(f"its axes are those of the layer, {reading.growing.shape(value.terms)}, channels first")
        if value.decoded:
            reading.note(
                "it is a mean or sum over time, which the read-out makes: the network sends what it is made of in every step"
            )
        shown[value.terms] = None
    names = ["output", *(f"output{number}" for number in range(2, len(shown) + 1))]
    return list(zip(names, shown, strict=True))


def _profile(reading: Reading) -> Profile:
    """The one profile of all neurons."""
    by_rule: dict[str, tuple[str, Rule]] = {}
    chosen = WITHOUT_NEURONS
    for path, rule in reading.rules.items():
        for key, value in (("framework", rule.profile), *rule.changes):
            known = by_rule.setdefault(key, (path, rule))
            if dict((("framework", known[1].profile), *known[1].changes))[key] != value:
                raise TorchError(
                    f"modules {known[0]} and {path} differ in how they cut time or reset ({_told(known[1])}; {_told(rule)}); a network has one profile:"
                    " give all neurons one framework and one kind of reset"
                )
        chosen = Rule(rule.profile, tuple({**dict(chosen.changes), **dict(rule.changes)}.items()))
    return profile_of(chosen)


def _told(rule: Rule) -> str:
    return ", ".join([rule.profile, *(f"{key} {value}" for key, value in rule.changes)])
