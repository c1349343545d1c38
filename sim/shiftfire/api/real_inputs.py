"""Real inputs: files of them, random ones where there are none, and how a converted network that was saved takes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.packet import PayloadKind

from ..errors import InputError
from ..frontends.nir.graph import Graph
from ..inputs.read import Dense, read_input
from ..network.graph import Network
from ..network.values import IntArray
from ..quantise.coding import Coding

RANDOM_RATE, RANDOM_SEED = 0.1, 0


class RealSamples(NamedTuple):
    """``inputs`` (samples, timesteps, ...) as a float network takes them; ``labels`` (samples,) or None."""

    inputs: NDArray[Any]
    labels: IntArray | None


def read_real_samples(file: str | os.PathLike[str], number: int | None = None) -> RealSamples:
    """The first ``number`` samples of a .npy, .npz, .safetensors or NIR data file, all without it. Raises InputError, OSError."""
    path = Path(file)
    read = read_input(path, None, "input")
    if not isinstance(read, Dense):
        raise InputError(f"input {path} holds events ({read.columns}): count them into timesteps first, with sf.events_to_frames")
    if number is not None and not 1 <= number <= len(read.inputs):
        raise InputError(f"--samples {number} is out of range: {path} has {len(read.inputs)} samples")
    return RealSamples(read.inputs[:number], None if read.labels is None else read.labels[:number])


def random_spikes(graph: Graph, samples: int, timesteps: int) -> dict[str, NDArray[np.float64]]:
    """Independent spikes for every input of ``graph``, (samples, timesteps, *shape), always the same."""
    draw = np.random.default_rng(RANDOM_SEED)
    return {
        name: (draw.random((samples, timesteps, *shape)) < RANDOM_RATE).astype(np.float64) for name, shape in graph.inputs.items()
    }


def stored_coding(network: Network) -> Coding | None:
    """How the input of a converted network takes real values, by the profile that its container keeps; None where that says nothing of it."""
    inputs = (network.profile or {}).get("inputs")
    known = inputs.get(network.input.name) if isinstance(inputs, dict) else None
    unit = known.get("unit") if isinstance(known, dict) else None
    if isinstance(unit, bool) or not isinstance(unit, int | float) or not 0 < unit < float("inf"):
        return None
    source = network.input
    return None if source.payload_kind is PayloadKind.POW2 else Coding(source.payload_kind, source.lo, source.hi, float(unit))
