"""Traces: what is written is what the events say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from shiftfire.compiler.program import CoreSlice, Program, Stream
from shiftfire.compiler.schedule import resident_schedule
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.values import Shape
from shiftfire.report.run import Run
from shiftfire.report.trace import TraceError, write_trace
from shiftfire.system.result import ENGINE_DTYPE, EVENT_DTYPE, RunResult
from shiftfire_spec.chip import load_chip
from shiftfire_spec.events import EVENT_FIELDS, IO_TILE, Activity, EventKind
from shiftfire_spec.packet import Kind

SEND, COLLECT = EventKind.SEND, EventKind.COLLECT
INTEGRATE, FIRE, EGRESS = EventKind.INTEGRATE, EventKind.FIRE, EventKind.EGRESS


def program() -> Program:
    layer = Layer("out", Shape(2), (), Argmax(np.zeros(2, np.int64)))
    network = Network("toy", Input("in", Shape(3)), (layer,), "out", Readout.EVENT)
    streams = (Stream(1, "in", IO_TILE, (0,), 1, 0, 0, 0), Stream(2, "out", 0, (IO_TILE,), 0, 0, 0, 0))
    return Program(
        network,
        load_chip("edge"),
        (CoreSlice(0, "out", 0, 2, 0, 1, 1),),
        streams,
        np.zeros((0, 2), np.uint32),
        spread=False,
        order=(0,),
    )


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


def engine_events() -> np.ndarray:
    rows = [  # cycle, tile, event, activity
        (3, 0, INTEGRATE, Activity.WAIT_EVENT),
        (8, 0, INTEGRATE, Activity.BUSY),
        (11, 0, INTEGRATE, Activity.IDLE),
        (12, 0, FIRE, Activity.BUSY),
        (14, 0, FIRE, Activity.STALL),
        (20, 0, EGRESS, Activity.WAIT_CREDIT),
        (29, 0, EGRESS, Activity.STALL),
        (30, 0, EGRESS, Activity.BUSY),
        (32, 0, INTEGRATE, Activity.WAIT_FIRE),
    ]
    return np.array(rows, dtype=ENGINE_DTYPE)


def result(events: np.ndarray, engine_events: np.ndarray | None) -> RunResult:
    return RunResult("sim", 1, None, 40, 0, None, None, events, engine_events)


def run(events: np.ndarray, engine_events: np.ndarray | None) -> Run:
    return Run(resident_schedule(program()), (result(events, engine_events),))


def test_perfetto(tmp_path: Path) -> None:
    write_trace(tmp_path / "t.json", run(events(), engine_events()))
    document = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    processes = {e["pid"]: e["args"]["name"] for e in document if e["name"] == "process_name"}
    tracks = {(e["pid"], e["tid"]): e["args"]["name"] for e in document if e["name"] == "thread_name"}
    period = 1 / 100  # microseconds, edge runs at 100 MHz

    def place(event: dict) -> tuple[str, str, str]:
        return processes[event["pid"]], tracks[event["pid"], event["tid"]], event["name"]

    slices = [e for e in document if e["ph"] == "X"]
    io, tile = "I/O tile: toy on edge", "tile 0 out"
    expected = {
        (io, "sent", "in 0"): (5, 5, 2),
        (io, "sent", "in 1"): (10, 1, 0),
        (tile, "egress", "out 0"): (30, 2, 1),
        (io, "collected out, tag 2", "out 0"): (33, 2, 1),
        (tile, "integrate", "waiting for event"): (3, 5, None),
        (tile, "integrate", "busy"): (8, 3, None),
        (tile, "integrate", "waiting for fire"): (32, 8, None),  # until the run ends
        (tile, "fire", "busy"): (12, 2, None),
        (tile, "fire stalled", "stalled"): (14, 26, None),
        (tile, "waiting for credit", "waiting for credit"): (20, 9, None),
        (tile, "egress stalled", "stalled"): (29, 1, None),
    }
    assert {place(e): (e["ts"], e["dur"], e["args"].get("spikes")) for e in slices} == {
        key: (pytest.approx(start * period), pytest.approx(length * period), spikes)
        for key, (start, length, spikes) in expected.items()
    }
    assert len(slices) == len(expected)
    instants = sorted((*place(e)[1:], e["args"]["cycle"]) for e in document if e["ph"] == "i")
    ends = [
        ("collected out, tag 2", "END", 34),
        ("egress", "CREDIT", 2),
        ("egress", "END", 31),
        ("sent", "END", 9),
        ("sent", "END", 10),
    ]
    assert instants == ends


def test_csv(tmp_path: Path) -> None:
    write_trace(tmp_path / "t.csv", run(events(), engine_events()))
    with (tmp_path / "t.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*EVENT_FIELDS, "activity", "layer"]
    assert len(rows) == len(events()) + len(engine_events())
    cycles = [int(row["cycle"]) for row in rows]
    assert cycles == sorted(cycles)
    packet = {"cycle": "5", "tile": "-1", "event": "SEND", "vector": "0", "kind": "SPIKE", "tag": "1", "axon": "0", "payload": "7"}
    assert rows[2] == {**packet, "activity": "", "layer": "in"}
    blank = {"vector": "", "kind": "", "tag": "", "axon": "", "payload": ""}
    assert rows[1] == {"cycle": "3", "tile": "0", "event": "INTEGRATE", "activity": "WAIT_EVENT", "layer": "out", **blank}
    collected = [row["layer"] for row in rows if row["event"] == "COLLECT"]
    assert collected == ["out", "out"]


@pytest.mark.parametrize("name", ["t.json", "t.csv"])
def test_no_events(tmp_path: Path, name: str) -> None:
    write_trace(tmp_path / name, run(events()[:0], engine_events()[:0]))
    text = (tmp_path / name).read_text()
    assert json.loads(text)["traceEvents"] if name.endswith("json") else text.count("\n") == 1


def test_golden_has_no_engines(tmp_path: Path) -> None:
    write_trace(tmp_path / "t.csv", run(events(), None))
    assert (tmp_path / "t.csv").read_text().count("\n") == 1 + len(events())


def test_wrong_suffix(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"\.json .* or \.csv"):
        write_trace(tmp_path / "t.vcd", run(events(), engine_events()))
