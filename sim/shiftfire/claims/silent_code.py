"""How many events masked time-to-first-spike codes and dead zones leave (Matterhorn, arXiv 2601.22876)."""

from __future__ import annotations

from typing import Any

import numpy as np
from shiftfire_spec.fire import FireOp

from ..api.result import Result
from ..network.graph import Network
from .bench import Bench
from .claim import Claim
from .verdict import Expected, Figure, exactly

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "models": ["digits-ssf", "sorbet-tiny"],
    "samples": 40,
    "dead_zones": [0, 1, 3],
    "decides": "the model with the fewest events, dead zone 3",
}
PERCENT = 100
_COUNTS = (FireOp.COUNT, FireOp.PTSOFTMAX)


def coded(network: Network) -> tuple[str, ...]:
    """Layers that send counts, which a code of levels can take."""
    return tuple(layer.name for layer in network.layers if layer.kind.op in _COUNTS)


def sending(result: Result) -> float:
    """Share of the elements of these layers that send something, in percent."""
    values = np.concatenate([result.spikes[name].ravel() for name in coded(result.network)])
    return PERCENT * float(np.count_nonzero(values)) / values.size


def measure(bench: Bench) -> tuple[Figure, ...]:
    """Elements that send, events saved and accuracy, with no code and with each dead zone."""
    found: list[Figure] = []
    for model in SETTINGS["models"]:
        plain = bench.model(model, SETTINGS["chip"], SETTINGS["samples"])
        found += _of(f"{model}, as shipped", plain, None)
        for zone in SETTINGS["dead_zones"]:
            result = bench.model(model, SETTINGS["chip"], SETTINGS["samples"], recentre=zone)
            found += _of(f"{model}, dead zone {zone}", result, "any model" if zone == max(SETTINGS["dead_zones"]) else None)
    return tuple(found)


def _of(name: str, result: Result, case: str | None) -> list[Figure]:
    assert result.accuracy is not None
    streams = len(result.recentred)
    return [
        Figure(f"{name}: elements that send", "%", exactly(sending(result)), case),
        Figure(f"{name}: streams coded from another level", "streams", exactly(streams)),
        Figure(f"{name}: right answers", "%", exactly(PERCENT * result.accuracy)),
    ]


SILENT_CODE = Claim(
    name="matterhorn-silent-code",
    paper="Matterhorn: efficient analog sparse spiking transformer architecture with masked time-to-first-spike encoding",
    source="arXiv 2601.22876; the figure from a summary of the paper, as its tables were not at hand",
    published="up to 95.2 % silent: 4.8 % send",
    statement="Coding the most frequent level as silence costs nothing in accuracy; a dead zone of 3 levels around it leaves up to 95.2 % of the elements silent.",
    ran="`run --recentre` with dead zones of 0, 1 and 3 levels on the shipped models that send counts: the layers of counts and of softmax, elements that send"
    " something. Right answers stand beside, as the dead zone loses values and the models were not trained with it.",
    why="A code without a dead zone helps where the most frequent level is not zero already; in these models it nearly always is, so little is left to save. A dead"
    " zone silences more, and what it costs in right answers is shown: the paper trains for it, and we do not.",
    expected=Expected(4.8, 4.8),
    settings=SETTINGS,
    measure=measure,
)
