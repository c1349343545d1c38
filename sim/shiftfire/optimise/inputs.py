"""Inputs to try mappings on when none are given: random ones of the assumed density."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.packet import PayloadKind

from ..compiler.mapping.work import INPUT_ACTIVITY
from ..network.graph import Input, Network
from ..network.input_sets import Inputs, plain
from ..network.values import IntArray

SAMPLES = 8
_SEED = 0


def assumed_inputs(network: Network) -> Inputs:
    """Samples of all inputs, the same for the same network."""
    rng = np.random.default_rng(_SEED)
    return plain({source.name: _values(rng, source) for source in network.inputs})


def _values(rng: np.random.Generator, source: Input) -> IntArray:
    """Half of the elements, of any value that the input can have; powers of two where it has only those."""
    shape = (SAMPLES, source.timesteps, *source.shape.as_tuple())
    values = rng.integers(source.lo, source.hi + 1, shape)
    if source.payload_kind is PayloadKind.POW2:
        values = np.sign(values) * (1 << np.log2(np.maximum(np.abs(values), 1)).astype(np.int64))
    return np.where(rng.random(shape) < INPUT_ACTIVITY, values, 0).astype(np.int64)
