"""The critical path of a run: the longest chain through its first samples, as predicted, and which parameter shortens it; cheap enough for every run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from shiftfire_spec.errors import ContractError
from shiftfire_spec.events import IO_TILE

from ..compiler.lowering.core_program import ordered_intakes
from ..compiler.program import CompileError
from ..compiler.schedule import Schedule
from ..network.values import IntArray
from ..predict.moments import Cause
from ..predict.predict import predict, predict_schedule
from ..predict.waits import Wait, waits
from .remedies import Remedy, doubled
from .search import WORTH

MOST_SAMPLES = 4
_MOST_TRIES = 4
_SHOWN = 4
_LEAST_SHARE = 0.05  # of the chain, that a cause must have for its remedy to be tried
# What a prediction costs, in microseconds of a common machine, and how many a run may spend on it: so many, or a share of what the prediction of all its
# samples would take. A run takes about twice as long as that.
_PER_VECTOR, _PER_ELEMENT = 60.0, 0.15
_ALLOWED, _ALLOWED_SHARE = 250_000.0, 0.2

_REMEDIES = {
    (False, Cause.INTEGRATE): ("lanes",),
    (False, Cause.FIRE): ("fire_lanes",),
    (False, Cause.SEND): ("egress_queue_depth", "link_queue_depth", "ingress_queue_depth"),
    (True, Cause.SEND): ("inject_queue_depth",),
}
"""Parameters that may help, by whether it is the I/O tile that takes the time, and the cause."""

_ENGINES = {
    Cause.INTEGRATE: "integrate engine",
    Cause.FIRE: "fire engine",
    Cause.ENCODE: "encoder",
    Cause.SEND: "packets sent, one a cycle",
    Cause.CREDIT: "credits on their way",
    Cause.TRAVEL: "packets on their way",
    Cause.CONTROL: "instructions",
    Cause.CLEAR: "rows cleared",
}
_IO_ENGINES = {**_ENGINES, Cause.SEND: "injection", Cause.INTEGRATE: "collection"}


@dataclass(frozen=True)
class PathPart:
    """What a layer (or the I/O tile) has of the chain by one cause, on these tiles, the one with most first: ``cycles`` of the whole run, ``share`` of it (0 to 1)."""

    layer: str
    tiles: tuple[int, ...]
    cause: Cause
    cycles: float
    share: float

    @property
    def engine(self) -> str:
        """What is busy, for people."""
        return (_IO_ENGINES if IO_TILE in self.tiles else _ENGINES)[self.cause]

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        return {**asdict(self), "tiles": [tile for tile in self.tiles if tile != IO_TILE], "cause": str(self.cause)}


@dataclass(frozen=True)
class CriticalPath:
    """``predicted`` cycles of the first ``samples`` samples; ``parts`` of the longest chain through them, what takes most first, in cycles of the whole run.

    ``tried``: parameters that may help, twice as large each, the mapping as it is; ``remedy``: the one that saves most by prediction, its cycles those of the
    first samples too; None when none saves a hundredth.
    """

    samples: int
    predicted: float
    parts: tuple[PathPart, ...]
    tried: tuple[str, ...]
    remedy: Remedy | None

    @property
    def first(self) -> PathPart:
        """What bounds the run."""
        return self.parts[0]

    @property
    def saving(self) -> float:
        """Share of the cycles that the remedy saves, 0 to 1."""
        return 0.0 if self.remedy is None else 1 - self.remedy.predicted / self.predicted

    def as_dict(self) -> dict[str, Any]:
        """For documents."""
        remedy = None
        if self.remedy is not None:
            remedy = {"parameter": self.remedy.parameter, "now": self.remedy.now, "value": self.remedy.value, "saving": self.saving}
        return {
            "samples": self.samples,
            "predicted": self.predicted,
            "parts": [part.as_dict() for part in self.parts],
            "tried": list(self.tried),
            "remedy": remedy,
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        first = self.first
        where = (
            "" if IO_TILE in first.tiles else f" (tile{'' if len(first.tiles) == 1 else 's'} {', '.join(map(str, first.tiles))})"
        )
        yield f"bottleneck: {first.layer}, {first.engine}{where}: {first.share:.1%} of the run"
        shown = [f"{p.layer} {p.cause} {p.cycles:,.0f} ({p.share:.1%})" for p in self.parts[:_SHOWN]]
        others = sum(part.cycles for part in self.parts[_SHOWN:])
        rest = f", others {others:,.0f}" if others else ""
        seen = "one sample" if self.samples == 1 else f"{self.samples} samples"
        yield f"cycles of its longest chain, by prediction of {seen}: {', '.join(shown)}{rest}"
        if self.remedy is None:
            tried = f"not twice the {' or '.join(self.tried)} with this mapping; " if self.tried else ""
            yield f"would help: {tried}`shiftfire why` tries other cuts and chips"
        else:
            yield f"would help: {self.remedy.sentence}: {self.saving:.1%} fewer cycles predicted, the mapping as it is"


def prediction_cost(schedule: Schedule) -> float:
    """Of a sample, in microseconds, roughly."""
    cost = 0.0
    for part in schedule.rounds:
        network = part.program.network
        for core in part.program.cores:
            layer = network.layer(core.layer)
            sources = [network.source(intake.source) for intake in ordered_intakes(network, layer)]
            cost += _PER_VECTOR * (layer.timesteps + sum(source.timesteps for source in sources))
            cost += _PER_ELEMENT * sum(source.timesteps * source.shape.size for source in sources)
    return cost


def _affordable(schedule: Schedule, samples: int) -> int:
    """How many samples may be predicted beside a run of ``samples``."""
    cost = prediction_cost(schedule)
    return int(max(_ALLOWED, _ALLOWED_SHARE * cost * samples) / cost)


def path_samples(schedule: Schedule, samples: int) -> int:
    """How many samples of a run of ``samples`` its critical path looks at: room for some tries is left; 0 when a prediction would take too long."""
    room = _affordable(schedule, samples)
    return min(MOST_SAMPLES, samples, max(min(room, 1), room // (1 + _MOST_TRIES)))


def critical_path(schedule: Schedule, activations: Mapping[str, IntArray], samples: int, cycles: int) -> CriticalPath:
    """Of a run of ``samples`` samples that took ``cycles``. ``activations`` (samples, timesteps, channels, height, width) as of `predict`, of the first samples."""
    predictions = predict_schedule(schedule, activations)
    whole = sum(prediction.cycles for prediction in predictions)
    seen = predictions[0].samples
    parts = zip(schedule.rounds, predictions, strict=True)
    found = _parts([wait for part, prediction in parts for wait in waits(part.program, prediction)], cycles)
    tries = min(_MOST_TRIES, _affordable(schedule, samples) // seen - 1)
    made = (_doubled(schedule, activations, parameter) for parameter in _parameters(found)[: max(0, tries)])
    tried = [one for one in made if one is not None]
    best = min((one for one in tried if one.predicted < WORTH * whole), key=lambda remedy: remedy.predicted, default=None)
    return CriticalPath(seen, whole, found, tuple(one.parameter for one in tried), best)


def _parts(chain: Sequence[Wait], cycles: int) -> tuple[PathPart, ...]:
    """The waits of all rounds by layer and cause, scaled to the run's cycles."""
    groups: dict[tuple[str, Cause], dict[int, float]] = {}
    for wait in chain:
        tiles = groups.setdefault((wait.layer, wait.cause), {})
        tiles[wait.tile] = tiles.get(wait.tile, 0.0) + wait.cycles
    whole = sum(wait.cycles for wait in chain)
    found = []
    for (layer, cause), tiles in groups.items():
        share = sum(tiles.values()) / whole
        found.append(PathPart(layer, tuple(sorted(tiles, key=lambda tile: -tiles[tile])), cause, share * cycles, share))
    return tuple(sorted(found, key=lambda part: -part.cycles))


def _parameters(parts: Sequence[PathPart]) -> list[str]:
    """What may help, what takes most first."""
    causes = ((IO_TILE in part.tiles, part.cause) for part in parts if part.share >= _LEAST_SHARE)
    return list(dict.fromkeys(parameter for cause in causes for parameter in _REMEDIES.get(cause, ())))


def _doubled(schedule: Schedule, activations: Mapping[str, IntArray], parameter: str) -> Remedy | None:
    """The cycles with twice as much of it, the mapping as it is; None where that is no chip, or one that does not hold the mapping."""
    now = getattr(schedule.chip, parameter)
    try:
        chip = doubled(schedule.chip, parameter)
        programs = [replace(part.program, chip=chip) for part in schedule.rounds]
        return Remedy(parameter, now, 2 * now, sum(predict(program, activations).cycles for program in programs))
    except (ContractError, CompileError):
        return None
