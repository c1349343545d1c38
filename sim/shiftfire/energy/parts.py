"""Energy as a sum of parts: a count of something, times a constant of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .table import Constant


@dataclass(frozen=True)
class EnergyPart:
    """``count`` things at ``constant`` each; ``factor`` scales the constant (2 hops, 3 operations)."""

    name: str
    count: float
    what: str
    constant: Constant
    factor: float = 1.0

    @property
    def picojoules(self) -> float:
        """The nominal energy."""
        return self.count * self.factor * self.constant.value

    @property
    def bounds(self) -> tuple[float, float]:
        """Picojoules at the low and at the high end of the constant."""
        return self.count * self.factor * self.constant.low, self.count * self.factor * self.constant.high


@dataclass(frozen=True)
class EnergyEstimate:
    """Energy of ``samples`` inferences, by part."""

    title: str
    samples: int
    parts: tuple[EnergyPart, ...]

    @property
    def picojoules(self) -> float:
        """Nominal energy of the whole run."""
        return sum(part.picojoules for part in self.parts)

    @property
    def per_inference(self) -> float:
        """Nominal picojoules per inference."""
        return self.picojoules / self.samples

    @property
    def bounds_per_inference(self) -> tuple[float, float]:
        """Picojoules per inference with every constant at its low end, and with every one at its high end."""
        low, high = (sum(ends) for ends in zip((0.0, 0.0), *(part.bounds for part in self.parts), strict=True))
        return low / self.samples, high / self.samples

    def group(self) -> dict[str, float]:
        """Picojoules per inference, by the part of the name before the colon, in order."""
        sums: dict[str, float] = {}
        for part in self.parts:
            name = part.name.split(":")[0]
            sums[name] = sums.get(name, 0.0) + part.picojoules / self.samples
        return sums

    def as_dict(self) -> dict[str, Any]:
        low, high = self.bounds_per_inference
        return {
            "title": self.title,
            "samples": self.samples,
            "picojoules_per_inference": self.per_inference,
            "picojoules_per_inference_low": low,
            "picojoules_per_inference_high": high,
            "parts": [
                {
                    "name": part.name,
                    "count": part.count,
                    "what": part.what,
                    "factor": part.factor,
                    "constant": part.constant.name,
                    "constant_value": part.constant.value,
                    "constant_low": part.constant.low,
                    "constant_high": part.constant.high,
                    "constant_unit": part.constant.unit,
                    "picojoules": part.picojoules,
                }
                for part in self.parts
            ],
        }
