"""The sim execution: the phases of rounds, over the cycle kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import simpy
from numpy.typing import NDArray

from ..cycle.configuration import configure
from ..cycle.io_tile import open_cycle
from ..cycle.kernel import FINISHED, FRUITLESS, STALLED, TRACE_FULL, compiled_run
from ..cycle.state import CLEAR, DRAIN, EXEC, OPEN, RECEIVE, State, initial_state
from .configure import configuration_cycles, cycles_after_last_request
from .phases import Steps, total_cycles
from .plan import RunError, RunPlan
from .readout import collected_packets, read_predictions
from .real_time import real_time_cycles
from .regions import memory_words
from .result import RunResult
from .sample_cycles import sample_cycles
from .trace import engine_events_from_rows, events_from_rows

SLICE_CYCLES = 200_000  # simulated cycles between two reports of progress
_STATE_NAMES = {EXEC: "executing", CLEAR: "clearing weights", OPEN: "asking for a vector", RECEIVE: "receiving", DRAIN: "draining"}

Progress = Callable[[int, int], None]


class SystemModel:
    """The phases of one run, as long as they take: of configurations the DMA's cycles, of the run the kernel's."""

    def __init__(
        self,
        plan: RunPlan,
        *,
        engines: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.plan = plan
        self.progress = progress
        self.config_cycles = 0
        self.run_cycles = 0
        self.loading_cycles = 0
        self.beside_entries = plan.loading.beside_entries
        self._rows: list[NDArray[np.int64]] = []
        self.state = self._initial_state(engines)

    def _initial_state(self, engines: bool) -> State:
        plan = self.plan
        self.configuration = configure(
            plan.program,
            plan.events,
            plan.injection.words,
            stored_words=memory_words(plan.played),
            prefetch_words=2 * self.beside_entries,
            collect_limit=plan.collect_packets,
            collect_ends=plan.collect_ends,
            drains=plan.drains,
        )
        return initial_state(self.configuration, engines=engines)

    def simulate(self) -> None:
        """Run the model to the end. Raises RunError when the fabric stalls."""
        total_cycles([self])

    def configure(self, environment: simpy.Environment) -> Steps:
        """The configuration DMA before the run."""
        self._over = environment.event()
        entries = self.plan.configuration(self.plan.program.image)
        self.config_cycles = configuration_cycles(self.plan.program.chip, len(entries))
        yield environment.timeout(self.config_cycles)

    def load(self, environment: simpy.Environment) -> Steps:
        """The configuration DMA beside the run. How long it takes is known when the run is over."""
        yield self._over
        if self.beside_entries:
            self.loading_cycles = self._loading_end()
            yield environment.timeout(max(0, self.loading_cycles - self.run_cycles))

    def run(self, environment: simpy.Environment) -> Steps:
        """The fabric, in slices of the kernel's run."""
        run = compiled_run()
        reached = 0
        while True:
            status, cycle = run(self.configuration, self.state, reached + SLICE_CYCLES)
            self._empty_trace()
            if status == TRACE_FULL:
                continue
            if status in (STALLED, FRUITLESS):
                raise RunError(self._stall_message(cycle, status))
            if status == FINISHED:
                self.run_cycles = cycle + 1
                yield environment.timeout(self.run_cycles - reached)
                break
            yield environment.timeout(SLICE_CYCLES)
            reached += SLICE_CYCLES
            self._report()
        self._over.succeed()
        self._report()

    def _loading_end(self) -> int:
        """Cycles of the configuration beside the run, which may outlast it: its requests take what injection and collection leave."""
        io = self.state.io[0]
        last = int(io.prefetched_at)
        if last < 0:
            last = int(open_cycle(self.configuration, 2 * self.beside_entries - 1 + io.used))
        return cycles_after_last_request(self.plan.program.chip, last)

    def result(self, *, trace: bool) -> RunResult:
        """What the run was; events with ``trace``."""
        plan, rows = self.plan, self.trace_rows()
        events = events_from_rows(rows)
        return RunResult(
            backend="sim",
            samples=plan.samples,
            predictions=read_predictions(plan.program, events, plan.samples),
            collected=collected_packets(plan.program, events),
            cycles=self.run_cycles,
            config_cycles=self.config_cycles,
            sample_cycles=sample_cycles(plan, events),
            counters=self.state.counters.copy(),
            events=events if trace else None,
            engine_events=engine_events_from_rows(rows) if trace else None,
            membranes=plan.membranes,  # values are golden's: they do not depend on time
            real_time=real_time_cycles(plan.injection, events),
            loading_cycles=self.loading_cycles,
        )

    def collected_ends(self) -> int:
        """END packets collected so far."""
        return int(self.state.io[0].ended)

    def _report(self) -> None:
        if self.progress is not None:
            self.progress(
                min(self.plan.samples, self.collected_ends() * self.plan.samples // max(1, self.plan.collect_ends)),
                self.plan.samples,
            )

    def _stall_message(self, cycle: int, status: int) -> str:
        last = int(self.state.queues.moved[0])
        what = (
            f"stands still after cycle {cycle}" if status == STALLED else f"works without end: no packet moves after cycle {last}"
        )
        states = self.state.integrates["state"]
        where = ", ".join(f"tile {c.tile} ({c.layer}) {_STATE_NAMES[int(states[c.tile])]}" for c in self.plan.program.cores)
        return f"the fabric {what}, {self.collected_ends()} of {self.plan.collect_ends} vectors collected: {where}"

    def _empty_trace(self) -> None:
        trace = self.state.trace
        self._rows.append(trace.rows[: trace.count[0]].copy())
        trace.count[0] = 0

    def trace_rows(self) -> NDArray[np.int64]:
        """What was traced so far: rows (cycle, tile, event kind, flit or activity)."""
        return np.concatenate(self._rows) if self._rows else np.zeros((0, 4), np.int64)


def simulate_rounds(plans: Sequence[RunPlan], *, trace: bool = False, progress: Progress | None = None) -> tuple[RunResult, ...]:
    """Simulate planned rounds one after the other, cycle by cycle.

    ``progress(done, samples)`` is called now and then and counts the samples of all rounds. With ``trace`` the results carry every event.
    Raises RunError when the fabric stalls or works without end.
    """
    results: list[RunResult] = []

    def report(number: int) -> Progress | None:
        def done(samples: int, of: int) -> None:
            assert progress is not None
            progress(number * of + samples, len(plans) * of)

        return None if progress is None else done

    def rounds() -> Iterator[SystemModel]:
        for number, plan in enumerate(plans):
            model = SystemModel(plan, engines=trace, progress=report(number))
            yield model
            results.append(model.result(trace=trace))

    total_cycles(rounds())
    return tuple(results)
