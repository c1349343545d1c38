"""Traces: what is written is what the events say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from shiftfire.compiler.program import CoreSlice, Program, Stream
from shiftfire.network.graph import Argmax, Input, Layer, Network, Readout, Shape
from shiftfire.report.trace import TraceError, write_trace
from shiftfire.system.result import EVENT_DTYPE
from shiftfire_spec.chip import load_chip
from shiftfire_spec.events import EVENT_FIELDS, IO_TILE, EventKind
from shiftfire_spec.packet import Kind

SEND, COLLECT = EventKind.SEND, EventKind.COLLECT


def program() -> Program:
    layer = Layer("out", Shape(2), (), Argmax(np.zeros(2, np.int64)))
    network = Network("toy", Input("in", Shape(3)), (layer,), "out", Readout.EVENT)
    streams = (Stream(1, "in", IO_TILE, (0,), 1, 0, 0, 0), Stream(2, "out", 0, (IO_TILE,), 0, 0, 0, 0))
    return Program(network, load_chip("edge"), (CoreSlice(0, "out", 0, 2, 0, 1, 1),), streams, np.zeros((0, 2), np.uint32))


def events() -> np.ndarray:
    rows = [  # cycle, tile, event, kind, vector, tag, axon, payload
        (2, 0, SEND, Kind.CREDIT, 0, 3, 0, 0),
        (5, IO_TILE, SEND, Kind.SPIKE, 0, 1, 0, 7),
        (6, IO_TILE, SEND, Kind.SPIKE, 0, 1, 2, 9),
        (9, IO_TILE, SEND, Kind.END, 0, 1, 0, 0),
        (10, IO_TILE, SEND, Kind.END, 1, 1, 0, 0),
        (30, 0, SEND, Kind.SPIKE, 0, 2, 1, 1),
        (31, 0, SEND, Kind.END, 0, 2, 0, 0),
        (33, IO_TILE, COLLECT, Kind.SPIKE, 0, 2, 1, 1),
        (34, IO_TILE, COLLECT, Kind.END, 0, 2, 0, 0),
    ]
    return np.array(rows, dtype=EVENT_DTYPE)


def test_perfetto(tmp_path: Path) -> None:
    write_trace(tmp_path / "t.json", program(), events())
    document = json.loads((tmp_path / "t.json").read_text())
    tracks = {e["tid"]: e["args"]["name"] for e in document["traceEvents"] if e["name"] == "thread_name"}
    slices = [e for e in document["traceEvents"] if e["ph"] == "X"]
    found = {(tracks[e["tid"]], e["name"]): (e["ts"], e["dur"], e["args"]["spikes"]) for e in slices}
    period = 1 / 100  # microseconds, edge runs at 100 MHz
    expected = {
        ("I/O tile sends", "in 0"): (5, 5, 2),
        ("I/O tile sends", "in 1"): (10, 1, 0),
        ("tile 0 out sends", "out 0"): (30, 2, 1),
        ("I/O tile collected", "out 0"): (33, 2, 1),
    }
    assert set(found) == set(expected)
    for key, (start, length, spikes) in expected.items():
        assert found[key] == (pytest.approx(start * period), pytest.approx(length * period), spikes)
    instants = sorted((e["name"], e["args"]["cycle"]) for e in document["traceEvents"] if e["ph"] == "i")
    assert instants == [("CREDIT", 2), ("END", 9), ("END", 10), ("END", 31), ("END", 34)]


def test_csv(tmp_path: Path) -> None:
    write_trace(tmp_path / "t.csv", program(), events())
    with (tmp_path / "t.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(EVENT_FIELDS)
    assert len(rows) == len(events())
    first = {"cycle": "5", "tile": "-1", "event": "SEND", "vector": "0", "kind": "SPIKE", "tag": "1", "axon": "0", "payload": "7"}
    assert rows[1] == first


def test_no_events(tmp_path: Path) -> None:
    write_trace(tmp_path / "t.json", program(), events()[:0])
    assert json.loads((tmp_path / "t.json").read_text())["traceEvents"]


def test_wrong_suffix(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"\.json .* or \.csv"):
        write_trace(tmp_path / "t.vcd", program(), events())
