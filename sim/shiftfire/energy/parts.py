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
        return self.count * self.factor * self.constant.value


@dataclass(frozen=True)
class EnergyEstimate:
    """Energy of ``samples`` inferences, by part."""

    title: str
    samples: int
    parts: tuple[EnergyPart, ...]

    @property
    def picojoules(self) -> float:
        """Energy of the whole run."""
        return sum(part.picojoules for part in self.parts)

    @property
    def per_inference(self) -> float:
        """Picojoules per inference."""
        return self.picojoules / self.samples

    def group(self) -> dict[str, float]:
        """Picojoules per inference, by the part of the name before the colon, in order."""
        sums: dict[str, float] = {}
        for part in self.parts:
            name = part.name.split(":")[0]
            sums[name] = sums.get(name, 0.0) + part.picojoules / self.samples
        return sums

    def as_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "samples": self.samples,
            "picojoules_per_inference": self.per_inference,
            "parts": [
                {
                    "name": part.name,
                    "count": part.count,
                    "what": part.what,
                    "factor": part.factor,
                    "constant": part.constant.name,
                    "constant_value": part.constant.value,
                    "constant_unit": part.constant.unit,
                    "picojoules": part.picojoules,
                }
                for part in self.parts
            ],
        }
