"""What another simulator of activities sends for the same network on the same cores (SANA-FE, IEEE TCAD 2025)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from shiftfire_spec.counters import Counter as Counted

from ..api.result import Result
from ..energy.corners import Band
from ..energy.parts import Clock, EnergyEstimate
from ..network.graph import Network
from ..sana_fe.pairs import Pair, spike_hops, spike_pairs
from ..sana_fe.simulate import SanaFeRun, simulate_sana_fe
from .bench import Bench
from .claim import Claim
from .spiking_networks import convolution, leaky_dense
from .verdict import Figure, exactly

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "sana-fe": "2.2.9, loihi.yaml of the package",
    "dense": [128, 192, 96, 10],
    "convolution": {"size": 10, "channels": [8, 8], "classes": 10},
    "timesteps": 16,
    "input_rate": 0.2,
    "samples": 4,
    "seed": 0,
}
_PICOJOULES_PER_NANOJOULE = 1e3


def networks() -> dict[str, Network]:
    """What is run on both."""
    timesteps, seed = SETTINGS["timesteps"], SETTINGS["seed"]
    return {
        "dense": leaky_dense(SETTINGS["dense"], timesteps, seed),
        "convolution": convolution(**SETTINGS["convolution"], timesteps=timesteps, seed=seed),
    }


def measure(bench: Bench) -> tuple[Figure, ...]:
    """Spikes, messages, hops and energy of each network on both."""
    found: list[Figure] = []
    for name, network in networks().items():
        rng = np.random.default_rng([SETTINGS["seed"], 1])
        shape = (SETTINGS["samples"], network.input.timesteps, *network.input.shape.as_tuple())
        inputs = (rng.random(shape) < SETTINGS["input_rate"]).astype(np.int64)
        result = bench.network(network, inputs, SETTINGS["chip"])
        runs = simulate_sana_fe(result.schedule.rounds[0].program, {network.input.name: inputs})
        figures = (*_activities(result, runs), *_energies(result, runs))
        found += [replace(figure, name=f"{name}: {figure.name}") for figure in figures]
    return tuple(found)


def _activities(result: Result, runs: list[SanaFeRun]) -> Iterator[Figure]:
    """Counts of all samples."""
    program, spikes = result.schedule.rounds[0].program, result.spikes
    samples = range(len(runs))
    own: list[Counter[Pair]] = [spike_pairs(program, spikes, sample) for sample in samples]
    differ = sum(int(np.sum(runs[s].spikes[name] != values[s])) for s in samples for name, values in spikes.items())
    counters = result.rounds[0].counters
    assert counters is not None

    def count(name: str, value: float, unit: str) -> Figure:
        return Figure(name, unit, exactly(value))

    yield count("neurons and timesteps, inputs among them", sum(values.size for values in spikes.values()), "elements")
    yield count("of these spiking", sum(int(values.sum()) for values in spikes.values()), "spikes")
    yield count("of these not alike in SANA-FE", differ, "elements")
    yield count("pairs of spike and core, SANA-FE", sum(run.pairs.total() for run in runs), "messages")
    yield count("pairs of spike and core, ours", sum(pairs.total() for pairs in own), "deliveries")
    yield count(
        "SANA-FE's pairs that ours lack", sum((run.pairs - pairs).total() for run, pairs in zip(runs, own, strict=True)), "pairs"
    )
    yield count(
        "our pairs that SANA-FE's lack", sum((pairs - run.pairs).total() for run, pairs in zip(runs, own, strict=True)), "pairs"
    )
    yield count("events that our cores' counters saw", int(counters[:, Counted.EVENTS_IN].sum()), "events")
    yield count("hops, SANA-FE, a message for each core", sum(run.hops for run in runs), "hops")
    yield count("hops, ours, a packet copied on its way", sum(spike_hops(program, spikes, sample) for sample in samples), "hops")
    yield count("synaptic operations, SANA-FE", sum(run.operations for run in runs), "operations")
    yield count("synaptic operations, ours", int(counters[:, Counted.LANE_ADDS].sum()), "operations")


def _energies(result: Result, runs: list[SanaFeRun]) -> Iterator[Figure]:
    """Of a sample."""
    nanojoules = 1 / _PICOJOULES_PER_NANOJOULE
    for part in runs[0].energy:
        mean = sum(run.energy[part] for run in runs) / len(runs)
        yield Figure(f"SANA-FE's Loihi: {part}", "nJ", exactly(mean * nanojoules))
    own = result.energies[0]
    yield Figure("ours, clock and leakage left out", "nJ", own.per_inference.times(nanojoules))
    yield Figure("ours, with a gated clock and leakage", "nJ", own.total(Clock.GATED).times(nanojoules))
    yield Figure("ours: movement", "nJ", _movement(own).times(nanojoules))
    loihi = replace(result, movement="loihi").energies[0]
    yield Figure("ours: movement at Loihi's published constants", "nJ", _movement(loihi).times(nanojoules))


def _movement(estimate: EnergyEstimate) -> Band:
    return estimate.by_group()["movement"]


SANA_FE = Claim(
    name="sana-fe-loihi",
    paper="SANA-FE: simulating advanced neuromorphic architectures for fast exploration",
    source="IEEE TCAD 2025, doi 10.1109/TCAD.2025.3537971, abstract",
    published="within 12 %",
    statement="A simulator that counts activities predicts the energy of Loihi for three applications within 12 %, and the latency within 25 %.",
    ran="Two networks of random weights, one dense and one with convolutions, on `edge` and on SANA-FE's own model of Loihi: the same LIF neurons, told exactly, every one on"
    " the core of SANA-FE's that lies where ours does, one to a tile, driven by the same spikes. Compared are every neuron's spikes in every timestep, and the"
    " pairs of a spike and a core that it goes to: ours by the streams that the simulated cores sent on. Energies are of a sample; SANA-FE's have the few more"
    " timesteps in which spikes pass from layer to layer, which here takes none. What the last layer sends to the I/O tile has no counterpart and is left out of the pairs.",
    why="The 12 % is against a chip that is not here, so nothing decides. What can be held against each other is what both simulators count. Spikes are alike to the last"
    " one. In the dense network so are the pairs: every message of SANA-FE's is a delivery here. With convolutions ours has them all, and more: a stream goes to each core that"
    " sees any element of its sender's, where SANA-FE sends each spike only to cores with a synapse of it; what is too much has no beats, but is moved. Loihi sends a message for"
    " each core, the fabric one packet that is copied where ways part. Our synaptic operations count lanes, idle ones of half filled words among them."
    " The energies are of two chips, 14 nm with constants of a chip and 22 nm with ours, and prove nothing about each other: a synaptic operation of SANA-FE's Loihi takes 24 to 35.5 pJ, and a message 111 pJ before its first hop.",
    settings=SETTINGS,
    measure=measure,
    needs="sanafe",
)
