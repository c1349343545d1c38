"""The random network of ``--layers``, or a model, and inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from .. import api
from ..api import InputError
from ..api.random_load import random_load
from .inputs import choose_samples
from .options import DEFAULT_DENSITY, DEFAULT_SEED, DEFAULT_TIMESTEPS


class RandomLoad(NamedTuple):
    """A random network and its inputs, and what they were drawn with."""

    network: api.FrozenNetwork
    inputs: api.IntArray
    timesteps: int
    density: float
    seed: int


def chosen_load(
    model: str | None,
    layers: str | None,
    timesteps: int | None,
    density: float | None,
    seed: int | None,
    samples: int,
) -> RandomLoad | None:
    """The random network that the options ask for; None when they ask for none. Raises InputError when they exclude each other."""
    if layers is None:
        for name, value in {"--timesteps": timesteps, "--density": density, "--seed": seed}.items():
            if value is not None:
                raise InputError(f"{name} {value} is for a random network: give --layers too, as in --layers 784-128-10")
        return None
    if model is not None:
        raise InputError(f"model {model!r} and --layers {layers!r} exclude each other: give one of them")
    timesteps = DEFAULT_TIMESTEPS if timesteps is None else timesteps
    density = DEFAULT_DENSITY if density is None else density
    seed = DEFAULT_SEED if seed is None else seed
    network, inputs = random_load(layers, timesteps, density, seed, samples)
    return RandomLoad(network, inputs, timesteps, density, seed)


def network_and_inputs(
    model: str | None,
    layers: str | None,
    timesteps: int | None,
    density: float | None,
    seed: int | None,
    input_file: Path | None,
    samples: int | None,
    default_samples: int,
) -> tuple[api.FrozenNetwork, Any]:
    """A model and its samples, or the random network of `chosen_load`. Raises InputError when neither is named, or both."""
    load = chosen_load(model, layers, timesteps, density, seed, default_samples if samples is None else samples)
    if load is not None:
        if input_file is not None:
            raise InputError(f"--input {input_file} and --layers {layers!r} exclude each other: give one of them")
        return load.network, load.inputs
    if model is None:
        raise InputError(
            "name a model (`shiftfire info` lists those that are shipped), or give --layers, as in --layers 784-128-10"
        )
    network = api.load(model)
    return network, choose_samples(model, network, input_file, samples, default_samples).inputs
