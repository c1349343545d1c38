"""Membranes: what golden says is stored, against what the RTL wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..network.graph import CURRENT, REFRACTORY
from ..network.values import IntArray
from ..system.result import NOT_STORED


@dataclass(frozen=True)
class MembraneDivergence:
    """The first potential (or current, or rest of a refractory period) that differs, by the names of `Layer.states`; ``rtl`` is None where the RTL wrote nothing."""

    layer: str
    sample: int
    timestep: int
    channel: int
    y: int
    x: int
    golden: int
    rtl: int | None

    def sentence(self) -> str:
        """For people."""
        written = "nothing" if self.rtl is None else str(self.rtl)
        endings = {CURRENT: "current", REFRACTORY: "rest of the refractory period"}
        ending, what = next(((e, what) for e, what in endings.items() if self.layer.endswith(e)), ("", "membrane"))
        return (
            f"layer {self.layer.removesuffix(ending)}, sample {self.sample}, timestep {self.timestep}, channel {self.channel}, row {self.y}, column {self.x}:"
            f" the {what} is {self.golden} in golden, {written} in rtl"
        )


@dataclass(frozen=True)
class MembraneComparison:
    """Outcome of a comparison of stored potentials."""

    compared: int
    mismatches: int
    first: MembraneDivergence | None

    @property
    def passed(self) -> bool:
        return not self.mismatches

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def compare_membranes(layers: Iterable[str], golden: Mapping[str, IntArray], rtl: Mapping[str, IntArray]) -> MembraneComparison:
    """Compare (samples, timesteps, channels, height, width) potentials by layer; the first that differs is that of the earliest sample, timestep, layer.

    ``layers``: those with membranes, in the network's order.
    """
    compared = mismatches = 0
    firsts: list[tuple[tuple[int, ...], MembraneDivergence]] = []
    for number, name in enumerate(layers):
        ours, theirs = golden[name], rtl[name]
        wrong = np.argwhere(ours != theirs)
        compared += int((ours != NOT_STORED).sum())
        mismatches += len(wrong)
        if len(wrong):
            sample, step, channel, y, x = place = tuple(int(axis) for axis in wrong[0])
            written = int(theirs[place])
            found = MembraneDivergence(
                name, sample, step, channel, y, x, int(ours[place]), None if written == NOT_STORED else written
            )
            firsts.append(((sample, step, number), found))
    return MembraneComparison(compared, mismatches, min(firsts, key=lambda entry: entry[0])[1] if firsts else None)
