"""Neurons from keywords: numbers repeated for every channel, names of enumerations, leaks as shifts."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import Enum
from numbers import Integral
from typing import Any, cast

import numpy as np

from ..neurons.membrane import Leak, LeakTerm, leak_array
from ..neurons.registry import KINDS, Neuron, kind_named, registered
from ..values import NetworkError
from .values import member, nearest, shown, whole

LEAKS = ("leak", "current_leak")  # parameters that go by shifts


def neuron(kind: str | type[Neuron], **parameters: Any) -> Neuron:
    """A neuron for the ``neuron`` of a layer, where its parameters would be mistaken for the connections': ``sf.neuron("bspn", scale="epsilon", ...)``.

    ``kind``: a kind's name, or its class. Parameters per channel may be one number; enumerations go by name; ``leak`` by shifts. Raises NetworkError.
    """
    found = _kind("neuron", kind)
    if found is None:
        raise NetworkError(f"neuron: {shown(kind)} is a neuron already; give the name of a kind")
    return _from_keywords("neuron", found, parameters)


def make_neuron(owner: str, kind: Any, channels: int, parameters: Mapping[str, Any]) -> Neuron:
    """A neuron of ``channels`` channels.

    ``kind``: a kind's name (``lif``), its class, or a neuron, whose parameters then are complete. A parameter per channel may be one number.
    Raises NetworkError for unknown kinds, and for parameters that the kind has not or that are missing; what they may be, `check_network` says.
    """
    found = _kind(owner, kind)
    if found is None:
        if parameters:
            raise NetworkError(f"{owner}: {', '.join(parameters)} beside a neuron that is complete; give them to the neuron")
        return registered(kind).for_channels(channels)
    return _from_keywords(owner, found, parameters).for_channels(channels)


def refuse_ambiguous(owner: str, kind: Any, names: Iterable[str]) -> None:
    """Raise NetworkError when one of ``names``, keywords of a connection, is a parameter of the neuron as well."""
    found = _kind(owner, kind)
    both = [] if found is None else [name for name in names if name in {field.name for field in fields(found)}]
    if both:
        raise NetworkError(
            f"{owner}: {both[0]} is a keyword of the connection and a parameter of {found.__name__}; give neuron=sf.neuron(...)"  # type: ignore[union-attr]
        )


def _from_keywords(owner: str, kind: type[Neuron], parameters: Mapping[str, Any]) -> Neuron:
    hints = typing.get_type_hints(kind)
    known = {field.name: hints[field.name] for field in fields(kind)}
    for name in parameters:
        if name not in known:
            raise NetworkError(f"{owner}: {kind.__name__} has no parameter {shown(name)}; {nearest(name, known)}")
    given = {name: _parameter(owner, name, value, known[name]) for name, value in parameters.items()}
    if "bias" in known:
        given.setdefault("bias", np.zeros(1, np.int64))
    needed = [p.name for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
    missing = [name for name in needed if name not in given]
    if missing:
        raise NetworkError(f"{owner}: {kind.__name__} needs {' and '.join(missing)}; give {missing[0]}=...")
    return kind(**given)


def _kind(owner: str, kind: Any) -> type[Neuron] | None:
    """The class that ``kind`` names or is; None when it is a neuron."""
    names = [each.container_name() for each in KINDS]
    if isinstance(kind, str):
        found = kind_named(kind.lower())
        if found is None:
            raise NetworkError(f"{owner}: no neuron kind {shown(kind)}; {nearest(kind.lower(), names)}")
        return found
    if isinstance(kind, type):
        if kind not in KINDS:
            raise NetworkError(f"{owner}: {kind.__name__} is no neuron kind; there are {', '.join(names)}")
        return kind
    return None


def _parameter(owner: str, name: str, value: Any, hint: Any) -> Any:
    """A parameter as the dataclass holds it; ``hint`` is the type that its field declares."""
    alternatives = typing.get_args(hint) if typing.get_origin(hint) is not None else ()
    if value is None and type(None) in alternatives:
        return None
    if name in LEAKS:
        return _leak(owner, value, name)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return member(owner, name, value, hint)
    if hint is int and type(value) is not bool and isinstance(value, Integral):
        return int(value)
    if _is_array(hint) or any(_is_array(each) for each in alternatives):
        return whole(owner, name, value)
    return value


def _is_array(hint: Any) -> bool:
    return typing.get_origin(hint) is np.ndarray or hint is np.ndarray


def _leak(owner: str, leak: Any, name: str) -> Leak:
    """The leak ``name``: an array of more than one axis as it is, a list of shifts for each channel, or `leak_terms` of the layer."""
    if isinstance(leak, np.ndarray) and leak.ndim > 1:
        return whole(owner, name, leak)
    own: list[Any] = list(cast("Iterable[Any]", leak)) if isinstance(leak, tuple | list) else []
    if own and all(isinstance(terms, tuple | list) for terms in own):
        try:
            return leak_array([leak_terms(owner, terms, name) for terms in own])
        except NetworkError as error:
            raise NetworkError(f"{owner}: {name} of channels: {error}") from None
    return leak_terms(owner, leak, name)


def leak_terms(owner: str, leak: Any, name: str = "leak") -> tuple[LeakTerm, ...]:
    """Terms of the leak ``name``: shifts, of which a negative one stands for a term that is added.

    ``3`` loses V >> 3 each step; ``(3, -5, 7)`` loses V >> 3, gains V >> 5, loses V >> 7.
    """
    terms: list[Any] = list(cast("Iterable[Any]", leak)) if isinstance(leak, tuple | list | np.ndarray) else [leak]
    if not all(isinstance(term, Integral | LeakTerm) for term in terms):
        raise NetworkError(
            f"{owner}: {name} = {shown(cast('object', leak))} is neither a shift nor a list of shifts; give 3, or (3, -5)"
        )
    return tuple(term if isinstance(term, LeakTerm) else LeakTerm(abs(int(term)), int(term) < 0) for term in terms)
