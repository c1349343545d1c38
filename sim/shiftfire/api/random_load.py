"""The random network of ``bench --layers``: options to network and inputs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from shiftfire_spec.stream import GROUP_CHANNELS

from ..errors import InputError
from ..golden.execute import execute
from ..inputs.limits import MAX_INPUT_BYTES
from ..network.graph import Network
from ..network.random_dense import random_dense_network, random_spikes
from ..network.values import IntArray

MOST_NEURONS = GROUP_CHANNELS.field("count").maximum
MOST_WEIGHTS = 1 << 25  # as a NIR file may hold


def parse_layers(text: str) -> tuple[int, ...]:
    """``784-128-10`` as (784, 128, 10). Raises InputError."""
    parts = text.split("-")
    if len(parts) < 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise InputError(f"--layers {text!r} is not a list of sizes: give inputs and layers, as in 784-128-10")
    sizes = tuple(int(part) if len(part) <= len(str(MOST_NEURONS)) else MOST_NEURONS + 1 for part in parts)
    for part, size in zip(parts, sizes, strict=True):
        if not 1 <= size <= MOST_NEURONS:
            raise InputError(f"--layers {text!r}: a size is {part}; it must be within 1..{MOST_NEURONS}")
    return sizes


def random_load(layers: str, timesteps: int, density: float, seed: int, samples: int) -> tuple[Network, IntArray]:
    """The network and its inputs (samples, timesteps, inputs, 1, 1). Raises InputError before anything large is made."""
    sizes = parse_layers(layers)
    if not 0 <= density <= 1:
        raise InputError(f"--density {density:g} is out of range: it is the share of inputs that spike, within 0..1")
    if timesteps < 1:
        raise InputError(f"--timesteps {timesteps} is out of range: give 1 or more")
    if seed < 0:
        raise InputError(f"--seed {seed} is out of range: give 0 or more")
    weights = sum(a * b for a, b in pairwise(sizes))
    if weights > MOST_WEIGHTS:
        raise InputError(f"--layers {layers!r} has {weights:,} weights, more than {MOST_WEIGHTS:,}: use smaller layers")
    size = samples * timesteps * sizes[0] * np.dtype(np.int64).itemsize
    if size > MAX_INPUT_BYTES:
        raise InputError(
            f"--samples {samples} of {timesteps} timesteps take {size:,} bytes, more than {MAX_INPUT_BYTES:,}: use fewer"
        )
    network = random_dense_network(sizes, timesteps, density, seed)
    return network, random_spikes(network.input, density, seed, samples)


def spike_rates(network: Network, inputs: IntArray) -> dict[str, float]:
    """Mean of what each layer's neurons send per timestep, by layer."""
    activations = execute(network, inputs).activations
    return {layer.name: float(np.mean(activations[layer.name])) for layer in network.layers}
