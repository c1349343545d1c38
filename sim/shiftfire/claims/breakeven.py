"""Break-even: the spike rate up to which a spiking layer takes less than its quantised twin (arXiv 2409.08290)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shiftfire_spec.chip import load_chip

from ..energy.corners import Band
from ..report.breakeven import PUBLISHED, Accumulators, Breakeven, Counted, Sweep
from .bench import Bench
from .claim import Claim
from .verdict import Expected, Figure

PAPER = "Reconsidering the energy efficiency of spiking neural networks"
SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "timesteps": [5, 10],
    "weight_bits": [1, 2, 4, 8],
    "fan_in": 256,
    "fan_out": 288,
    "rates": [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24],
    "samples": 4,
    "seed": 0,
    "against": "output-stationary",
    "decides": "sums in memory, events without clock",
}
RAN = (
    "`shiftfire breakeven`: a dense layer at rising spike rates in the simulator, against an output-stationary machine that computes the"
    " quantised twin; the crossing is interpolated. Sums in memory and events without a clock decide, as the paper counts no clock; weights of"
    " 1, 2, 4 and 8 bits stand for what its abstract leaves open. Sums in registers, and a gated clock, are shown beside. What decides was chosen"
    " with the figures of the sweep known."
)
PERCENT = 100
(AT_5, _), (AT_5_TO_10, _) = PUBLISHED


def sweep() -> Sweep:
    """What is swept."""
    return Sweep(
        load_chip(SETTINGS["chip"]),
        timesteps=tuple(SETTINGS["timesteps"]),
        weight_bits=tuple(SETTINGS["weight_bits"]),
        fan_outs=(SETTINGS["fan_out"],),
        fan_in=SETTINGS["fan_in"],
        rates=tuple(SETTINGS["rates"]),
        samples=SETTINGS["samples"],
        seed=SETTINGS["seed"],
    )


def crossings(*timesteps: int) -> Callable[[Bench], tuple[Figure, ...]]:
    """Measures the crossings of layers of so many timesteps, in percent: each number of timesteps is a case."""

    def measure(bench: Bench) -> tuple[Figure, ...]:
        return tuple(_figure(row) for row in bench.sweep(sweep()).crossings if row.timesteps in timesteps)

    return measure


def _figure(row: Breakeven) -> Figure:
    known = row.low is not None and row.nominal is not None and row.high is not None
    band = Band(row.low, row.nominal, row.high).times(PERCENT) if known else None  # type: ignore[arg-type]
    decides = row.accumulators is Accumulators.MEMORY and row.counted is Counted.EVENTS
    name = f"T = {row.timesteps}, {row.weight_bits}-bit weights, sums in {row.accumulators}, {row.counted}"
    return Figure(name, "%", band, f"T = {row.timesteps}" if decides else None)


BREAKEVEN_5 = Claim(
    name="breakeven-5",
    paper=PAPER,
    source="arXiv 2409.08290, version 4, abstract",
    published="5.7 % at T = 5",
    statement="On typical neuromorphic hardware, a spiking network of T = 5 timesteps needs an average spike rate below 5.7 % to take less energy"
    " than the quantised network that does the same.",
    ran=RAN,
    why="The wider the weights, the more a dense machine reads and multiplies for each product, and the later it wins: the crossing is a matter of"
    " weight bits as much as of spikes. Sums in registers move it up further still. The paper moves a spike as one bit at 3 pJ a hop, as far as we could"
    " find out; here moving one takes less, and most of its cost are the sums that it reads and writes. That both come out near each other for wide weights"
    " is no proof of either.",
    expected=Expected(AT_5, AT_5),
    settings=SETTINGS,
    measure=crossings(5),
)

BREAKEVEN_5_TO_10 = Claim(
    name="breakeven-5-to-10",
    paper=PAPER,
    source="arXiv 2409.08290, versions 2 and 3, abstract",
    published="6.4 % for T in 5..10",
    statement="With T in 5..10 timesteps, the average spike rate has to be below 6.4 % for a spiking network to take less energy. We read it"
    " as one break-even that holds at both ends of the range.",
    ran=RAN,
    why="What a spiking layer takes grows with T x rate, and what its twin takes only with the log2(T + 1) bits of its activations. So the break-even rate"
    " falls as T grows, and one number for T = 5 and T = 10 cannot be right at both. As a bound that no T in the range exceeds, the figure"
    " would hold: read so, the statement says less than it seems to.",
    expected=Expected(AT_5_TO_10, AT_5_TO_10),
    settings=SETTINGS,
    measure=crossings(5, 10),
)
