"""When each sample went into the chip and came out, from a run's events."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import Kind

from ..network.values import IntArray
from .plan import RunPlan


def sample_cycles(plan: RunPlan, events: NDArray[np.void]) -> IntArray | None:
    """Per sample: cycle of its first injected packet, cycle of its last collected END; shape (samples, 2).

    A round of several has -1 for what is not in it: the first one injects the samples, the last one gives the answers.
    None when a sample was not injected, or its collection is missing or one too many: that takes faulty hardware.
    """
    io = events[events["tile"] == IO_TILE]
    cycles = np.full((plan.samples, 2), -1, np.int64)
    for column, found in ((0, _first_packets(plan, io)), (1, _last_ends(plan, io))):
        if found is None:
            return None
        cycles[:, column] = found
    return cycles


def _samples_of(plan: RunPlan, packets: NDArray[np.void], steps: Iterable[tuple[int, int]]) -> IntArray:
    """The sample that each packet belongs to, by its vector's number; ``steps``: (tag, vectors of a sample) of every stream. -1 for other tags."""
    vectors = np.zeros(plan.program.chip.tags, np.int64)
    for tag, count in steps:
        vectors[tag] = count
    each = vectors[packets["tag"]]
    return np.where(each > 0, packets["vector"] // np.maximum(each, 1), -1)


def _first_packets(plan: RunPlan, io: NDArray[np.void]) -> IntArray | int | None:
    """Cycle of each sample's first injected packet; -1 in a round that plays what another one stored."""
    if plan.played:
        return -1
    program = plan.program
    sent = io[(io["event"] == EventKind.SEND) & (io["kind"] != Kind.CREDIT)]
    inputs = zip(program.network.inputs, program.input_streams, strict=True)
    sample = _samples_of(plan, sent, ((stream.tag, source.timesteps) for source, stream in inputs))
    never = np.iinfo(np.int64).max
    first = np.full(plan.samples, never)
    known = (sample >= 0) & (sample < plan.samples)
    np.minimum.at(first, sample[known], sent["cycle"][known])
    return None if np.any(first == never) else first


def _last_ends(plan: RunPlan, io: NDArray[np.void]) -> IntArray | int | None:
    """Cycle of each sample's last END of an output; -1 in a round without one."""
    program = plan.program
    if not program.answering_cores():
        return -1
    steps = [(program.stream_of(c.tile).tag, program.network.layer(c.layer).timesteps) for c in program.collected_cores()]
    ends = io[(io["event"] == EventKind.COLLECT) & (io["kind"] == Kind.END)]
    sample = _samples_of(plan, ends, steps)
    if np.any((sample < 0) | (sample >= plan.samples)):
        return None
    if np.any(np.bincount(sample, minlength=plan.samples) != program.ends_per_sample()):
        return None
    answers = np.isin(ends["tag"], [program.stream_of(c.tile).tag for c in program.answering_cores()])
    last = np.zeros(plan.samples, np.int64)
    np.maximum.at(last, sample[answers], ends["cycle"][answers])
    return last
