"""Difference zero: the same samples on golden, simulator and RTL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..backends.backend import Progress
from ..backends.fault import Fault
from ..backends.golden import Golden
from ..backends.rtl import run_rtl
from ..backends.sim import Simulator
from ..backends.waves import Waves
from ..compiler.program import Program
from ..compiler.schedule import Schedule, resident_schedule
from ..network.input_sets import Inputs
from ..network.real_time import RealTime
from ..network.values import IntArray
from ..report.document import figures, head, provenance
from ..report.run import Run
from ..system.batches import batch_sizes, round_results
from ..system.configure import readout_cycles_bound
from ..system.plan import plan_rounds
from ..system.result import RunResult
from .compare import Comparison, CounterDifference, Divergence, TileRow, compare
from .membranes import MembraneDivergence

VERIFY_FORMAT, VERIFY_VERSION = "shiftfire-verify", 1
SUMS = (
    "events_compared",
    "event_mismatches",
    "cycles_sim",
    "cycles_rtl",
    "cycle_difference",
    "config_cycle_difference",
    "loading_cycle_difference",
    "counter_mismatches",
    "prediction_mismatches",
    "membranes_compared",
    "membrane_mismatches",
)
SPARE_CYCLES = 10_000  # of the RTL, beyond twice the simulator's, before it counts as stuck


class Outcome(StrEnum):
    """What a verification found."""

    EQUAL = "equal"  # every difference is zero
    MASKED = "masked"  # likewise, although a fault was injected
    DIFFERENT = "different"
    UNFINISHED = "unfinished"  # the RTL did not come to the end of its last round


@dataclass(frozen=True, eq=False)
class Verification:
    """The three executions compared, round by round and batch by batch, as far as the RTL came. ``run`` is the simulator's, without its events."""

    run: Run
    rounds: tuple[Comparison, ...]
    fault: str | None = None  # injected into the RTL's first round: TILE:MEMORY:ADDRESS:BIT
    netlist: str | None = None  # family of the netlist in the place of the tiles' RTL

    @property
    def finished(self) -> bool:
        """Whether the RTL ended every round."""
        return len(self.rounds) == self._planned and self.cycles_rtl is not None

    @property
    def _planned(self) -> int:
        """Rounds, each as often as there are batches."""
        return len(self.run.rounds) * max(1, len(self.run.batches))

    @property
    def passed(self) -> bool:
        """Whether every difference of every round is zero."""
        return self.finished and all(part.passed for part in self.rounds)

    @property
    def outcome(self) -> Outcome:
        """In one word."""
        if self.passed:
            return Outcome.EQUAL if self.fault is None else Outcome.MASKED
        return Outcome.DIFFERENT if self.finished else Outcome.UNFINISHED

    @property
    def events_compared(self) -> int:
        return sum(part.events_compared for part in self.rounds)

    @property
    def event_mismatches(self) -> int:
        return sum(part.event_mismatches for part in self.rounds)

    @property
    def counter_mismatches(self) -> int:
        return sum(part.counter_mismatches for part in self.rounds)

    @property
    def prediction_mismatches(self) -> int:
        return sum(part.prediction_mismatches for part in self.rounds)

    @property
    def membranes_compared(self) -> int | None:
        """Stored potentials; None unless membranes were recorded."""
        return _sum([None if part.membranes is None else part.membranes.compared for part in self.rounds])

    @property
    def membrane_mismatches(self) -> int | None:
        """Potentials that the RTL wrote otherwise, or did not write; None unless membranes were recorded."""
        return _sum([None if part.membranes is None else part.membranes.mismatches for part in self.rounds])

    @property
    def first_membrane_divergence(self) -> MembraneDivergence | None:
        """Of the first round that has one."""
        found = (part.membranes.first for part in self.rounds if part.membranes is not None)
        return next((first for first in found if first is not None), None)

    @property
    def cycles_sim(self) -> int:
        """Of the rounds that the RTL began."""
        return sum(part.cycles_sim for part in self.rounds)

    @property
    def cycles_rtl(self) -> int | None:
        return _sum([part.cycles_rtl for part in self.rounds])

    @property
    def cycle_difference(self) -> int | None:
        """RTL less simulator."""
        return _sum([part.cycle_difference for part in self.rounds])

    @property
    def config_cycle_difference(self) -> int:
        return sum(part.config_cycle_difference for part in self.rounds)

    @property
    def loading_cycle_difference(self) -> int:
        return sum(part.loading_cycle_difference for part in self.rounds)

    @property
    def first_divergence(self) -> Divergence | None:
        """Of the first round that has one."""
        return next((part.first_divergence for part in self.rounds if part.first_divergence is not None), None)

    @property
    def tiles(self) -> tuple[TileRow, ...]:
        """Of every round."""
        return tuple(row for part in self.rounds for row in part.tiles)

    @property
    def counter_differences(self) -> tuple[CounterDifference, ...]:
        """Of every round."""
        return tuple(entry for part in self.rounds for entry in part.counter_differences)

    def sentence(self) -> str:
        """For people, in one line."""
        stored = ", counter and membrane" if self.membranes_compared else " and counter"
        agreed = f"golden, simulator and RTL agree: every event, cycle{stored}"
        match self.outcome:
            case Outcome.EQUAL:
                return agreed
            case Outcome.MASKED:
                return f"masked: the fault {self.fault} was injected and had no effect; {agreed}"
            case Outcome.UNFINISHED | Outcome.DIFFERENT:
                left = "" if self.finished else f"; the RTL did not end round {max(0, len(self.rounds) - 1)} of {self._planned}"
                return f"DIFFERENT; {self._where()}{left}"

    def _where(self) -> str:
        """What differs first."""
        first, membrane = self.first_divergence, self.first_membrane_divergence
        if first is not None:
            found = f"first divergence: {first.sentence()}"
        elif membrane is not None and all(replace(part, membranes=None).passed for part in self.rounds):
            found = "every event, cycle and counter agrees"
        else:
            found = "no packet differs: look at the cycles and counters"
        return found if membrane is None else f"{found}; first membrane that differs: {membrane.sentence()}"

    def as_dict(self) -> dict[str, Any]:
        """The document of ``shiftfire verify --json``; its schema is ``docs/reference/verify.schema.json``."""
        return {
            **head(VERIFY_FORMAT, VERIFY_VERSION),
            **provenance(self.run.schedule),
            "outcome": str(self.outcome),
            "passed": self.passed,
            "fault": self.fault,
            "netlist": self.netlist,
            **figures(self.run),
            "batches": list(self.run.batches or (self.run.samples,)),
            **{name: getattr(self, name) for name in SUMS},
            "first_divergence": None if self.first_divergence is None else asdict(self.first_divergence),
            "first_membrane_divergence": None if self.first_membrane_divergence is None else asdict(self.first_membrane_divergence),
            "rounds": [part.as_dict() for part in self.rounds],
            "recentred": [asdict(change) for change in self.run.recentred],
        }

    def assert_equal(self) -> None:
        """Raise AssertionError, which says where, unless every difference is zero."""
        if not self.passed:
            raise AssertionError(f"{self.run.title}: {self.sentence()}")


def _sum(values: Sequence[int | None]) -> int | None:
    """None when one is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def verify(
    compiled: Schedule | Program,
    inputs: Inputs | RealTime,
    *,
    labels: IntArray | None = None,
    fault: Fault | None = None,
    progress: Progress | None = None,
    waves: Waves | None = None,
    built: Path | None = None,
    membranes: bool = False,
) -> Verification:
    """Run ``inputs`` three times and compare, round by round as far as the RTL comes: it plays what it stored itself.

    ``fault`` is injected into the RTL's first round. ``membranes``: what the RTL stores in them is compared with golden; not with ``built``. ``waves`` are those of the RTL. ``built``: a harness that takes the place of the RTL's, as one of `build_netlist_harness`.
    Raises as the three backends do.
    """
    schedule = resident_schedule(compiled) if isinstance(compiled, Program) else compiled
    plans = plan_rounds(schedule, inputs, membranes=membranes)
    sim = Simulator().run(plans, trace=True, progress=progress)
    rtl = run_rtl(plans, trace=True, fault=fault, limit_cycles=limit_cycles(schedule, sim), waves=waves, built=built)
    golden = Golden().run(plans, trace=True)
    rounds = tuple(compare(plan.program, *runs) for plan, *runs in zip(plans, golden, sim, rtl, strict=False))
    kept = tuple(replace(result, events=None, engine_events=None, membranes=None) for result in sim)
    run = Run(schedule, round_results(plans, kept), labels, batches=batch_sizes(plans))
    return Verification(run, rounds, None if fault is None else fault.text)


def limit_cycles(schedule: Schedule, sim: Sequence[RunResult]) -> int:
    """Cycles that a phase of the RTL may take, from what the simulator took; reading the counters is a phase too."""
    phases = [(run.phase_cycles or 0, run.config_cycles or 0) for run in sim]
    return 2 * max(readout_cycles_bound(schedule.chip), *(max(phase) for phase in phases)) + SPARE_CYCLES
