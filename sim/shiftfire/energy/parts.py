"""Energy as a sum of parts: a count of something, times a constant of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from typing import Any, TypeVar

from .corners import NOTHING, Band
from .table import Constant

_Key = TypeVar("_Key")


class Clock(StrEnum):
    """Which flip-flops are clocked: every one in every cycle, or those of units that work."""

    AS_BUILT = "as built"
    GATED = "gated"


@dataclass(frozen=True)
class EnergyPart:
    """``count`` things at ``constant`` each; ``factor`` scales the constant (3 operations; cycles to nanoseconds). ``layer`` is None for what no layer has alone."""

    name: str
    layer: str | None
    count: float
    what: str
    constant: Constant
    factor: float = 1.0

    @property
    def band(self) -> Band:
        """Picojoules."""
        constant = self.constant
        return Band(constant.low, constant.value, constant.high).times(self.count * self.factor)

    @property
    def group(self) -> str:
        """The part of the name before the colon."""
        return self.name.split(":")[0]

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        return {
            "name": self.name,
            "layer": self.layer,
            "count": self.count,
            "what": self.what,
            "factor": self.factor,
            "constant": self.constant.name,
            "constant_value": self.constant.value,
            "constant_low": self.constant.low,
            "constant_high": self.constant.high,
            "constant_unit": self.constant.unit,
            "picojoules": self.band.nominal,
        }


@dataclass(frozen=True)
class EnergyEstimate:
    """Energy of ``samples`` inferences.

    ``parts`` is what happens: operations, accesses, packets. ``clocks`` is what the clock takes beside it, by rule, and ``leakage`` what leaks meanwhile.
    ``main_memory`` is outside of the chip, and in no figure of it.
    """

    title: str
    samples: int
    parts: tuple[EnergyPart, ...]
    clocks: Mapping[Clock, tuple[EnergyPart, ...]]
    leakage: tuple[EnergyPart, ...]
    main_memory: tuple[EnergyPart, ...] = ()

    @property
    def per_inference(self) -> Band:
        """Picojoules per inference of what happens, without clock and leakage."""
        return self.sum_of(self.parts)

    def total(self, clock: Clock) -> Band:
        """Picojoules per inference, clock and leakage among them."""
        return self.sum_of((*self.parts, *self.clocks[clock], *self.leakage))

    def with_main_memory(self, clock: Clock) -> Band:
        """Picojoules per inference of chip and main memory."""
        return self.total(clock) + self.sum_of(self.main_memory)

    def sum_of(self, parts: Iterable[EnergyPart]) -> Band:
        """Picojoules per inference of some parts."""
        return reduce(Band.__add__, (part.band for part in parts), NOTHING).times(1 / self.samples)

    def by_group(self) -> dict[str, Band]:
        """Picojoules per inference of what happens, by the part of the name before the colon, in order."""
        return self._by(lambda part: part.group)

    def by_layer(self) -> dict[str | None, Band]:
        """Picojoules per inference of what happens, by layer."""
        return self._by(lambda part: part.layer)

    def by_layer_and_group(self) -> dict[str | None, dict[str, Band]]:
        """Picojoules per inference of what happens, by layer, then by the part of the name before the colon."""
        found: dict[str | None, dict[str, Band]] = {}
        for (layer, group), band in self._by(lambda part: (part.layer, part.group)).items():
            found.setdefault(layer, {})[group] = band
        return found

    def _by(self, key: Callable[[EnergyPart], _Key]) -> dict[_Key, Band]:
        sums: dict[_Key, Band] = {}
        for part in self.parts:
            sums[key(part)] = sums.get(key(part), NOTHING) + part.band.times(1 / self.samples)
        return sums

    def of_layers(self, owner: Callable[[str], str]) -> EnergyEstimate:
        """The same by other layers: those that ``owner`` says the layers belong to."""

        def renamed(part: EnergyPart) -> EnergyPart:
            return part if part.layer is None else replace(part, layer=owner(part.layer))

        return replace(self, parts=merge(map(renamed, self.parts)))

    def merged(self) -> EnergyEstimate:
        """The same, parts of one name added up over layers."""
        return replace(
            self,
            parts=merge(replace(part, layer=None) for part in self.parts),
            clocks={clock: merge(replace(part, layer=None) for part in parts) for clock, parts in self.clocks.items()},
            leakage=merge(replace(part, layer=None) for part in self.leakage),
        )

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        merged = self.merged()
        band = self.per_inference
        return {
            "title": self.title,
            "samples": self.samples,
            "picojoules_per_inference": band.nominal,
            "picojoules_per_inference_low": band.low,
            "picojoules_per_inference_high": band.high,
            "parts": [part.as_dict() for part in merged.parts],
            "clock": {clock.name.lower(): [part.as_dict() for part in parts] for clock, parts in merged.clocks.items()},
            "leakage": [part.as_dict() for part in merged.leakage],
            "main_memory": [part.as_dict() for part in merged.main_memory],
            "totals_per_inference": {clock.name.lower(): self.total(clock).as_dict() for clock in self.clocks},
            "totals_with_main_memory_per_inference": {
                clock.name.lower(): self.with_main_memory(clock).as_dict() for clock in self.clocks
            },
        }


def merge(parts: Iterable[EnergyPart]) -> tuple[EnergyPart, ...]:
    """Parts of one name, layer and constant as one, in the order in which they first come."""
    found: dict[tuple[str, str | None, Constant, float], EnergyPart] = {}
    for part in parts:
        key = (part.name, part.layer, part.constant, part.factor)
        known = found.get(key)
        found[key] = part if known is None else replace(known, count=known.count + part.count)
    return tuple(found.values())


def times(parts: Iterable[EnergyPart], factor: float) -> Iterator[EnergyPart]:
    """``factor`` times as many of everything."""
    return (replace(part, count=part.count * factor) for part in parts)


def summed(estimates: Sequence[EnergyEstimate]) -> EnergyEstimate:
    """Of the rounds of a run: the same samples, one round after the other."""
    first = estimates[0]
    return replace(
        first,
        parts=merge(part for estimate in estimates for part in estimate.parts),
        clocks={clock: merge(part for estimate in estimates for part in estimate.clocks[clock]) for clock in first.clocks},
        leakage=merge(part for estimate in estimates for part in estimate.leakage),
    )
