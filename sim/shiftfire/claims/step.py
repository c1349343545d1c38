"""Whether quantised networks take as little as spiking ones (STEP, arXiv 2505.11151)."""

from __future__ import annotations

import math
from typing import Any

from ..energy.parts import Clock
from .bench import Bench
from .claim import Claim
from .models import MODELS, TRANSFORMERS
from .verdict import Expected, Figure

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "models": list(MODELS),
    "samples": 10,
    "machines": ["output-stationary", "weight-stationary", "zeros skipped"],
    "decides": "the transformers, against every machine, with gated clock and leakage",
}


def measure(bench: Bench) -> tuple[Figure, ...]:
    """What each model takes over what the machines do; each pair of a transformer and a machine is a case."""
    found: list[Figure] = []
    for model in SETTINGS["models"]:
        own, *others = bench.model(model, SETTINGS["chip"], SETTINGS["samples"]).energies
        for dense in (estimate for estimate in others if estimate.title in SETTINGS["machines"]):
            name = f"{model} over {dense.title}"
            ratio = own.total(Clock.GATED).over(dense.total(Clock.GATED))
            found.append(Figure(name, "x", ratio, name if model in TRANSFORMERS else None))
    return tuple(found)


STEP = Claim(
    name="step-quantised",
    paper="STEP: a unified spiking transformer evaluation platform for fair and reproducible benchmarking",
    source="arXiv 2505.11151, abstract",
    published="at least 1 x",
    statement="With sparsity, bit widths and memory accesses counted, quantised networks may take comparable or less energy than spiking"
    " transformers: spiking over quantised is 1 or more.",
    ran="The shipped models on `edge`, each beside its quantised twin on three dense machines of the same lanes, memories and clock, totals with a"
    " gated clock and leakage. The transformers decide, against every machine; the other models are shown. Accuracies are those of the one network: the twin"
    " computes the same function with T steps as one activation, so it is not trained anew.",
    why="A spiking network makes T x rate additions for each product of its twin, and each goes through an accumulator in memory, where an output-stationary machine"
    " keeps the sum in flip-flops. A machine that skips zeros skips what spikes skip, and multiplies the rest once. The models are small; where layers"
    " are larger, weights are read more often by the output-stationary machine, and the ratio falls.",
    expected=Expected(1, math.inf),
    settings=SETTINGS,
    measure=measure,
)
