"""A run as pandas data frames: by layer, by sample, by event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from shiftfire_spec.events import Activity, EventKind
from shiftfire_spec.packet import Kind

from ..compiler.program import Program
from ..errors import InputError
from ..system.result import RunResult
from .event_layers import event_layers
from .layers import layer_rows
from .optional import needed
from .run import Run

if TYPE_CHECKING:
    from pandas import DataFrame

WHAT = "data frames"
BY = ("layer", "sample")


def run_frame(run: Run, by: str) -> DataFrame:
    """A row per layer, or per sample. Raises InputError for another ``by``, and without pandas."""
    if by not in BY:
        raise InputError(f"by = {by!r}: a row stands for a {' or a '.join(BY)}")
    rows = _layers(run) if by == "layer" else _samples(run)
    return needed("pandas", WHAT).DataFrame(rows).set_index(by)


def _layers(run: Run) -> list[dict[str, Any]]:
    """The layers' neurons, how often they fired where that was recorded, and what their cores did where counters say it."""
    counted = {row.layer: row.as_dict() for row in layer_rows(run)}
    rows = []
    for layer in run.network.layers:
        shape = dict(zip(("channels", "height", "width"), layer.shape.as_tuple(), strict=True))
        row: dict[str, Any] = {"layer": layer.name, "neuron": layer.kind.label, **shape, "timesteps": layer.timesteps}
        if "spikes" in run.record:
            fired = int(np.count_nonzero(run.spikes[layer.name]))
            row |= {"spikes": fired, "spikes_per_neuron_and_step": fired / run.spikes[layer.name].size}
        rows.append(row | counted.get(layer.name, {}))
    return rows


def _samples(run: Run) -> list[dict[str, Any]]:
    """Prediction, label and latency of each sample, as far as they are known."""
    columns: dict[str, Any] = {"sample": list(range(run.samples))}
    if run.predictions is not None:
        columns["prediction"] = run.predictions.tolist()
    if run.values is not None:
        columns["value"] = run.values.tolist()
    if run.labels is not None:
        columns["label"] = np.asarray(run.labels)[: run.samples].tolist()
        if run.predictions is not None:
            columns["right"] = [p == label for p, label in zip(columns["prediction"], columns["label"], strict=True)]
    if run.sample_cycles is not None and run.sample_latencies is not None:
        columns |= {"first_cycle": run.sample_cycles[:, 0].tolist(), "last_cycle": run.sample_cycles[:, 1].tolist()}
        columns["latency_us"] = (run.sample_latencies / run.chip.clock_mhz).tolist()
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def events_frame(run: Run) -> DataFrame:
    """A row per packet and per change of an engine's activity, in order of cycle within a round; columns that an event has not are missing values.

    ``cycle`` counts from the start of the first round's run. ``sample`` and ``timestep`` are those of the packet's vector.
    Raises InputError when events were not recorded, and without pandas.
    """
    pandas = needed("pandas", WHAT)
    if any(result.events is None for result in run.rounds):
        raise InputError(f"the events of this {run.backend} run were not recorded: run with record=['events']")
    rounds = zip(run.schedule.rounds, run.rounds, run.start_cycles, strict=True)
    frames = [
        frame
        for number, (part, result, start) in enumerate(rounds)
        for frame in _round_frames(pandas, number, part.program, result, start)
    ]
    whole = pandas.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)
    return whole.sort_values(["round", "cycle"], kind="stable", ignore_index=True)


def _round_frames(pandas: Any, number: int, program: Program, result: RunResult, start: int) -> Iterator[DataFrame]:
    for events, packets in ((result.events, True), (result.engine_events, False)):
        if events is None:
            continue
        cycles = events["cycle"].astype(np.int64)
        columns: dict[str, Any] = {
            "round": number,
            "cycle": pandas.arrays.IntegerArray(cycles + start, cycles < 0),  # golden has none
            "tile": events["tile"].astype(np.int64),
            "layer": event_layers(program, events),
            "event": _names(EventKind, events["event"]),
        }
        columns |= (
            _packet_columns(pandas, program, events, columns["layer"])
            if packets
            else {"activity": _names(Activity, events["activity"])}
        )
        yield pandas.DataFrame(columns)


def _packet_columns(pandas: Any, program: Program, events: Any, layers: list[str]) -> dict[str, Any]:
    steps = {source.name: source.timesteps for source in (*program.network.inputs, *program.network.layers)}
    per_sample = np.array([steps.get(name, 1) for name in layers], np.int64)
    credit = events["kind"] == Kind.CREDIT
    sample, timestep = np.divmod(events["vector"], np.maximum(per_sample, 1))

    def integers(values: Any, missing: Any) -> Any:
        return pandas.arrays.IntegerArray(np.asarray(values, np.int64).copy(), np.asarray(missing, bool))

    none = np.zeros(len(events), bool)
    spike = events["kind"] == Kind.SPIKE
    return {
        "kind": _names(Kind, events["kind"]),
        "sample": integers(sample, credit),
        "timestep": integers(timestep, credit),
        "vector": integers(events["vector"], none),
        "tag": integers(events["tag"], none),
        "axon": integers(events["axon"], ~spike),
        "payload": integers(events["payload"], ~spike),
    }


def _names(kind: Any, values: Any) -> list[str]:
    names = {int(each): each.name for each in kind}
    return [names[value] for value in values.tolist()]
