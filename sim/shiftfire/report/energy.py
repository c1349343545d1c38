"""Where the energy of a run goes, what a synaptic operation takes, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rich.table import Table

from ..energy.accelergy import action_counts, energy_reference_table
from ..energy.corners import NOTHING, Band
from ..energy.dense.work import dense_operations
from ..energy.operating import NOMINAL, OperatingPoint, at_point
from ..energy.parts import Clock, EnergyEstimate
from ..energy.table import load_table
from ..energy.what_if import WhatIf, what_if
from ..errors import InputError
from .document import head, provenance
from .run import Run
from .tables import energy_table, grid

FORMAT, VERSION = "shiftfire-energy", 1
SHOWN_PARTS = 3
_WHOLE = "(routers of other tiles)"


@dataclass(frozen=True, eq=False)
class EnergyReport:
    """The energy of ``run`` at an operating point. Raises InputError of a run without counters."""

    run: Run
    point: OperatingPoint = NOMINAL

    def __post_init__(self) -> None:
        if self.run.energy is None:
            raise InputError(f"no energy of a run on {self.run.backend}: it has no counters; take sim, or rtl")

    @cached_property
    def estimates(self) -> tuple[EnergyEstimate, ...]:
        """The chip's, then those of the dense machines."""
        return tuple(at_point(estimate, self.point) for estimate in self.run.energies)

    @property
    def chip(self) -> EnergyEstimate:
        """The chip's estimate."""
        return self.estimates[0]

    @property
    def gated(self) -> Band:
        """Picojoules per inference of what happens, leakage and a gated clock."""
        return self.chip.total(Clock.GATED)

    @property
    def ratios(self) -> dict[str, Band]:
        """`gated` over that of each dense machine that could be built, by title, corner by corner."""
        built = [estimate for estimate in self.estimates[1:] if estimate.clocks[Clock.GATED]]
        return {estimate.title: self.gated.over(estimate.total(Clock.GATED)) for estimate in built}

    @property
    def synaptic_operations(self) -> float:
        """Lane operations per inference: a weight added for an event."""
        return sum(part.count for part in self.chip.parts if part.group == "accumulate") / self.chip.samples

    @property
    def per_operation(self) -> dict[str, Band]:
        """Picojoules per synaptic operation: of what happens alone, and with leakage and the clock."""
        operations = self.synaptic_operations
        if not operations:
            return {}
        totals = {"events": self.chip.per_inference} | {f"total, {clock}": self.chip.total(clock) for clock in Clock}
        return {name: total.times(1 / operations) for name, total in totals.items()}

    @cached_property
    def changes(self) -> tuple[WhatIf, ...]:
        """What would change the figure, the largest saving first."""
        return what_if(self.chip, self.run.chip, load_table())

    @property
    def dominant(self) -> tuple[tuple[str, float], ...]:
        """The largest parts, clock and leakage among them, and their shares of the nominal total with a gated clock."""
        total = self.chip.total(Clock.GATED).nominal
        merged = self.chip.merged()
        parts = (*merged.parts, *merged.clocks[Clock.GATED])
        sums = {part.name: merged.sum_of([part]).nominal for part in parts} | {"leakage": merged.sum_of(merged.leakage).nominal}
        ordered = sorted(sums.items(), key=lambda item: -item[1])[:SHOWN_PARTS]
        return tuple((name, value / total) for name, value in ordered) if total else ()

    def decides(self) -> str:
        """What the ratio to dense machines hangs on, in a line."""
        additions = dense_operations(self.run.network)
        if not additions or len(self.estimates) == 1:
            return ""
        share = self.chip.by_group().get("memory", NOTHING).nominal / self.chip.per_inference.nominal
        return (
            f"what decides: {self.synaptic_operations / additions:.2f} additions for each of the dense machine's, and the accumulators:"
            f" memories are {share:.0%} of what happens here"
        )

    def tables(self) -> list[tuple[str, Table]]:
        """For people: by layer and part, machines side by side, operations, changes."""
        return [
            (f"by layer and part, nJ per inference; {self.point.sentence}", self._layers()),
            ("beside dense machines, nJ per inference", energy_table(self.estimates)),
            ("pJ per synaptic operation, and what is published of other chips", self._operations()),
            (f"what would change it, nJ per inference with a gated clock ({self._share_line()})", self._changes()),
        ]

    def _share_line(self) -> str:
        return "most of it: " + ", ".join(f"{name} {share:.0%}" for name, share in self.dominant)

    def _layers(self) -> Table:
        groups = list(self.chip.by_group())
        table = grid("layer", *groups, "events")
        for layer, bands in self.chip.by_layer_and_group().items():
            values = [bands.get(group, NOTHING).nominal / 1e3 for group in groups]
            table.add_row(layer or _WHOLE, *(f"{value:,.2f}" for value in values), f"{sum(values):,.2f}")
        return table

    def _operations(self) -> Table:
        table = grid("chip", "pJ", "technology", "range or source")
        for name, band in self.per_operation.items():
            table.add_row(
                f"this one, {name}", f"{band.nominal:.3g}", self.point.sentence, f"{band.ends[0]:.3g} .. {band.ends[1]:.3g}"
            )
        for known in load_table().published:
            table.add_row(known.name, f"{known.value:.3g}", known.technology, known.source)
        return table

    def _changes(self) -> Table:
        now = self.chip.total(Clock.GATED)
        table = grid("with", "nJ", "change")
        table.add_row("nothing changed", f"{now.nominal / 1e3:,.2f}", "")
        for change in self.changes:
            table.add_row(change.words, f"{change.total.nominal / 1e3:,.2f}", f"{change.total.nominal / now.nominal - 1:+.1%}")
        return table

    def as_dict(self) -> dict[str, Any]:
        """The document of ``shiftfire energy --json``."""
        return {
            **head(FORMAT, VERSION),
            **provenance(self.run.schedule),
            "samples": self.run.samples,
            "cycles": self.run.cycles,
            "volts": self.point.volts,
            "scaling": self.point.scaling,
            "estimates": [estimate.as_dict() for estimate in self.estimates],
            "by_layer": [
                {"layer": layer, "group": group, **band.as_dict()}
                for layer, bands in self.chip.by_layer_and_group().items()
                for group, band in bands.items()
            ],
            "synaptic_operations_per_inference": self.synaptic_operations,
            "picojoules_per_synaptic_operation": {name: band.as_dict() for name, band in self.per_operation.items()},
            "what_if": [{"words": change.words, **change.total.as_dict()} for change in self.changes],
        }

    def action_counts(self, clock: Clock = Clock.GATED) -> dict[str, Any]:
        """Accelergy's action counts of the chip."""
        return action_counts(self.chip, clock)

    def energy_reference_table(self, clock: Clock = Clock.GATED) -> dict[str, Any]:
        """Accelergy's energy reference table of the chip."""
        return energy_reference_table(self.chip, clock)
