"""Three runs of one program side by side: event by event, cycle by cycle, counter by counter."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.events import EVENT_FIELDS, IO_TILE, Activity, EventKind
from shiftfire_spec.packet import Kind

from ..compiler.program import Program
from ..system.result import RunResult
from .membranes import MembraneComparison, compare_membranes


@dataclass(frozen=True)
class Divergence:
    """The first place where two executions differ; values are None where one has no such event, ``vector`` where it is an engine's."""

    between: tuple[str, str]
    tile: int
    event: str
    vector: int | None
    axon: int | None
    field: str
    cycle: int | None
    values: tuple[int | None, int | None]

    def sentence(self) -> str:
        """For people."""
        where = "I/O tile" if self.tile < 0 else f"tile {self.tile}"
        what = f"{self.event.lower()} engine" if self.vector is None else f"{self.event.lower()} of vector {self.vector}"
        axon = "" if self.axon is None else f", axon {self.axon}"
        cycle = "" if self.cycle is None else f", cycle {self.cycle}"
        first, second = (self._word(v) for v in self.values)
        return f"{where}, {what}{axon}{cycle}: {self.field} is {first} in {self.between[0]}, {second} in {self.between[1]}"

    def _word(self, value: int | None) -> str:
        if self.vector is None:
            return "unchanged" if value is None else Activity(value).name
        return "nothing" if value is None else str(value)


@dataclass(frozen=True)
class TileRow:
    """Comparison of one tile (-1: I/O tile)."""

    tile: int
    layer: str
    events_golden: int  # golden knows no credits
    events_sim: int
    events_rtl: int
    engine_events_sim: int
    engine_events_rtl: int
    event_mismatches: int  # packets and engine events
    last_cycle_sim: int | None  # of the tile's last packet
    last_cycle_rtl: int | None
    counters_compared: int
    counter_mismatches: int


@dataclass(frozen=True)
class CounterDifference:
    """A counter that differs; the simulator's value as a counter of the chip's width would show it."""

    tile: int
    counter: str
    sim: int
    rtl: int


@dataclass(frozen=True)
class Comparison:
    """Outcome of the comparison of one round. Events are packets and what engines do."""

    events_compared: int
    event_mismatches: int
    cycles_sim: int
    cycles_rtl: int | None
    cycle_difference: int | None
    config_cycle_difference: int
    counter_mismatches: int
    prediction_mismatches: int
    first_divergence: Divergence | None
    tiles: tuple[TileRow, ...]
    counter_differences: tuple[CounterDifference, ...]
    loading_cycle_difference: int = 0  # of the configuration beside the run
    membranes: MembraneComparison | None = None  # None unless they were recorded

    @property
    def passed(self) -> bool:
        """Every difference is zero."""
        differences = (
            self.event_mismatches,
            self.cycle_difference,
            self.config_cycle_difference,
            self.loading_cycle_difference,
            self.counter_mismatches,
        )
        if self.membranes is not None and not self.membranes.passed:
            return False
        return self.events_compared > 0 and not self.prediction_mismatches and all(d == 0 for d in differences)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"passed": self.passed}


def _valued(events: NDArray[np.void]) -> NDArray[np.void]:
    """Packets that golden knows: all but CREDIT, by place and order."""
    chosen = events[events["kind"] != Kind.CREDIT]
    return chosen[np.lexsort((chosen["cycle"], chosen["vector"], chosen["tag"], chosen["event"], chosen["tile"]))]


def _pair(a: NDArray[np.void], b: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of packets at the same (tile, event, tag, credit, vector, place within the vector) in both; -1: only in the other."""

    def keys(events: NDArray[np.void]) -> NDArray[np.void]:
        key = np.zeros(len(events), [(n, np.int64) for n in ("tile", "event", "tag", "credit", "vector", "place")])
        for name in ("tile", "event", "tag", "vector"):
            key[name] = events[name]
        key["credit"] = events["kind"] == Kind.CREDIT
        order = np.argsort(key, kind="stable", order=("tile", "event", "tag", "credit", "vector"))
        ordered = key[order]
        new = np.concatenate(([True], ordered[1:] != ordered[:-1])) if len(ordered) else np.zeros(0, bool)
        start = np.maximum.accumulate(np.where(new, np.arange(len(ordered)), 0)) if len(ordered) else np.zeros(0, np.int64)
        key["place"][order] = np.arange(len(ordered)) - start
        return key

    key_a, key_b = keys(a), keys(b)
    every = np.union1d(key_a, key_b)
    index_a, index_b = np.full(len(every), -1), np.full(len(every), -1)
    index_a[np.searchsorted(every, key_a)] = np.arange(len(a))
    index_b[np.searchsorted(every, key_b)] = np.arange(len(b))
    return index_a, index_b


def _differences(
    a: NDArray[np.void], b: NDArray[np.void], between: tuple[str, str], fields: tuple[str, ...]
) -> tuple[NDArray[np.int64], Divergence | None]:
    """Tiles of the packets that differ (one entry each), and the earliest of them."""
    index_a, index_b = _pair(a, b)
    missing = (index_a < 0) | (index_b < 0)
    differs = missing.copy()
    both = ~missing
    for name in fields:
        differs[both] |= a[name][index_a[both]] != b[name][index_b[both]]
    wrong = np.flatnonzero(differs)
    if not len(wrong):
        return np.zeros(0, np.int64), None
    tiles, cycles = np.zeros(len(wrong), np.int64), np.full(len(wrong), np.iinfo(np.int64).max)
    for events, index in ((a, index_a[wrong]), (b, index_b[wrong])):  # either may be empty
        present = index >= 0
        tiles[present] = events["tile"][index[present]]
        timed = present.copy()
        timed[present] = events["cycle"][index[present]] >= 0
        cycles[timed] = np.minimum(cycles[timed], events["cycle"][index[timed]])
    first = int(wrong[np.argmin(cycles)])
    return tiles, _describe(a, b, index_a[first], index_b[first], between, fields)


def _describe(
    a: NDArray[np.void], b: NDArray[np.void], i: int, j: int, between: tuple[str, str], fields: tuple[str, ...]
) -> Divergence:
    left, right = (a[i] if i >= 0 else None), (b[j] if j >= 0 else None)
    one = right if right is not None else left
    assert one is not None
    field, values = "packet", (None if left is None else int(left["kind"]), None if right is None else int(right["kind"]))
    if left is not None and right is not None:
        field = next(name for name in fields if left[name] != right[name])
        values = (int(left[field]), int(right[field]))
    cycles = [int(x["cycle"]) for x in (left, right) if x is not None and x["cycle"] >= 0]
    return Divergence(
        between=between,
        tile=int(one["tile"]),
        event=EventKind(int(one["event"])).name,
        vector=int(one["vector"]),
        axon=int(one["axon"]) if one["kind"] == Kind.SPIKE else None,
        field=field,
        cycle=min(cycles) if cycles else None,
        values=values,
    )


def _engine_differences(sim: NDArray[np.void], rtl: NDArray[np.void]) -> tuple[NDArray[np.int64], Divergence | None]:
    """Tiles of the engine events that differ (one entry per tile, engine and cycle), and the earliest of them."""
    ours, theirs = ({tuple(e)[:3]: int(e["activity"]) for e in np.setdiff1d(a, b)} for a, b in ((sim, rtl), (rtl, sim)))
    places = sorted({*ours, *theirs})
    if not places:
        return np.zeros(0, np.int64), None
    cycle, tile, event = places[0]
    first = Divergence(
        between=("sim", "rtl"),
        tile=int(tile),
        event=EventKind(event).name,
        vector=None,
        axon=None,
        field="activity",
        cycle=int(cycle),
        values=(ours.get(places[0]), theirs.get(places[0])),
    )
    return np.array([tile for _, tile, _ in places], np.int64), first


def _required(result: RunResult) -> NDArray[np.void]:
    if result.events is None:
        raise ValueError(f"the {result.backend} run was not traced")
    return result.events


def _engines(result: RunResult) -> NDArray[np.void]:
    if result.engine_events is None:
        raise ValueError(f"the {result.backend} run was not traced")
    return result.engine_events


def compare(program: Program, golden: RunResult, sim: RunResult, rtl: RunResult) -> Comparison:
    """Compare three traced runs of the same program on the same inputs."""
    golden_events, sim_events, rtl_events = _required(golden), _required(sim), _required(rtl)
    value_fields = tuple(f for f in EVENT_FIELDS if f != "cycle")
    checks = (
        (_valued(golden_events), _valued(sim_events), ("golden", "sim"), value_fields),
        (_valued(golden_events), _valued(rtl_events), ("golden", "rtl"), value_fields),
        (sim_events, rtl_events, ("sim", "rtl"), EVENT_FIELDS),
    )
    found = [_differences(*check) for check in checks] + [_engine_differences(_engines(sim), _engines(rtl))]
    mismatched = np.concatenate([tiles for tiles, _ in found])
    firsts = [first for _, first in found if first is not None]
    assert sim.counters is not None and sim.cycles is not None
    counters = counter_differences(program, sim, rtl)
    unread = (
        sim.counters.size if rtl.counters is None and program.chip.counter_bits else 0
    )  # a run that did not finish is read out by nobody
    predictions = 0
    for other in (sim, rtl):
        if golden.predictions is not None and other.predictions is not None:
            predictions += int((golden.predictions != other.predictions).sum())
    return Comparison(
        events_compared=len(sim_events) + len(_engines(sim)),
        event_mismatches=len(mismatched),
        cycles_sim=sim.cycles,
        cycles_rtl=rtl.cycles,
        cycle_difference=None if rtl.cycles is None else rtl.cycles - sim.cycles,
        config_cycle_difference=(rtl.config_cycles or 0) - (sim.config_cycles or 0),
        counter_mismatches=len(counters) + unread,
        prediction_mismatches=predictions,
        first_divergence=min(firsts, key=lambda d: (d.cycle is None, d.cycle or 0)) if firsts else None,
        tiles=_tile_rows(program, (golden, sim, rtl), mismatched, counters),
        counter_differences=counters,
        loading_cycle_difference=rtl.loading_cycles - sim.loading_cycles,
        membranes=_membranes(golden, rtl),
    )


def _membranes(golden: RunResult, rtl: RunResult) -> MembraneComparison | None:
    """The membranes compared, None unless they were recorded."""
    if golden.membranes is None or rtl.membranes is None:
        return None
    return compare_membranes(golden.membranes, golden.membranes, rtl.membranes)


def _tile_rows(
    program: Program,
    runs: tuple[RunResult, RunResult, RunResult],
    mismatched: NDArray[np.int64],
    counters: tuple[CounterDifference, ...],
) -> tuple[TileRow, ...]:
    """One row per tile in use, the I/O tile first."""
    golden, sim, rtl = (_required(run) for run in runs)
    layers = {IO_TILE: "input and output", **{core.tile: core.layer for core in program.cores}}

    def last_cycle(events: NDArray[np.void], tile: int) -> int | None:
        cycles = events["cycle"][events["tile"] == tile]
        return int(cycles.max()) if len(cycles) else None

    return tuple(
        TileRow(
            tile=tile,
            layer=layers.get(tile, "unused"),
            events_golden=int((golden["tile"] == tile).sum()),
            events_sim=int((sim["tile"] == tile).sum()),
            events_rtl=int((rtl["tile"] == tile).sum()),
            engine_events_sim=int((_engines(runs[1])["tile"] == tile).sum()),
            engine_events_rtl=int((_engines(runs[2])["tile"] == tile).sum()),
            event_mismatches=int((mismatched == tile).sum()),
            last_cycle_sim=last_cycle(sim, tile),
            last_cycle_rtl=last_cycle(rtl, tile),
            counters_compared=0 if tile == IO_TILE or runs[2].counters is None or not program.chip.counter_bits else COUNTERS,
            counter_mismatches=sum(c.tile == tile for c in counters),
        )
        for tile in (IO_TILE, *range(program.chip.tiles))
    )


def counter_differences(program: Program, sim: RunResult, rtl: RunResult) -> tuple[CounterDifference, ...]:
    """Every counter that differs. Counters wrap at the chip's ``counter_bits``: a chip without counters, of 0 bits, has none that can."""
    if sim.counters is None or rtl.counters is None:
        return ()
    modulus = 1 << program.chip.counter_bits
    ours, theirs = sim.counters % modulus, rtl.counters % modulus
    wrong = np.argwhere(ours != theirs)
    return tuple(CounterDifference(int(t), Counter(int(c)).name, int(ours[t, c]), int(theirs[t, c])) for t, c in wrong)
