"""What a mapping was chosen for, and what was tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from shiftfire_spec.chip import ChipConfig

from ..network.graph import Network
from .program import CoreSlice, Program

Cores = tuple[CoreSlice, ...]
Mapper = Callable[[Network, ChipConfig, Cores], Cores]
"""Network, chip and the slices over the fewest cores -> slices with their tiles. Raises CompileError."""

Refine = Callable[[Sequence[Program], Program], Program]
"""Programs of the rounds before, and a round's -> the program of the same network that takes its place."""


class Objective(StrEnum):
    """What a mapping is chosen for."""

    LATENCY = "latency"  # mean cycles from a sample's first packet to its last END, samples back to back
    THROUGHPUT = "throughput"  # cycles from one sample's last END to the next one's
    ENERGY = "energy"  # packets times the links and cores that they pass; measured: picojoules per inference
    TILES = "tiles"  # tiles in use, then throughput

    @property
    def figure(self) -> str:
        """What is measured of a mapping, the less the better."""
        return {self.LATENCY: "mean latency, cycles", self.ENERGY: "pJ per inference"}.get(self, "cycles per sample")


@dataclass(frozen=True)
class Trial:
    """A mapping that the simulator ran: cores of each layer, cycles of the run as predicted and as measured, and the measured figure of the objective."""

    cores: dict[str, int]
    predicted: int
    cycles: int
    figure: float


@dataclass(frozen=True)
class PolicyTrial:
    """A way to run rounds one after the other, and what is predicted of it: configuration entries written before runs and beside them, and cycles of ``samples`` samples."""

    order: str
    prefetch: str
    keeps: bool
    before: int
    beside: int
    samples: int
    cycles: int
    taken: bool = False


@dataclass(frozen=True)
class Optimised:
    """What a mapping is good for. ``effort``: how many mappings the simulator may run. ``evaluated``: how many were predicted. ``trials`` are those that ran, best first.

    ``hops``: packets times links per sample, as predicted, of the placement layer by layer and of the one that was taken.
    """

    objective: Objective
    effort: int
    evaluated: int
    hops: tuple[float, float]
    trials: tuple[Trial, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether more was asked for than the default."""
        return bool(self.effort) or self.objective is not Objective.THROUGHPUT

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        return {
            **asdict(self),
            "objective": str(self.objective),
            "hops": list(self.hops),
            "trials": [asdict(t) for t in self.trials],
        }
