"""How far results are from exact ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, sqrt

import numpy as np

_DIGITS = 4


def rounded(value: float) -> float:
    """To four significant digits: what the document keeps, and what is the same on every machine."""
    return float(f"{value:.{_DIGITS}g}")


@dataclass
class Deviation:
    """Largest and root-mean-square deviation of arrays from exact ones, gathered batch by batch; ``worst`` is the label of the batch with the largest.

    ``scale`` is the root mean square of the exact values.
    """

    largest: float = 0.0
    worst: str = ""
    _squares: list[float] = field(default_factory=list)
    _exact_squares: list[float] = field(default_factory=list)
    _entries: int = 0

    def add(self, values: np.ndarray, exact: np.ndarray, label: str = "") -> None:
        """A batch; both of one shape."""
        error = np.abs(values - exact)
        if error.max() > self.largest:
            self.largest, self.worst = float(error.max()), label
        self._squares.append(float((error**2).sum()))
        self._exact_squares.append(float((exact**2).sum()))
        self._entries += error.size

    def record(self) -> dict[str, float | str]:
        """For the document."""
        return {
            "max": rounded(self.largest),
            "rms": rounded(sqrt(sum(self._squares) / self._entries)),
            "scale": rounded(sqrt(sum(self._exact_squares) / self._entries)),
            "worst": self.worst,
        }


@dataclass
class Range:
    """Least and greatest value of arrays, gathered batch by batch."""

    low: float = inf
    high: float = -inf

    def add(self, values: np.ndarray) -> None:
        """A batch."""
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))

    def record(self) -> list[float]:
        """For the document: least, greatest."""
        return [rounded(self.low), rounded(self.high)]
