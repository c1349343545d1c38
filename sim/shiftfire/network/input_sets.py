"""Samples of a network's inputs: an array where there is one input, arrays by name where there are several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from .graph import Input
from .inputs import expand_inputs
from .values import IntArray, NetworkError

Inputs = IntArray | Mapping[str, IntArray]


def expand_all(sources: Sequence[Input], given: Any) -> dict[str, IntArray]:
    """Every input's samples by name, int64 (samples, timesteps, channels, height, width): see `expand_inputs`.

    ``given``: a mapping of every input's name, or just the array where there is one input. Raises NetworkError.
    """
    names = [source.name for source in sources]
    if not isinstance(given, Mapping):
        if len(sources) > 1:
            raise NetworkError(f"inputs: the network has several ({', '.join(names)}); give a dict of an array for each")
        return {names[0]: expand_inputs(sources[0], given)}
    arrays = cast("Mapping[Any, Any]", given)
    for name in names:
        if name not in arrays:
            raise NetworkError(f"inputs: nothing is given for {name}; there are {', '.join(map(str, arrays)) or 'none'}")
    extra = [str(name) for name in arrays if name not in names]
    if extra:
        raise NetworkError(f"inputs: the network has no input {extra[0]!r}; it has {', '.join(names)}")
    expanded = {source.name: expand_inputs(source, arrays[source.name]) for source in sources}
    counts = {name: len(values) for name, values in expanded.items()}
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise NetworkError(f"inputs: they have different numbers of samples ({said}); give equally many")
    return expanded


def plain(expanded: Mapping[str, IntArray]) -> Inputs:
    """The array itself where there is one input."""
    return next(iter(expanded.values())) if len(expanded) == 1 else dict(expanded)


def single(inputs: Inputs) -> IntArray:
    """The array of the one input. Raises NetworkError when there are several."""
    if isinstance(inputs, Mapping):
        raise NetworkError(f"inputs: there are several ({', '.join(inputs)}) where one is taken; give one array")
    return inputs


def sample_count(inputs: Inputs) -> int:
    """How many samples there are."""
    return len(next(iter(inputs.values())) if isinstance(inputs, Mapping) else inputs)


def take_samples(inputs: Inputs, chosen: slice) -> Inputs:
    """Some of the samples, of every input the same."""
    if isinstance(inputs, Mapping):
        return {name: values[chosen] for name, values in inputs.items()}
    return inputs[chosen]
