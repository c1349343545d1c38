"""Traces of a run's events: Chrome/Perfetto JSON and CSV."""

from __future__ import annotations

import csv
import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import IntEnum
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.errors import UserError
from shiftfire_spec.events import ENGINE_EVENT_FIELDS, EVENT_FIELDS, IO_TILE, Activity, EventKind
from shiftfire_spec.packet import Kind

from ..compiler.program import Program
from ..system.result import ENGINE_DTYPE, RunResult
from .event_layers import event_layers
from .files import write_atomically
from .run import Run

TRACE_SUFFIXES = (".json", ".csv")
_VECTOR = ("tile", "event", "tag", "vector")
_FIELDS = (*EVENT_FIELDS, *(f for f in ENGINE_EVENT_FIELDS if f not in EVENT_FIELDS))
_COLUMNS = (*_FIELDS, "layer")
_ENUMS = {"event": EventKind, "kind": Kind, "activity": Activity}


class TraceError(UserError, ValueError):
    """The trace cannot be written; the message says why and what to do."""


class _Track(IntEnum):
    """Tracks of a tile, in the order shown. The I/O tile has one more per stream that it collects: COLLECTED plus the tag."""

    INTEGRATE = 1
    FIRE = 2
    FIRE_STALLED = 3
    EGRESS = 4
    WAITING_FOR_CREDIT = 5
    EGRESS_STALLED = 6
    COLLECTED = 7


# Where an engine's activity is drawn. The egress's own track shows vectors instead of single packets.
_ACTIVITY_TRACKS = {
    (EventKind.INTEGRATE, Activity.BUSY): _Track.INTEGRATE,
    (EventKind.INTEGRATE, Activity.WAIT_EVENT): _Track.INTEGRATE,
    (EventKind.INTEGRATE, Activity.WAIT_FIRE): _Track.INTEGRATE,
    (EventKind.FIRE, Activity.BUSY): _Track.FIRE,
    (EventKind.FIRE, Activity.STALL): _Track.FIRE_STALLED,
    (EventKind.EGRESS, Activity.WAIT_CREDIT): _Track.WAITING_FOR_CREDIT,
    (EventKind.EGRESS, Activity.STALL): _Track.EGRESS_STALLED,
}
_ACTIVITY_NAMES = {
    Activity.BUSY: "busy",
    Activity.WAIT_EVENT: "waiting for event",
    Activity.WAIT_FIRE: "waiting for fire",
    Activity.WAIT_CREDIT: "waiting for credit",
    Activity.STALL: "stalled",
}


def write_trace(path: str | Path, run: Run) -> None:
    """Write the events of a traced run: ``.json`` for Perfetto, ``.csv`` as a list. Cycles count from the start of the first round's run.

    Raises TraceError for another suffix, and for a run without events, OSError.
    """
    check_trace_path(path)
    if any(result.events is None for result in run.rounds):
        raise TraceError(f"the events of this {run.backend} run were not recorded: run with record=['events']")
    shifted = [_later(result, start) for result, start in zip(run.rounds, run.start_cycles, strict=True)]
    runs = [(part.program, result) for part, result in zip(run.schedule.rounds, shifted, strict=True)]
    if Path(path).suffix == ".csv":
        write_atomically(path, lambda file: write_csv(file, runs))
    else:
        write_atomically(path, lambda file: write_perfetto(file, runs))


def _later(result: RunResult, cycles: int) -> RunResult:
    """The result with its events ``cycles`` later, where they have cycles."""

    def moved(events: NDArray[np.void] | None) -> NDArray[np.void] | None:
        if events is None:
            return None
        copy = events.copy()
        copy["cycle"] += np.where(copy["cycle"] < 0, 0, cycles)
        return copy

    end = None if result.cycles is None else result.cycles + cycles
    return replace(result, events=moved(result.events), engine_events=moved(result.engine_events), cycles=end)


def check_trace_path(path: str | Path, *, timed: bool = True) -> None:
    """Raise TraceError unless the suffix of ``path`` names a trace format, one that can do without cycles if there are none."""
    if Path(path).suffix not in TRACE_SUFFIXES:
        raise TraceError(f"trace {str(path)!r}: the name must end in .json (Perfetto) or .csv (event list)")
    if not timed and Path(path).suffix != ".csv":
        raise TraceError(f"trace {str(path)!r}: golden has no cycles to draw; take the backend sim, or .csv for the list of events")


def _events(result: RunResult) -> NDArray[np.void]:
    assert result.events is not None
    return result.events


def _engine_events(result: RunResult) -> NDArray[np.void]:
    """Golden has no engines."""
    return np.zeros(0, ENGINE_DTYPE) if result.engine_events is None else result.engine_events


def write_csv(file: TextIO, runs: Sequence[tuple[Program, RunResult]]) -> None:
    """Event list, one line per event in order of cycle, kinds, activities and layers by name; what an event does not have is left blank."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    packets = chain.from_iterable(_lines(program, _events(result)) for program, result in runs)
    engines = chain.from_iterable(_lines(program, _engine_events(result)) for program, result in runs)
    writer.writerows(heapq.merge(packets, engines, key=lambda line: line[0]))


def _lines(program: Program, events: NDArray[np.void]) -> Iterator[tuple[Any, ...]]:
    columns = []
    for name in _FIELDS:
        if name not in (events.dtype.names or ()):
            columns.append([""] * len(events))
        elif name in _ENUMS:
            columns.append([_ENUMS[name](value).name for value in events[name].tolist()])
        else:
            columns.append(events[name].tolist())
    return zip(*columns, event_layers(program, events), strict=True)


def write_perfetto(file: TextIO, runs: Sequence[tuple[Program, RunResult]]) -> None:
    """Trace events, one per line; time in microseconds of the chip's nominal clock. A process per tile and run, a track per engine."""
    file.write('{"displayTimeUnit": "ns", "traceEvents": [\n')
    first = True
    for number, (program, result) in enumerate(runs):
        label = f"round {number}: " if len(runs) > 1 else ""
        base = number * (program.chip.tiles + 1)
        for event in _trace_events(program, result, label):
            event["pid"] += base
            if event["name"] == "process_sort_index":
                event["args"]["sort_index"] += base
            file.write(("" if first else ",\n") + json.dumps(event))
            first = False
    file.write("\n]}\n")


def _trace_events(program: Program, result: RunResult, label: str) -> Iterator[dict[str, Any]]:
    yield from _tracks(program, label)
    events = _events(result)
    microseconds = 1.0 / program.chip.clock_mhz
    sources = {stream.tag: stream.source for stream in program.streams}
    yield from _activity_slices(_engine_events(result), result.cycles or 0, microseconds)
    for vector in _vectors(events[events["kind"] != Kind.CREDIT]):
        yield from _vector_events(vector, sources, microseconds)
    for credit in events[(events["kind"] == Kind.CREDIT) & (events["event"] == EventKind.SEND)]:
        yield _instant("CREDIT", credit, microseconds)


def _process(tile: int) -> int:
    """The I/O tile first."""
    return tile + 2


def _tracks(program: Program, label: str) -> Iterator[dict[str, Any]]:
    names = {IO_TILE: f"{label}I/O tile: {program.network.name} on {program.chip.name}"}
    names |= {core.tile: f"{label}tile {core.tile} {core.layer}" for core in program.cores}
    for tile, name in sorted(names.items()):
        process = {"ph": "M", "pid": _process(tile)}
        yield {**process, "name": "process_name", "args": {"name": name}}
        yield {**process, "name": "process_sort_index", "args": {"sort_index": _process(tile)}}
        for track, label in _io_tracks(program) if tile == IO_TILE else _core_tracks():
            yield {**process, "tid": track, "name": "thread_name", "args": {"name": label}}
            yield {**process, "tid": track, "name": "thread_sort_index", "args": {"sort_index": track}}


def _io_tracks(program: Program) -> Iterator[tuple[int, str]]:
    yield int(_Track.EGRESS), "sent"
    for stream in program.streams:
        if IO_TILE in stream.destinations:
            yield _Track.COLLECTED + stream.tag, f"collected {stream.source}, tag {stream.tag}"


def _core_tracks() -> Iterator[tuple[int, str]]:
    for track in _Track:
        if track is not _Track.COLLECTED:
            yield int(track), track.name.lower().replace("_", " ")


def _slice(tile: int, track: int, name: str, first: int, last: int, microseconds: float) -> dict[str, Any]:
    """Cycles ``first`` to ``last``."""
    return {
        "ph": "X",
        "pid": _process(tile),
        "tid": int(track),
        "name": name,
        "ts": first * microseconds,
        "dur": (last - first + 1) * microseconds,
        "args": {"first_cycle": first, "last_cycle": last},
    }


def _activity_slices(events: NDArray[np.void], cycles: int, microseconds: float) -> Iterator[dict[str, Any]]:
    """What the engines do, until they do something else or the run of ``cycles`` ends."""
    ordered = events[np.lexsort((events["cycle"], events["event"], events["tile"]))]
    same = (np.diff(ordered["tile"]) == 0) & (np.diff(ordered["event"]) == 0)
    ends = np.append(np.where(same, ordered["cycle"][1:], cycles), [cycles] * min(1, len(ordered)))
    for tile, event, activity, first, end in zip(
        *(ordered[name].tolist() for name in ("tile", "event", "activity", "cycle")), ends.tolist(), strict=True
    ):
        track = _ACTIVITY_TRACKS.get((EventKind(event), Activity(activity)))
        if track is not None:
            yield _slice(tile, track, _ACTIVITY_NAMES[Activity(activity)], first, end - 1, microseconds)


def _vectors(events: NDArray[np.void]) -> Iterator[NDArray[np.void]]:
    """Events of one vector at a time, in order of cycle."""
    if not len(events):
        return
    ordered = events[np.lexsort([events["cycle"], *(events[f] for f in reversed(_VECTOR))])]
    keys = np.stack([ordered[f].astype(np.int64) for f in _VECTOR])
    cuts = np.flatnonzero(np.any(np.diff(keys, axis=1) != 0, axis=0)) + 1
    yield from np.split(ordered, cuts)


def _packet_track(event: np.void) -> int:
    return int(_Track.EGRESS if event["event"] == EventKind.SEND else _Track.COLLECTED + event["tag"])


def _vector_events(vector: NDArray[np.void], sources: dict[int, str], microseconds: float) -> Iterator[dict[str, Any]]:
    first = vector[0]
    tag, tile = int(first["tag"]), int(first["tile"])
    name = f"{sources.get(tag, f'tag {tag}')} {int(first['vector'])}"
    drawn = _slice(tile, _packet_track(first), name, int(first["cycle"]), int(vector["cycle"].max()), microseconds)
    drawn["args"]["spikes"] = int(np.count_nonzero(vector["kind"] == Kind.SPIKE))
    yield drawn
    for end in vector[vector["kind"] == Kind.END]:
        yield _instant("END", end, microseconds)


def _instant(name: str, event: np.void, microseconds: float) -> dict[str, Any]:
    return {
        "ph": "i",
        "s": "t",
        "pid": _process(int(event["tile"])),
        "tid": _packet_track(event),
        "name": name,
        "ts": int(event["cycle"]) * microseconds,
        "args": {"tag": int(event["tag"]), "vector": int(event["vector"]), "cycle": int(event["cycle"])},
    }
