"""How a layer's integers are read as the reference's codes or real values, and the reverse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...network.values import IntArray
from .fixed_point import Scaled

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Codes:
    """A quantiser's: the layer sends ``sent`` of the code less ``quiet`` (channels,). A code is worth ``step``, and ``zero`` is added."""

    sent: Scaled
    step: float
    zero: float = 0.0
    quiet: IntArray | None = None

    def _levels(self) -> IntArray:
        return np.arange(self.sent.lo, self.sent.hi + 1) if self.sent.levels is None else self.sent.levels

    def _offset(self) -> IntArray:
        return np.zeros(1, np.int64)[:, None] if self.quiet is None else self.quiet[:, None]

    def codes(self, emitted: IntArray) -> Reals:
        """Codes (samples, channels, tokens) of what the layer emits, same shape."""
        return (np.searchsorted(self._levels(), emitted) + self.sent.lo + self._offset()).astype(np.float64)

    def values(self, emitted: IntArray) -> Reals:
        return self.codes(emitted) * self.step + self.zero

    def encode(self, codes: Reals) -> IntArray:
        """What the layer would emit for the reference's codes."""
        counts = np.clip(codes.astype(np.int64) - self._offset(), self.sent.lo, self.sent.hi)
        return self._levels()[counts - self.sent.lo]


@dataclass(frozen=True)
class Linear:
    """Whole multiples of ``step`` within ``lo..hi``."""

    step: float
    lo: int
    hi: int

    def values(self, emitted: IntArray) -> Reals:
        return emitted.astype(np.float64) * self.step

    def encode(self, values: Reals) -> IntArray:
        return np.clip(np.rint(values / self.step), self.lo, self.hi).astype(np.int64)

    def beyond(self, values: Reals) -> NDArray[np.bool_]:
        """Which values are out of range."""
        codes = np.rint(values / self.step)
        return (codes < self.lo) | (codes > self.hi)


@dataclass(frozen=True)
class Powers:
    """Signed powers of two, ``2**e`` standing for ``2**(e + exponent)``, e 0..15; what is smaller is 0, what is greater the greatest."""

    exponent: int

    def values(self, emitted: IntArray) -> Reals:
        return emitted.astype(np.float64) * 2.0**self.exponent

    def encode(self, values: Reals) -> IntArray:
        scaled = np.abs(values) * 2.0**-self.exponent
        return np.where(scaled < 1, 0, np.sign(values) * np.minimum(scaled, 2.0**15)).astype(np.int64)

    def beyond(self, values: Reals) -> NDArray[np.bool_]:
        """Which values no payload stands for."""
        scaled = np.abs(values) * 2.0**-self.exponent
        return (values != 0) & ((scaled < 1) | (scaled > 2.0**15))


Reading = Codes | Linear | Powers
