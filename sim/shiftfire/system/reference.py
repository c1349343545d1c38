"""The golden execution behind the same interface as the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.inject import INJECT_EVENT, InjectOp
from shiftfire_spec.packet import Kind

from ..compiler.events import CoreEvents
from ..compiler.program import Program
from ..network.graph import IntArray
from .plan import RunPlan, plan_run
from .result import EVENT_DTYPE, RunResult


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


def _injected_records(plan: RunPlan) -> NDArray[np.void]:
    """SPIKE and END packets that the I/O tile sends, read from the injection program."""
    words, starts = plan.injection.words.astype(np.int64), plan.injection.vector_start
    vector = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    packet = np.ones(len(words), bool)
    packet[starts[:-1]] = packet[starts[:-1] + 1] = False  # BEGIN and its mask
    fields = {f.name: (words[packet] >> INJECT_EVENT.offset(f.name)) & ((1 << f.bits) - 1) for f in INJECT_EVENT}
    records = np.zeros(int(packet.sum()), EVENT_DTYPE)
    records["cycle"], records["tile"], records["event"], records["tag"] = -1, IO_TILE, EventKind.SEND, plan.program.input_stream.tag
    records["kind"] = np.where(fields["op"] == InjectOp.END, Kind.END, Kind.SPIKE)
    records["axon"], records["payload"], records["vector"] = fields["axon"], fields["payload"], vector[packet]
    return records


def golden_events(plan: RunPlan) -> NDArray[np.void]:
    """All SPIKE and END packets that are injected, sent by cores, and collected, by tile and vector; cycles are -1, CREDITs left out."""
    parts = [_injected_records(plan)]
    outputs = {core.tile for core in plan.program.output_cores()}
    for events in plan.events:
        tag = plan.program.stream_of(events.core.tile).tag
        parts.append(_core_records(events, tag, tile=events.core.tile, event=EventKind.SEND))
        if events.core.tile in outputs:
            parts.append(_core_records(events, tag, tile=IO_TILE, event=EventKind.COLLECT))
    return np.concatenate(parts)


def run_golden(program: Program, inputs: IntArray, *, trace: bool = False) -> RunResult:
    """Execute ``inputs`` without time. Raises NetworkError for inputs that do not fit."""
    plan = plan_run(program, inputs)
    return RunResult(
        backend="golden",
        samples=plan.samples,
        predictions=plan.golden.predictions,
        cycles=None,
        config_cycles=None,
        sample_cycles=None,
        counters=None,
        events=golden_events(plan) if trace else None,
    )
