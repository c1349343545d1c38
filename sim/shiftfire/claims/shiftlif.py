"""What spikes that are powers of two take beside binary ones (ShiftLIF, arXiv 2605.01866)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..energy.corners import Band
from ..energy.parts import EnergyEstimate
from ..network.build.builder import NetworkBuilder
from ..network.graph import Network
from ..network.values import IntArray
from .bench import Bench
from .claim import Claim
from .verdict import Expected, Figure, exactly

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "fan_in": 256,
    "fan_out": 128,
    "weight_bits": 4,
    "timesteps": 8,
    "rates": [0.05, 0.2],
    "levels": 3,
    "threshold_log2": 5,
    "samples": 4,
    "seed": 0,
    "decides": "powers of two over binary spikes of the same neurons and timesteps",
}
_SYNAPTIC = ("accumulate", "memory:weights", "memory:accumulators", "movement")
_SILENT = 30_000  # a threshold that no membrane reaches
READER = "reader"


def reader(values: tuple[int, int], *, powers: bool) -> Network:
    """One layer that never fires on inputs of such values."""
    builder = NetworkBuilder("reader", input=SETTINGS["fan_in"], timesteps=SETTINGS["timesteps"], values=values, powers=powers)
    return builder.dense(READER, _weights(), theta=_SILENT).readout("none").build()


def firing(kind: str) -> Network:
    """One layer on binary inputs, of neurons "lif" or "shiftlif" with the same weights and threshold."""
    theta = SETTINGS["threshold_log2"]
    parameters = (
        {"theta": 1 << theta} if kind == "lif" else {"theta_log2": theta, "levels": SETTINGS["levels"], "rounding": "FLOOR"}
    )
    builder = NetworkBuilder("firing", input=SETTINGS["fan_in"], timesteps=SETTINGS["timesteps"])
    return builder.dense(READER, _weights(), neuron=kind, **parameters).readout("none").build()


def _weights() -> IntArray:
    return np.random.default_rng(SETTINGS["seed"]).integers(-7, 8, (SETTINGS["fan_out"], SETTINGS["fan_in"]))


def spikes(rate: float) -> tuple[IntArray, IntArray]:
    """Where there are spikes, 0 or 1, and the exponent that each has: both (samples, timesteps, channels)."""
    rng = np.random.default_rng([SETTINGS["seed"], 1])
    shape = (SETTINGS["samples"], SETTINGS["timesteps"], SETTINGS["fan_in"])
    return (rng.random(shape) < rate).astype(np.int64), rng.integers(0, SETTINGS["levels"] + 1, shape)


def synaptic(estimate: EnergyEstimate) -> Band:
    """Picojoules per inference of what spikes cause in the reader: moved, weights read, added, sums read and written."""
    return estimate.sum_of(part for part in estimate.parts if part.layer == READER and part.name.startswith(_SYNAPTIC))


def measure(bench: Bench) -> tuple[Figure, ...]:
    """The same places and times, three payloads."""
    found: list[Figure] = []
    greatest = 1 << SETTINGS["levels"]
    for rate in SETTINGS["rates"]:
        fired, exponents = spikes(rate)
        inputs = {
            "binary": (reader((0, 1), powers=False), fired),
            "powers of two": (reader((0, greatest), powers=True), fired << exponents),
            "counts": (reader((0, greatest - 1), powers=False), fired * (1 + exponents * (greatest - 2) // SETTINGS["levels"])),
        }
        taken = {
            name: synaptic(bench.network(network, given[..., None, None], SETTINGS["chip"]).energies[0])
            for name, (network, given) in inputs.items()
        }
        case = f"rate {rate:.0%}"
        often = {
            kind: float(np.count_nonzero(bench.network(firing(kind), fired[..., None, None], SETTINGS["chip"]).spikes[READER]))
            for kind in ("lif", "shiftlif")
        }
        found += [
            Figure(f"{case}: powers of two over binary", "x", taken["powers of two"].over(taken["binary"]), case),
            Figure(f"{case}: evenly spaced counts over binary", "x", taken["counts"].over(taken["binary"])),
            Figure(f"{case}: spikes of untrained neurons, ShiftLIF over LIF", "x", exactly(often["shiftlif"] / often["lif"])),
        ]
    return tuple(found)


SHIFTLIF = Claim(
    name="shiftlif-energy-of-a-spike",
    paper="ShiftLIF: efficient multi-level spiking neurons with power-of-two quantization",
    source="arXiv 2605.01866, abstract",
    published="close to binary, here per spike: 1 x",
    statement="Spikes of several levels, which are powers of two, reach the accuracy of other multi-level neurons with a synaptic energy close to that of binary LIF neurons."
    " Tested is the part that needs no training: what a spike costs.",
    ran="No shipped models are a pair of the two, so nothing is trained: one dense layer takes spikes of the same neurons in the same timesteps, once binary, once with"
    " a random power of two each, once as evenly spaced counts. Synaptic energy is what the spikes cause: packets, weights read, lanes, sums. Accuracy, and how"
    " often trained neurons of either kind spike, are not tested; how often untrained ones with the same weights and threshold do is shown beside.",
    why="A power of two is one packet and one beat, as a binary spike is: a lane shifts the weight on its way, and the shifter is in the price of either. A count takes"
    " a beat for each bit that is set. So a spike costs what a binary one does, and the claim comes down to how many there are: a neuron that also fires"
    " below its threshold fires more often unless it is trained not to, and a spike more is a packet and a beat more.",
    expected=Expected(1, 1),
    settings=SETTINGS,
    measure=measure,
)
