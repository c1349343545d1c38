"""Models that are NIR files: converted as they are run, with what was assumed on standard error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

from .. import api
from .console import printable

NIR_SUFFIX = ".nir"
RANDOM_SAMPLES, RANDOM_STEPS = 8, 16


class NirModel(NamedTuple):
    """A converted network and the samples that it runs."""

    network: api.Converted
    samples: api.Samples


def is_nir(model: str) -> bool:
    """Whether a model's name is that of a NIR file."""
    return model.endswith(NIR_SUFFIX)


def nir_model(model: str, chip: api.ChipConfig, profile: str | None, file: Path | None, number: int | None) -> NirModel:
    """The network of a NIR file, calibrated on its inputs; without any, random spikes. Says what was assumed."""
    graph, labels = api.read_nir(model), None
    if file is None:
        count = RANDOM_SAMPLES if number is None else number
        values: Any = api.random_spikes(graph, count, RANDOM_STEPS)
        say(f"{count} samples of random spikes over {RANDOM_STEPS} timesteps are run, as there is no --input")
    else:
        values, labels = api.read_real_samples(file, number, names=tuple(graph.inputs))
    network = api.from_nir(graph, profile, calibrate=values, labels=labels, chip=chip, name=Path(model).stem)
    for line in network.assumed:
        say(line)
    for layer in network.fidelity.dead if network.fidelity is not None else ():
        say(f"layer {layer.layer} never sends anything: {layer.dead}")
    return NirModel(network, api.Samples(network.integers(values), labels))


def say(line: str) -> None:
    """A note on standard error."""
    print(f"note: {printable(line)}", file=sys.stderr)
