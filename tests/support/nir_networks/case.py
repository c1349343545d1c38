"""A network that a framework exported, and what the framework itself computed for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Case:
    """``outputs``: what each neuron put out, (samples, steps, *shape), by its dotted name in the exported graph."""

    name: str
    framework: str
    version: str
    profile: str
    graph: Any
    inputs: NDArray[np.float64]
    outputs: Mapping[str, NDArray[np.float64]]


def dyadic(rng: np.random.Generator, shape: tuple[int, ...], reach: int = 12, scale: float = 1 / 8) -> NDArray[np.float32]:
    """Weights that float32 sums exactly in any order: small multiples of a power of two."""
    return (rng.integers(-reach, reach + 1, shape) * scale).astype(np.float32)


def trained(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Weights with all their bits, as training leaves them."""
    return rng.normal(0.2, 0.9, shape).astype(np.float32)


def spikes(rng: np.random.Generator, shape: tuple[int, ...], rate: float = 0.4) -> NDArray[np.float32]:
    return (rng.random(shape) < rate).astype(np.float32)
