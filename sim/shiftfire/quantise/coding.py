"""How real inputs become integers: spikes, counts, signed values, or a current with a stated step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind

from ..frontends.float_graph.neurons import FloatArray
from ..network.values import IntArray
from .errors import QuantiseError

COUNT_MOST = PAYLOAD_LIMITS[PayloadKind.COUNT][1]
SIGNED_MOST = PAYLOAD_LIMITS[PayloadKind.SIGNED][1]


@dataclass(frozen=True)
class Coding:
    """An input of integers ``lo..hi`` that stand for ``unit`` each, in packets of ``kind``."""

    kind: PayloadKind = PayloadKind.UNIT
    lo: int = 0
    hi: int = 1
    unit: float = 1.0

    @property
    def limit(self) -> float:
        """Greatest real value, in absolute value."""
        return max(-self.lo, self.hi) * self.unit

    def integers(self, name: str, values: Any) -> IntArray:
        """Integers of real ``values``, rounded to the nearest where a step has a size of its own, and then clipped: see `clipped`.

        Raises QuantiseError for what is no finite number, and for spikes and counts that are no whole numbers within the limits.
        """
        array = np.asarray(values, np.float64)
        if not np.all(np.isfinite(array)):
            raise QuantiseError(f"input {name}: the values hold {array[~np.isfinite(array)][0]}; give finite numbers")
        wrong = (array != np.rint(array)) | (array < self.lo) | (array > self.hi)
        if self.unit == 1 and np.any(wrong):
            raise QuantiseError(
                f"input {name}: the value {array[wrong][0]:g} is no whole number of {self.lo}..{self.hi}; convert with samples that hold such values"
                " (--calibrate FILE), or encode them"
            )
        return np.clip(np.rint(array / self.unit), self.lo, self.hi).astype(np.int64)

    def clipped(self, values: Any) -> float:
        """Share of real ``values`` beyond the limits, by more than rounding."""
        steps = np.asarray(values, np.float64) / self.unit
        return float(np.mean((steps < self.lo - 0.5) | (steps > self.hi + 0.5))) if steps.size else 0.0

    def lost(self, values: FloatArray) -> float:
        """Root mean square of what rounding and clipping change, relative to that of the values; 0 when nothing does."""
        power = float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0
        if power == 0:
            return 0.0
        back = np.clip(np.rint(values / self.unit), self.lo, self.hi) * self.unit
        return float(np.sqrt(np.mean(np.square(values - back)))) / power

    def text(self, name: str) -> str:
        """One line for the list of what was assumed."""
        if self.kind is PayloadKind.UNIT:
            return f"input {name}: spikes, 0 or 1"
        what = "counts" if self.kind is PayloadKind.COUNT else "signed values"
        return f"input {name}: {what} {self.lo}..{self.hi}" + (f" that stand for {self.unit:.6g} each" if self.unit != 1 else "")


def coding_for(name: str, values: FloatArray | None) -> Coding:
    """The coding that loses least on sample ``values``: spikes when all are 0 or 1 (or none are given), counts or signed integers as they are,

    else 8 bits over their range: direct current. Raises QuantiseError for values that are not finite.
    """
    if values is None or not values.size:
        return Coding()
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise QuantiseError(f"input {name}: the calibration samples hold {low} or {high}; give finite numbers")
    whole = bool(np.all(values == np.rint(values)))
    if whole and low >= 0 and high <= 1:
        return Coding()
    if whole and low >= 0 and high <= COUNT_MOST:
        return Coding(PayloadKind.COUNT, 0, int(high))
    if whole and max(-low, high) <= SIGNED_MOST:
        return Coding(PayloadKind.SIGNED, -SIGNED_MOST, SIGNED_MOST)
    if low >= 0:
        return Coding(PayloadKind.COUNT, 0, COUNT_MOST, high / COUNT_MOST)
    return Coding(PayloadKind.SIGNED, -SIGNED_MOST, SIGNED_MOST, max(-low, high) / SIGNED_MOST)
