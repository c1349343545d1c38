"""Traces of a run's events: Chrome/Perfetto JSON and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.events import EVENT_FIELDS, IO_TILE, EventKind
from shiftfire_spec.packet import Kind

from ..compiler.program import Program
from .files import write_atomically

TRACE_SUFFIXES = (".json", ".csv")
_VECTOR = ("tile", "event", "tag", "vector")


class TraceError(ValueError):
    """The trace cannot be written; the message says why and what to do."""


def write_trace(path: str | Path, program: Program, events: NDArray[np.void]) -> None:
    """Write ``events`` (EVENT_DTYPE): ``.json`` for Perfetto, ``.csv`` as a list. Raises TraceError for another suffix, OSError."""
    check_trace_path(path)
    if Path(path).suffix == ".csv":
        write_atomically(path, lambda file: write_csv(file, events))
    else:
        write_atomically(path, lambda file: write_perfetto(file, program, events))


def check_trace_path(path: str | Path, *, timed: bool = True) -> None:
    """Raise TraceError unless the suffix of ``path`` names a trace format, one that can do without cycles if there are none."""
    if Path(path).suffix not in TRACE_SUFFIXES:
        raise TraceError(f"trace {str(path)!r}: the name must end in .json (Perfetto) or .csv (event list)")
    if not timed and Path(path).suffix != ".csv":
        raise TraceError(f"trace {str(path)!r}: golden has no cycles to draw; take the backend sim, or .csv for the list of events")


def write_csv(file: TextIO, events: NDArray[np.void]) -> None:
    """Event list, one line per event, kinds by name."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(EVENT_FIELDS)
    names = {"event": EventKind, "kind": Kind}
    columns = [[names[f](v).name for v in events[f].tolist()] if f in names else events[f].tolist() for f in EVENT_FIELDS]
    writer.writerows(zip(*columns, strict=True))


def write_perfetto(file: TextIO, program: Program, events: NDArray[np.void]) -> None:
    """Trace events, one per line; time in microseconds of the chip's nominal clock."""
    file.write('{"displayTimeUnit": "ns", "traceEvents": [\n')
    for number, event in enumerate(_trace_events(program, events)):
        file.write((",\n" if number else "") + json.dumps(event))
    file.write("\n]}\n")


def _trace_events(program: Program, events: NDArray[np.void]) -> Iterator[dict[str, Any]]:
    yield from _tracks(program)
    microseconds = 1.0 / program.chip.clock_mhz
    sources = {stream.tag: stream.source for stream in program.streams}
    for vector in _vectors(events[events["kind"] != Kind.CREDIT]):
        yield from _vector_events(vector, sources, microseconds)
    for credit in events[(events["kind"] == Kind.CREDIT) & (events["event"] == EventKind.SEND)]:
        yield _instant("CREDIT", credit, microseconds)


def _tracks(program: Program) -> Iterator[dict[str, Any]]:
    names = {core.tile: f"tile {core.tile} {core.layer}" for core in program.cores} | {IO_TILE: "I/O tile"}
    yield {"ph": "M", "pid": 1, "name": "process_name", "args": {"name": f"{program.network.name} on {program.chip.name}"}}
    for tile, name in sorted(names.items()):
        for kind in EventKind:
            if kind is EventKind.COLLECT and tile != IO_TILE:
                continue
            track = {"ph": "M", "pid": 1, "tid": _track(tile, kind)}
            label = f"{name} collected" if kind is EventKind.COLLECT else f"{name} sends"
            yield {**track, "name": "thread_name", "args": {"name": label}}
            yield {**track, "name": "thread_sort_index", "args": {"sort_index": _track(tile, kind)}}


def _track(tile: int, kind: int) -> int:
    """Track number: the I/O tile's two first, then a track per tile."""
    return tile + 3 if tile != IO_TILE else 1 + int(kind)


def _vectors(events: NDArray[np.void]) -> Iterator[NDArray[np.void]]:
    """Events of one vector at a time, in order of cycle."""
    if not len(events):
        return
    ordered = events[np.lexsort([events["cycle"], *(events[f] for f in reversed(_VECTOR))])]
    keys = np.stack([ordered[f].astype(np.int64) for f in _VECTOR])
    cuts = np.flatnonzero(np.any(np.diff(keys, axis=1) != 0, axis=0)) + 1
    yield from np.split(ordered, cuts)


def _vector_events(vector: NDArray[np.void], sources: dict[int, str], microseconds: float) -> Iterator[dict[str, Any]]:
    first = vector[0]
    start, last = int(first["cycle"]), int(vector["cycle"].max())
    yield {
        "ph": "X",
        "pid": 1,
        "tid": _track(int(first["tile"]), int(first["event"])),
        "name": f"{sources.get(int(first['tag']), 'tag ' + str(int(first['tag'])))} {int(first['vector'])}",
        "cat": EventKind(int(first["event"])).name,
        "ts": start * microseconds,
        "dur": (last - start + 1) * microseconds,
        "args": {"first_cycle": start, "last_cycle": last, "spikes": int(np.count_nonzero(vector["kind"] == Kind.SPIKE))},
    }
    for end in vector[vector["kind"] == Kind.END]:
        yield _instant("END", end, microseconds)


def _instant(name: str, event: np.void, microseconds: float) -> dict[str, Any]:
    return {
        "ph": "i",
        "s": "t",
        "pid": 1,
        "tid": _track(int(event["tile"]), int(event["event"])),
        "name": name,
        "ts": int(event["cycle"]) * microseconds,
        "args": {"tag": int(event["tag"]), "vector": int(event["vector"]), "cycle": int(event["cycle"])},
    }
