"""What a run waits for, and what would help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from ..golden.execute import execute_checked
from ..network.build.builder import frozen
from ..network.input_sets import expand_all, plain, sample_count
from ..optimise.less import Less, less_is_faster
from ..optimise.remedies import Recut, Remedy, measured_cycles, predicted_cycles, recut, remedies
from ..predict.bound import Bound, bounds
from ..predict.predict import predict_schedule
from ..predict.waits import Wait, waits
from ..report.document import head, provenance
from ..report.tables import grid, show
from ..report.text import rendered
from .compiled import ChipLike, Compiled, NetworkLike
from .runs import compiled_for

FORMAT, VERSION = "shiftfire-why", 1
SHOWN_WAITS = 10


@dataclass(frozen=True, eq=False)
class Bottleneck:
    """The longest chain through the predicted run: ``waits`` by round, ``bounds`` of any mapping on the chip, ``remedies`` on other chips, and ``recut``,
    another mapping to the same one (None: no better one was found), and ``less``, smaller chips on which the run is faster. ``measured`` cycles are None unless checked.

    Printed, it shows what ``shiftfire why`` does.
    """

    compiled: Compiled
    samples: int
    predicted: float
    measured: int | None
    waits: tuple[tuple[Wait, ...], ...]
    bounds: tuple[Bound, ...]
    remedies: tuple[Remedy, ...]
    recut: Recut | None
    less: tuple[Less, ...]

    @property
    def first(self) -> Wait:
        """What takes most of all rounds."""
        return max((own[0] for own in self.waits), key=lambda wait: wait.cycles)

    @property
    def resident(self) -> bool:
        """Whether the network is on the chip at once."""
        return len(self.waits) == 1

    @property
    def bound(self) -> Bound:
        """The greatest of the bounds."""
        return self.bounds[0]

    def as_dict(self) -> dict[str, Any]:
        """The document of ``shiftfire why --json``."""
        return {
            **head(FORMAT, VERSION),
            **provenance(self.compiled.schedule),
            "samples": self.samples,
            "predicted": self.predicted,
            "measured": self.measured,
            "bounds": [bound.as_dict() for bound in self.bounds],
            "rounds": [[wait.as_dict() for wait in own] for own in self.waits],
            "remedies": [remedy.as_dict() for remedy in self.remedies],
            "recut": None if self.recut is None else self.recut.as_dict(),
            "less": [less.as_dict() for less in self.less],
        }

    def tables(self) -> list[tuple[str, Table]]:
        """Title and table of each part."""
        known = "" if self.measured is None else f", measured {self.measured:,}"
        name = f"{self.compiled.network.name} on {self.compiled.chip.name}"
        found = []
        for number, own in enumerate(self.waits):
            table = grid("layer", "tile", "what", "cycles", "share")
            for wait in own[:SHOWN_WAITS]:
                tile = "-" if wait.tile < 0 else str(wait.tile)
                table.add_row(wait.layer, tile, str(wait.cause), f"{wait.cycles:,.0f}", f"{wait.share:.1%}")
            part = "" if self.resident else f", round {number}"
            found.append(
                (f"{name}{part}: {self.samples} samples, {self.predicted:,.0f} cycles predicted{known}; the longest chain", table)
            )
        cycles = self.predicted if self.measured is None else self.measured
        table = grid("bound by", "layer", "cycles at least", "per sample", "of the run")
        for bound in self.bounds:
            share = f"{bound.cycles / cycles:.1%}"
            each = f"{bound.cycles / self.samples:,.0f}"
            table.add_row(bound.name.sentence, bound.layer or "-", f"{bound.cycles:,.0f}", each, share)
        found.append((f"what no mapping to this chip{'' if self.resident else ', in rounds or not,'} can go below", table))
        table = grid("with", "cycles predicted", "change", "measured", "change")
        for remedy in self.remedies:
            table.add_row(remedy.sentence, *self._changes(remedy))
        return [*found, ("on other chips, the network mapped anew", table)]

    def _changes(self, other: Remedy | Recut | Less) -> tuple[str, str, str, str]:
        """Cycles and changes, as predicted and as measured."""
        predicted = (f"{other.predicted:,.0f}", f"{other.predicted / self.predicted - 1:+.1%}")
        if other.measured is None or self.measured is None:
            return (*predicted, "-", "-")
        return (*predicted, f"{other.measured:,}", f"{other.measured / self.measured - 1:+.1%}")

    def lines(self) -> tuple[str, ...]:
        """Of another cut, and of chips with less of something, for people."""
        another = "none was found that is predicted to save a hundredth"
        if self.recut is not None:
            another = f"{self.recut.words}: {self._said(self.recut)}"
        return f"another cut: {another}", *(f"{less.sentence}: {self._said(less)}" for less in self.less)

    def _said(self, other: Recut | Less) -> str:
        predicted, change, measured, really = self._changes(other)
        known = "" if other.measured is None else f"; measured {measured} ({really})"
        return f"{predicted} cycles predicted ({change}){known}"

    def __str__(self) -> str:
        tables = [rendered(lambda console, t=title, s=table: show(console, t, s)) for title, table in self.tables()]
        return "\n".join((*tables, *self.lines()))


def bottleneck(network: NetworkLike | Compiled, inputs: Any, *, chip: ChipLike | None = None, check: bool = False) -> Bottleneck:
    """What a run of ``inputs`` waits for, by prediction, and what it would take with more of something, or cut otherwise; ``check`` runs it all in the simulator as well.

    Raises NetworkError for inputs that do not fit, CompileError, InputError, RunError.
    """
    given = expand_all((network.network if isinstance(network, Compiled) else frozen(network)).inputs, inputs)
    compiled = compiled_for(network, plain(given), chip)
    schedule = compiled.schedule
    activations = {**given, **execute_checked(schedule.mapped, given).activations}
    predictions = predict_schedule(schedule, activations)
    parts = zip(schedule.rounds, predictions, strict=True)
    return Bottleneck(
        compiled,
        sample_count(given),
        predicted_cycles(schedule, activations),
        measured_cycles(schedule, plain(given)) if check else None,
        tuple(waits(part.program, prediction) for part, prediction in parts),
        bounds(schedule, activations),
        remedies(schedule, plain(given), activations, check=check),
        recut(schedule, plain(given), activations, check=check),
        less_is_faster(schedule, plain(given), activations, check=check),
    )
