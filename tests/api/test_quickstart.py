"""The figures by which the quickstart finds a bottleneck."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import shiftfire as sf

TEXT = " ".join((Path(__file__).parents[2] / "docs" / "quickstart.md").read_text(encoding="utf-8").split())
FIGURES = re.search(r"\*bottleneck\*.*?20 samples take (\S+) cycles for (\S+)\. .*?they take (\S+): .*?less: (\S+) cycles", TEXT)


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        (1, {"fire_lanes": 16}),
        (2, {}),
        (3, {"fire_lanes": 16, "ingress_queue_depth": 64}),
        (4, {"lanes": 32}),
    ],
)
def test_cycles_of_the_bottleneck(place: int, changes: dict[str, int]) -> None:
    assert FIGURES is not None
    network, (x, _) = sf.load("digits-cnn"), sf.samples("digits-cnn", 20)
    assert f"{sf.run(network, x, chip=sf.chip('edge', **changes)).cycles:,}" == FIGURES[place]
