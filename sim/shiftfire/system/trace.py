"""Event records from packed trace rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.events import ENGINE_EVENT_FIELDS, ENGINES, IO_TILE, EventKind
from shiftfire_spec.inject import COLLECT_CYCLE_BITS, COLLECT_STAMP, INJECT_EVENT
from shiftfire_spec.packet import FLIT, Kind

from .result import ENGINE_DTYPE, EVENT_DTYPE


def _sorted(rows: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    rows = rows[chosen]
    return rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]


def engine_events_from_rows(rows: NDArray[np.int64]) -> NDArray[np.void]:
    """The engines' rows (cycle, tile, event kind, activity) as ENGINE_DTYPE, sorted by cycle, tile and kind."""
    rows = _sorted(rows, np.isin(rows[:, 2], ENGINES))
    events = np.zeros(len(rows), ENGINE_DTYPE)
    for column, name in enumerate(ENGINE_EVENT_FIELDS):
        events[name] = rows[:, column]
    return events


def events_from_rows(rows: NDArray[np.int64]) -> NDArray[np.void]:
    """The packets' rows (cycle, tile, event kind, flit) as EVENT_DTYPE, sorted by cycle, tile and kind, vectors numbered.

    A packet's vector is the number of END packets before it with the same tile, event kind and tag; CREDITs are numbered on their own.
    """
    rows = _sorted(rows, ~np.isin(rows[:, 2], ENGINES))
    events = np.zeros(len(rows), EVENT_DTYPE)
    events["cycle"], events["tile"], events["event"] = rows[:, 0], rows[:, 1], rows[:, 2]
    for name in ("kind", "tag", "axon", "payload"):
        events[name] = FLIT.read(name, rows[:, 3])
    number_vectors(events)
    return events


def collected_events(packets: NDArray[np.uint32]) -> NDArray[np.void]:
    """Events of collected packets as the I/O tile stores them: rows of INJECT_EVENT and COLLECT_STAMP words, shape (packets, 2).

    Stamps hold the low bits of the cycle; packets must come less than 2**COLLECT_CYCLE_BITS cycles apart.
    """

    words, stamped = packets.astype(np.int64).T
    rows = np.zeros((len(packets), 4), np.int64)
    stamps = COLLECT_STAMP.read("cycle", stamped)
    wraps = np.cumsum(np.diff(stamps, prepend=0) < 0)
    rows[:, 0], rows[:, 1], rows[:, 2] = stamps + (wraps << COLLECT_CYCLE_BITS), IO_TILE, EventKind.COLLECT
    rows[:, 3] = COLLECT_STAMP.read("tag", stamped) << FLIT.offset("tag")
    for name, where in (("kind", "op"), ("axon", "axon"), ("payload", "payload")):
        rows[:, 3] |= INJECT_EVENT.read(where, words) << FLIT.offset(name)
    return events_from_rows(rows)


def number_vectors(events: NDArray[np.void]) -> None:
    """Fill in ``vector``; the packets of each (tile, event, tag, CREDIT or not) must be in order."""
    if not len(events):
        return
    credit = events["kind"] == Kind.CREDIT
    closes = credit | (events["kind"] == Kind.END)
    key = ((events["tile"].astype(np.int64) + 1) * 2 + events["event"]) * (1 << FLIT.field("tag").bits) + events["tag"]
    key = key * 2 + credit
    order = np.argsort(key, kind="stable")
    closed = closes[order]
    before = np.cumsum(closed) - closed
    starts = np.concatenate(([True], key[order][1:] != key[order][:-1]))
    base = np.maximum.accumulate(np.where(starts, before, 0))
    events["vector"][order] = before - base
