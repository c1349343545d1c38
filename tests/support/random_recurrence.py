"""Random networks with feedback: delayed synapses on top of a random network's layers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.network.check import check_network
from shiftfire.network.graph import Input, Layer, Network
from shiftfire.network.recurrence import late_order, recurrent
from shiftfire.network.values import NetworkError
from shiftfire_spec.chip import ChipConfig

from .random_networks import RandomLimits, network_inputs, random_candidate, random_skip

CHAINS_SHARE = 0.3  # of the delayed synapses: two from one source
FEEDBACK_LIMITS = RandomLimits(channels=12, extent=4, timesteps=12, layers=3)


def random_recurrent_network(
    rng: np.random.Generator, chip: ChipConfig, limits: RandomLimits = FEEDBACK_LIMITS, tries: int = 200
) -> tuple[Network, Any]:
    """A network with feedback that compiles for ``chip``, and inputs (samples, timesteps, channels, height, width), by name where it has several.

    Raises RuntimeError when ``tries`` candidates in a row have none, or do not fit the chip.
    """
    for _ in range(tries):
        network = with_feedback(rng, chip, random_candidate(rng, chip, limits))
        if not recurrent(network):
            continue
        try:
            compile_network(network, chip)
        except CompileError:
            continue
        return network, network_inputs(rng, network, limits.samples)
    raise RuntimeError(f"none of {tries} random networks with feedback fits chip {chip.name}: lower the limits {limits}")


def with_feedback(rng: np.random.Generator, chip: ChipConfig, network: Network, share: float = 0.5) -> Network:
    """``network`` with delayed synapses where they are allowed: of layers from themselves, from later and from earlier ones, each with chance ``share``."""
    for layer in network.layers:
        for source in (layer, *network.layers, network.input):
            wider = _with_delayed(rng, chip, network, network.layer(layer.name), source) if rng.random() < share else network
            if chip.delay_words or late_order(wider) is not None:
                network = wider
    try:
        return check_network(network)
    except NetworkError as error:  # a loop that a constant drive or a sum is part of
        assert "different timesteps" in str(error), error
        return replace(
            network, layers=tuple(replace(x, synapses=tuple(s for s in x.synapses if not s.delay)) for x in network.layers)
        )


def _with_delayed(rng: np.random.Generator, chip: ChipConfig, network: Network, layer: Layer, source: Layer | Input) -> Network:
    """``network`` with delayed synapses more, if there can be some: on chips with a ring of any delay, beside synapses of another delay from the same source."""
    names = {name for s in layer.synapses for name in s.sources}
    dynamic = {name for s in layer.synapses if s.dynamic for name in s.sources}
    steps = {network.source(name).timesteps for name in names} | {layer.timesteps, source.timesteps}
    shared = source.name in names and not (chip.chains and chip.delay_words and source.name not in dynamic)
    if shared or len(steps) > 1 or steps == {1} or len(layer.synapses) >= chip.stream_groups:
        return network
    drawn = random_skip(rng, source, layer.shape)
    if drawn is None:
        return network
    late = [replace(drawn, delay=_random_delay(rng, chip))]
    if chip.chains and rng.random() < CHAINS_SHARE and len(layer.synapses) + 1 < chip.stream_groups:
        again = random_skip(rng, source, layer.shape)
        late += [replace(again, delay=late[0].delay if rng.random() < 0.5 else _random_delay(rng, chip))] if again else []
    wider = replace(layer, synapses=(*layer.synapses, *late))
    return replace(network, layers=tuple(wider if x.name == layer.name else x for x in network.layers))


def _random_delay(rng: np.random.Generator, chip: ChipConfig) -> int:
    """Mostly one step, as chips without a ring have it."""
    return int(rng.choice([1, 1, 1, 2, 3, 5, 14, 40])) if chip.delay_words and chip.chains else 1
