"""Real inputs: files of them, random ones where there are none, and how a converted network that was saved takes them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.packet import PayloadKind

from ..errors import InputError
from ..frontends.float_graph.graph import Graph
from ..inputs.read import Dense, read_input, read_several_real, whole_numbers
from ..network.graph import Input, Network
from ..network.values import IntArray
from ..quantise.coding import Coding

RANDOM_RATE, RANDOM_SEED = 0.1, 0


class RealSamples(NamedTuple):
    """``inputs`` (samples, timesteps, ...) as a float network takes them, by name where it has several; ``labels`` (samples,) or None."""

    inputs: NDArray[Any] | dict[str, NDArray[Any]]
    labels: IntArray | None


def read_real_samples(file: str | os.PathLike[str], number: int | None = None, *, names: Sequence[str] = ()) -> RealSamples:
    """The first ``number`` samples of a .npy, .npz, .safetensors or NIR data file, all without it. ``names``: of the inputs, where there are several.

    Raises InputError, OSError.
    """
    path = Path(file)
    if len(names) > 1:
        several, labels = read_several_real(path, names)
        return RealSamples({name: _first(path, values, number) for name, values in several.items()}, _some(labels, number))
    read = read_input(path, None, "input")
    if not isinstance(read, Dense):
        raise InputError(f"input {path} holds events ({read.columns}): count them into timesteps first, with sf.events_to_frames")
    return RealSamples(_first(path, read.inputs, number), _some(read.labels, number))


def _first(path: Path, values: NDArray[Any], number: int | None) -> NDArray[Any]:
    there = len(values) if values.ndim else 0
    if number is not None and not 1 <= number <= there:
        raise InputError(f"--samples {number} is out of range: {path} has {there} samples")
    return values if number is None else values[:number]


def _some(labels: IntArray | None, number: int | None) -> IntArray | None:
    return labels if labels is None or number is None else labels[:number]


def random_spikes(graph: Graph, samples: int, timesteps: int) -> dict[str, NDArray[np.float64]]:
    """Independent spikes for every input of ``graph``, (samples, timesteps, *shape), always the same."""
    draw = np.random.default_rng(RANDOM_SEED)
    return {
        name: (draw.random((samples, timesteps, *shape)) < RANDOM_RATE).astype(np.float64) for name, shape in graph.inputs.items()
    }


def stored_codings(network: Network) -> dict[str, Coding]:
    """How inputs of a converted network take real values with a step of their own, by the profile that its container keeps; others are left out."""
    inputs = (network.profile or {}).get("inputs")
    found = {source.name: _stored(source, inputs) for source in network.inputs} if isinstance(inputs, dict) else {}
    return {name: coding for name, coding in found.items() if coding is not None}


def _stored(source: Input, inputs: dict[str, Any]) -> Coding | None:
    known = inputs.get(source.name)
    unit = known.get("unit") if isinstance(known, dict) else None
    if isinstance(unit, bool) or not isinstance(unit, int | float) or not 0 < unit < float("inf") or unit == 1:
        return None
    return None if source.payload_kind is PayloadKind.POW2 else Coding(source.payload_kind, source.lo, source.hi, float(unit))


def rounded_values(path: Path, read: Dense, name: str, coding: Coding | None) -> IntArray:
    """Values of a file as the input ``name`` takes them: rounded to its step where it has one, else whole numbers. Raises as `whole_numbers`."""
    if coding is None or read.inputs.dtype.kind not in "iubf":
        return whole_numbers(path, read)
    return coding.integers(name, read.inputs)
