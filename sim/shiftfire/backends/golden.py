"""Golden, the integer reference: values without time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, INJECT_PLAY, InjectOp
from shiftfire_spec.packet import Kind

from ..compiler.lowering.events import CoreEvents
from ..system.plan import RunPlan
from ..system.regions import memory_words
from ..system.result import EVENT_DTYPE, RunResult
from .backend import Ability, Progress


class Golden:
    """Golden behind the same interface as the others; what it says of a run stands in the plan."""

    name = "golden"
    abilities = Ability.TRACE | Ability.MEMBRANES | Ability.ROUNDS

    def prepare(self, chip: ChipConfig) -> None:
        """Nothing."""

    def run(self, plans: Sequence[RunPlan], *, trace: bool = False, progress: Progress | None = None) -> tuple[RunResult, ...]:
        """As `Backend.run`; with ``trace`` the events of `golden_events`, without cycles."""
        return tuple(golden_result(plan, trace=trace) for plan in plans)


def _core_records(events: CoreEvents, tag: int, *, tile: int, event: EventKind) -> NDArray[np.void]:
    """SPIKE and END packets of a core in order, as seen at ``tile``; cycle -1."""
    starts = events.event_start[:: events.steps]
    vector = np.repeat(np.arange(events.vectors), np.diff(starts))
    records = np.zeros(len(events.axon) + events.vectors, EVENT_DTYPE)
    place = np.arange(len(events.axon)) + vector
    ends = starts[1:] + np.arange(events.vectors)
    records["cycle"], records["tile"], records["event"], records["tag"] = -1, tile, event, tag
    records["axon"][place], records["payload"][place], records["vector"][place] = events.axon, events.payload, vector
    records["kind"][ends], records["vector"][ends] = Kind.END, np.arange(events.vectors)
    return records


def _injected_vectors(plan: RunPlan) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """Tag and packet words of everything that the I/O tile sends up to an END: written out in the injection program, or stored and played."""
    starts, kept, stored = plan.injection.vector_start, plan.injection.kept, memory_words(plan.played)
    ends = np.flatnonzero(INJECT_EVENT.read("op", stored) == InjectOp.END)
    for first, last in pairwise(starts.tolist()):
        words = plan.injection.words[first:last][kept[first:last]]
        tag = int(INJECT_BEGIN.read("tag", words[0]))
        if INJECT_PLAY.read("op", words[2]) != InjectOp.PLAY:
            yield tag, words[2:]  # after BEGIN and its mask
            continue
        for start in words[3::2].tolist():
            yield tag, stored[start : ends[np.searchsorted(ends, start)] + 1]


def _injected_records(plan: RunPlan) -> NDArray[np.void]:
    """SPIKE and END packets that the I/O tile sends."""
    vectors = list(_injected_vectors(plan))
    words = np.concatenate([own for _, own in vectors])
    number: dict[int, int] = {}
    counted = []
    for tag, _ in vectors:
        counted.append(number.get(tag, 0))
        number[tag] = counted[-1] + 1
    lengths = [len(own) for _, own in vectors]
    records = np.zeros(len(words), EVENT_DTYPE)
    records["cycle"], records["tile"], records["event"] = -1, IO_TILE, EventKind.SEND
    records["tag"] = np.repeat([tag for tag, _ in vectors], lengths)
    records["vector"] = np.repeat(counted, lengths)
    records["kind"] = np.where(INJECT_EVENT.read("op", words) == InjectOp.END, Kind.END, Kind.SPIKE)
    for name in ("axon", "payload"):
        records[name] = INJECT_EVENT.read(name, words)
    return records


def _collected(plan: RunPlan, chosen: Iterable[CoreEvents]) -> NDArray[np.void]:
    """SPIKE packets of cores that the I/O tile takes."""
    parts = [
        _core_records(events, plan.program.stream_of(events.core.tile).tag, tile=IO_TILE, event=EventKind.COLLECT)
        for events in chosen
    ]
    records = np.concatenate([np.zeros(0, EVENT_DTYPE), *parts])
    return records[records["kind"] == Kind.SPIKE]


def golden_events(plan: RunPlan) -> NDArray[np.void]:
    """All SPIKE and END packets that are injected, sent by cores, and collected, by tile and vector; cycles are -1, CREDITs left out."""
    parts = [_injected_records(plan)]
    outputs = {core.tile for core in plan.program.collected_cores()}
    for events in plan.events:
        tag = plan.program.stream_of(events.core.tile).tag
        parts.append(_core_records(events, tag, tile=events.core.tile, event=EventKind.SEND))
        if events.core.tile in outputs:
            parts.append(_core_records(events, tag, tile=IO_TILE, event=EventKind.COLLECT))
    return np.concatenate(parts)


def golden_result(plan: RunPlan, *, trace: bool = False) -> RunResult:
    """What golden says of a planned run."""
    return RunResult(
        backend="golden",
        samples=plan.samples,
        predictions=plan.predictions,
        collected=_collected(plan, [e for e in plan.events if e.core in plan.program.answering_cores()]),
        cycles=None,
        config_cycles=None,
        sample_cycles=None,
        counters=None,
        events=golden_events(plan) if trace else None,
        membranes=plan.membranes,
    )
