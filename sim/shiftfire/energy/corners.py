"""Corners: all constants at their low ends, at their nominal values, or at their high ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Corner(StrEnum):
    """One end of what the sources of the constants leave open. Constants err together, so figures are compared within one corner."""

    LOW = "low"
    NOMINAL = "nominal"
    HIGH = "high"


@dataclass(frozen=True)
class Band:
    """A figure at each corner, in the figure's own unit."""

    low: float
    nominal: float
    high: float

    def at(self, corner: Corner) -> float:
        """The figure at one corner."""
        return {Corner.LOW: self.low, Corner.NOMINAL: self.nominal, Corner.HIGH: self.high}[corner]

    def __add__(self, other: Band) -> Band:
        return Band(self.low + other.low, self.nominal + other.nominal, self.high + other.high)

    def times(self, factor: float) -> Band:
        """Every corner times ``factor``."""
        return Band(self.low * factor, self.nominal * factor, self.high * factor)

    def over(self, other: Band) -> Band:
        """The ratio within each corner: its ``low`` is that of the low corners, not the least. Raises ZeroDivisionError."""
        return Band(self.low / other.low, self.nominal / other.nominal, self.high / other.high)

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest of the three."""
        values = (self.low, self.nominal, self.high)
        return min(values), max(values)

    def as_dict(self) -> dict[str, float]:
        """For documents."""
        return {corner.value: self.at(corner) for corner in Corner}

    def rounded(self) -> dict[str, float]:
        """`as_dict` with six digits, for records: sums of floats differ in the last ones from machine to machine."""
        return {corner: float(f"{value:.6g}") for corner, value in self.as_dict().items()}


NOTHING = Band(0.0, 0.0, 0.0)
