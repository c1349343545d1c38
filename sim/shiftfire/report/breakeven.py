"""Break-even of a layer with a dense machine: what was swept, and where it crosses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import product
from typing import Any

from rich.table import Table
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.weights import WeightFormat

from ..errors import InputError
from .document import head
from .tables import grid

FORMAT, VERSION = "shiftfire-breakeven", 1
PUBLISHED = ((5.7, "arXiv 2409.08290, version 4, T = 5"), (6.4, "arXiv 2409.08290, versions 2 and 3, T in 5..10"))
"""Spike rates in percent below which a spiking network is said to take less energy."""
RATES = (0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24, 0.32, 0.5)
WEIGHT_FORMATS = {1: WeightFormat.PM1, 2: WeightFormat.INT2, 4: WeightFormat.INT4, 8: WeightFormat.INT8}


class Accumulators(StrEnum):
    """What sums lie in."""

    MEMORY = "memory"
    REGISTERS = "register file"


class Counted(StrEnum):
    """What is compared."""

    EVENTS = "events"
    CLOCKED = "events and a gated clock"


@dataclass(frozen=True)
class Sweep:
    """What is swept. ``fan_in`` inputs spike independently; leakage is left out, as it is that of the tiles and not of the layer."""

    chip: ChipConfig
    timesteps: tuple[int, ...] = (5, 10)
    weight_bits: tuple[int, ...] = (1, 2, 4, 8)
    fan_outs: tuple[int, ...] = (288,)
    fan_in: int = 256
    rates: tuple[float, ...] = RATES
    samples: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        for name, values, least in (("timesteps", self.timesteps, 1), ("fan-out", self.fan_outs, 1)):
            for value in values:
                if value < least:
                    raise InputError(f"{name} {value}: give {least} or more")
        for bits in self.weight_bits:
            if bits not in WEIGHT_FORMATS:
                raise InputError(f"weights of {bits} bits: there are {', '.join(map(str, WEIGHT_FORMATS))}")
        for name, value in (("fan-in", self.fan_in), ("samples", self.samples)):
            if value < 1:
                raise InputError(f"{name} {value}: give 1 or more")

    def layers(self) -> list[tuple[int, int, int]]:
        """Timesteps, weight bits and fan-out of every layer."""
        return list(product(self.timesteps, self.weight_bits, self.fan_outs))

    @property
    def sentence(self) -> str:
        """For a heading."""
        rates = ", ".join(f"{rate:.1%}" for rate in self.rates)
        return (
            f"a dense layer of {self.fan_in} inputs on {self.chip.name} ({self.chip.lanes} lanes); T = {_list(self.timesteps)};"
            f" weights of {_list(self.weight_bits)} bits; {_list(self.fan_outs)} outputs; {self.samples} samples, seed {self.seed};"
            f" rates {rates}; against an output-stationary machine"
        )


@dataclass(frozen=True)
class Breakeven:
    """One layer: ``rate`` at the crossing by corner, None where it lies outside the sweep."""

    timesteps: int
    weight_bits: int
    fan_out: int
    accumulators: Accumulators
    counted: Counted
    low: float | None
    nominal: float | None
    high: float | None

    @property
    def band(self) -> tuple[float, float] | None:
        """The least and the greatest rate of the three corners."""
        known = [rate for rate in (self.low, self.nominal, self.high) if rate is not None]
        return (min(known), max(known)) if known else None


@dataclass(frozen=True)
class BreakevenCurve:
    """Picojoules per inference at the nominal corner over `Sweep.rates`, and the dense machine's, whose arithmetic toggles with fewer zeros."""

    timesteps: int
    weight_bits: int
    fan_out: int
    accumulators: Accumulators
    counted: Counted
    picojoules: tuple[float, ...]
    dense: tuple[float, ...]


@dataclass(frozen=True)
class BreakevenResult:
    """Crossings and curves of a sweep."""

    sweep: Sweep
    crossings: tuple[Breakeven, ...]
    curves: tuple[BreakevenCurve, ...]

    @property
    def shown(self) -> Counted:
        """What pictures show."""
        return Counted.CLOCKED

    @property
    def published(self) -> tuple[tuple[float, str], ...]:
        """Percentages and where they are from."""
        return PUBLISHED

    def tables(self) -> list[tuple[str, Table]]:
        """For people: the crossings, and where the published ones lie."""
        table = grid("T", "weight bits", "outputs", "sums in", "counted", "break-even rate", "T x rate")
        for row, curve in zip(self.crossings, self.curves, strict=True):
            band = row.band
            shown = (
                self._outside(curve)
                if row.nominal is None or band is None
                else f"{row.nominal:.1%} ({band[0]:.1%} .. {band[1]:.1%})"
            )
            spikes = "-" if row.nominal is None else f"{row.timesteps * row.nominal:.2f}"
            table.add_row(str(row.timesteps), str(row.weight_bits), str(row.fan_out), row.accumulators, row.counted, shown, spikes)
        return [("up to this share of the inputs spiking per timestep, spikes take less: nominal (over the corners)", table)]

    def _outside(self, curve: BreakevenCurve) -> str:
        """Where a crossing lies that is not within the sweep, at the nominal corner."""
        if curve.picojoules[0] >= curve.dense[0]:
            return f"below {self.sweep.rates[0]:.1%}"
        return f"above {self.sweep.rates[-1]:.1%}"

    def published_lines(self) -> list[str]:
        """Which bands hold a published figure."""
        found = []
        for percent, source in PUBLISHED:
            inside = [
                f"T = {row.timesteps}, {row.weight_bits}-bit weights, {row.accumulators}, {row.counted}"
                for row in self.crossings
                if row.band is not None and row.band[0] <= percent / 100 <= row.band[1]
            ]
            found.append(f"{percent} % ({source}) lies in the band of: {'; '.join(inside) or 'none'}")
        return found

    def as_dict(self) -> dict[str, Any]:
        """The document of ``shiftfire breakeven --json``."""
        settings = asdict(self.sweep) | {"chip": self.sweep.chip.as_dict()}
        return {
            **head(FORMAT, VERSION),
            "sweep": settings,
            "crossings": [asdict(row) for row in self.crossings],
            "curves": [asdict(curve) for curve in self.curves],
            "published": [{"percent": percent, "source": source} for percent, source in PUBLISHED],
        }


def _list(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))
