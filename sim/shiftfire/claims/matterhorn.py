"""Which share of the energy is data movement (Matterhorn, arXiv 2601.22876)."""

from __future__ import annotations

from typing import Any

from ..energy.corners import Band
from ..energy.parts import EnergyEstimate, EnergyPart
from .bench import Bench
from .claim import Claim
from .models import MODELS
from .verdict import Expected, Figure

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "models": list(MODELS),
    "samples": 10,
    "decides": "movement with all memories, events without clock",
}
PERCENT = 100


def _share(estimate: EnergyEstimate, *begins: str) -> Band:
    """Share in percent of what happens, of the parts whose names begin so."""
    parts: list[EnergyPart] = [part for part in estimate.parts if part.name.startswith(begins)]
    return estimate.sum_of(parts).over(estimate.per_inference).times(PERCENT)


def measure(bench: Bench) -> tuple[Figure, ...]:
    """Three definitions of each model; the widest decides."""
    found: list[Figure] = []
    for model in SETTINGS["models"]:
        estimate = bench.model(model, SETTINGS["chip"], SETTINGS["samples"]).energies[0]
        found += [
            Figure(f"{model}: movement with all memories", "%", _share(estimate, "movement", "memory"), model),
            Figure(f"{model}: movement with weight reads", "%", _share(estimate, "movement", "memory:weights")),
            Figure(f"{model}: movement alone", "%", _share(estimate, "movement")),
        ]
    return tuple(found)


MATTERHORN = Claim(
    name="matterhorn-data-movement",
    paper="Matterhorn: efficient analog sparse spiking transformer architecture with masked time-to-first-spike encoding",
    source="arXiv 2601.22876, abstract",
    published="nearly 80 %",
    statement="Data movement, which counts of additions leave out, can take nearly 80 % of a spiking network's energy. The abstract's remedies"
    " are for moved spikes and for reads of weights; we could not read which memories its 80 % has.",
    ran="The shipped models on `edge`. Movement with all memories decides, the widest meaning of the words; events only, as in the paper.",
    why="It hangs on what is called movement. Packets and links alone are a small part here, and with weight reads added still far below; accumulators,"
    " which each addition reads and writes, are most of it. With every access called movement the share is above the paper's. Additions are a small part"
    " by any definition: that much of the statement holds.",
    expected=Expected(80, 80),
    settings=SETTINGS,
    measure=measure,
)
