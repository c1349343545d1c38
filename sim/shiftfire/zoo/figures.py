"""What is measured of a model, and how the record holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..energy.corners import Band
from ..records.error import RecordError
from ..records.kind import Kind
from .entry import ACCURACY, Entry

KIND = Kind("shiftfire-zoo", 1, "models", "model", "make zoo")


@dataclass(frozen=True)
class Differences:
    """Golden, simulator and RTL on the same ``samples``: what was compared, and what is not alike (`Verification`)."""

    samples: int
    events: int
    event_mismatches: int
    cycles: int
    cycle_difference: int
    counter_mismatches: int
    prediction_mismatches: int
    latency_us: float | None  # of these samples, in the simulator

    @property
    def zeros(self) -> tuple[int, int, int]:
        """Events, cycles and counters that differ."""
        return self.event_mismatches, self.cycle_difference, self.counter_mismatches


@dataclass(frozen=True)
class ChipFigures:
    """A model on one chip; cycles, events, additions and energy are of one inference.

    Latency is the mean over all samples; in rounds, where all samples go through one round before the next, that of the verified ones.
    Energy in nanojoules: what happens, leakage and a gated clock; ``ratios``: over those of dense machines, by title.
    """

    chip: str
    clock_mhz: float
    rounds: int
    samples: int
    accuracy: float | None
    cycles: float
    latency_us: float
    events: float
    additions: float
    energy: Band
    ratios: dict[str, Band]
    differences: Differences


@dataclass(frozen=True)
class ModelFigures:
    """Figures on each of an entry's chips, and what the training script recorded in the model's metadata."""

    metadata: dict[str, str]
    chips: tuple[ChipFigures, ...]

    def quality(self, entry: Entry) -> tuple[float, float]:
        """Of the float twin, and of the integer model: the run's accuracy, where that is what counts. Raises RecordError when the metadata do not say."""
        twin, own = recorded_quality(self.metadata, entry)
        measured = self.chips[0].accuracy if entry.quality == ACCURACY else None
        return twin, own if measured is None else measured

    def as_dict(self) -> dict[str, Any]:
        """What the record holds beside digest and settings."""
        return {
            "metadata": self.metadata,
            "chips": [
                asdict(each)
                | {"energy": each.energy.rounded(), "ratios": {title: ratio.rounded() for title, ratio in each.ratios.items()}}
                for each in self.chips
            ],
        }


def recorded_quality(metadata: Mapping[str, str], entry: Entry) -> tuple[float, float]:
    """Of the float twin and of the integer model, as the training script measured them. Raises RecordError when the metadata do not say."""
    return _recorded(metadata, entry, f"float_{entry.quality}"), _recorded(metadata, entry, f"integer_{entry.quality}")


def _recorded(metadata: Mapping[str, str], entry: Entry, key: str) -> float:
    try:
        return float(metadata[key])
    except (KeyError, ValueError):
        raise RecordError(
            f"model {entry.model}: its metadata have no number {key}; its training script has to write it (shiftfire.training)"
        ) from None


def figures_of(record: Mapping[str, Any], entry: Entry) -> ModelFigures:
    """What was measured of a model. Raises RecordError when it never was."""
    known = KIND.known(record, entry.name)
    chips = [ChipFigures(**each) for each in known["chips"]]
    return ModelFigures(
        known["metadata"],
        tuple(
            replace(
                each,
                energy=Band(**_corners(each.energy)),
                ratios={title: Band(**_corners(ratio)) for title, ratio in each.ratios.items()},
                differences=Differences(**_corners(each.differences)),
            )
            for each in chips
        ),
    )


def _corners(document: Any) -> dict[str, Any]:
    """An inner object, as it was read."""
    return dict(document)
