"""Waves of an RTL run hold what the simulator says, and the save files name signals that are in them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shiftfire.backends.rtl import run_rtl
from shiftfire.backends.waves import Waves
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.network.values import IntArray
from shiftfire.system.result import RunResult
from shiftfire_hw.testing.waves import missing_for_fst
from shiftfire_spec.chip import load_chip
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.events import ACTIVITY, IO_TILE, Activity, EventKind
from shiftfire_spec.packet import FLIT, Kind
from support.one_round import plan_run, run_sim
from support.random_networks import RandomLimits, random_network
from support.wave_file import WaveFile

pytestmark = pytest.mark.slow  # builds RTL with tracing
CHIP = replace(load_chip("nano"), name="wavy", width=2, height=2, counter_bits=24)
MESH = "TOP.shiftfire_chip.mesh"
IO = "TOP.shiftfire_chip.io_tile"
FEW = RandomLimits(layers=3, channels=10, extent=4, timesteps=2, samples=1)


def record(path: Path, program: Program, inputs: IntArray, first: int = 0, cycles: int = 1 << 20) -> tuple[Waves, RunResult]:
    waves = Waves(path, first, cycles)
    return waves, run_rtl([plan_run(program, inputs)], trace=True, waves=waves)[0]


@pytest.fixture(scope="module")
def case() -> tuple[Program, IntArray, RunResult]:
    """A network over several tiles with its run in the simulator."""
    network, inputs = random_network(np.random.default_rng(3), CHIP, FEW)
    program = compile_network(network, CHIP)
    return program, inputs, run_sim(program, inputs, trace=True)


@pytest.fixture(scope="module")
def recorded(case: tuple[Program, IntArray, RunResult], tmp_path_factory: pytest.TempPathFactory) -> tuple[Waves, RunResult]:
    return record(tmp_path_factory.mktemp("waves") / "run.vcd", case[0], case[1])


def test_a_run_with_waves_is_the_same_run(case: tuple[Program, IntArray, RunResult], recorded: tuple[Waves, RunResult]) -> None:
    sim, rtl = case[2], recorded[1]
    assert rtl.cycles == sim.cycles
    assert np.array_equal(rtl.events, sim.events)  # type: ignore[arg-type]


def test_engines_are_busy_as_often_as_the_counters_say(
    case: tuple[Program, IntArray, RunResult], recorded: tuple[Waves, RunResult]
) -> None:
    sim = case[2]
    assert sim.counters is not None and sim.counters[:, Counter.FIRE_BUSY].sum() > 0
    activities = {tile: f"{MESH}.tile{tile}.trace_activity" for tile in range(CHIP.tiles)}
    registers = {(t, c): f"{MESH}.tile{t}.counters.{c.name.lower()}" for t in range(CHIP.tiles) for c in Counter}
    counted = np.zeros((CHIP.tiles, 2), np.int64)
    values: dict[str, int] = {}
    cycles = 0
    for _, values in WaveFile(recorded[0].path).cycles([*activities.values(), *registers.values()]):
        cycles += 1
        for tile, name in activities.items():
            for column, engine in enumerate(("integrate", "fire")):
                counted[tile, column] += ACTIVITY.unpack(values[name])[engine] == Activity.BUSY
    assert cycles == sim.cycles
    assert np.array_equal(counted, sim.counters[:, [Counter.INTEGRATE_BUSY, Counter.FIRE_BUSY]])
    last = np.array([[values[registers[tile, counter]] for counter in Counter] for tile in range(CHIP.tiles)])
    assert last.shape == (CHIP.tiles, COUNTERS)
    unequal = np.argwhere(last != sim.counters)
    # What the last two cycles count shows after them.
    wide = (Counter.LANE_ADDS, Counter.WEIGHT_SLICES)  # count more than one in a cycle
    assert all(1 <= sim.counters[t, c] - last[t, c] <= 2 * (CHIP.lanes if c in wide else 1) for t, c in unequal)


def test_packets_move_in_the_cycles_of_the_trace(
    case: tuple[Program, IntArray, RunResult], recorded: tuple[Waves, RunResult]
) -> None:
    sim = case[2]
    assert sim.events is not None
    places = {tile: f"{MESH}.tile{tile}.trace" for tile in range(CHIP.tiles)}
    places[IO_TILE] = f"{IO}.trace_inject_"
    collect = f"{IO}.trace_collect_"
    names = [f"{place}_{wire}" for place in (*places.values(), collect) for wire in ("valid", "flit")]
    seen = []
    for cycle, values in WaveFile(recorded[0].path).cycles([*names, f"{IO}.cycle"]):
        assert values[f"{IO}.cycle"] == cycle
        for event, tile, place in [*((EventKind.SEND, t, p) for t, p in places.items()), (EventKind.COLLECT, IO_TILE, collect)]:
            if values[f"{place}_valid"]:
                flit = FLIT.unpack(values[f"{place}_flit"])
                seen.append((cycle, tile, event, flit["kind"], flit["tag"], flit["axon"], flit["payload"]))
    fields = ["cycle", "tile", "event", "kind", "tag", "axon", "payload"]
    assert sorted(seen) == sorted(tuple(int(v) for v in event) for event in sim.events[fields])
    assert any(kind == Kind.SPIKE for _, tile, _, kind, *_ in seen if tile != IO_TILE)


def test_save_files_name_signals_that_are_there(recorded: tuple[Waves, RunResult]) -> None:
    waves = recorded[0]
    widths = WaveFile(waves.path).widths
    surfer = re.findall(r"^variable_add (\S+)$", waves.surfer_path.read_text(), re.MULTILINE)
    gtkwave = re.findall(r"^\+\{\S+\} (TOP\.\S+?)(?:\[(\d+):0\])?$", waves.gtkwave_path.read_text(), re.MULTILINE)
    assert len(surfer) == len(gtkwave) > 60 * CHIP.tiles
    assert [name for name, _ in gtkwave] == surfer
    assert {name: widths.get(name) for name in surfer} == {name: int(high or 0) + 1 for name, high in gtkwave}
    assert str(waves.path) in waves.gtkwave_path.read_text().splitlines()[0]


def test_a_window(case: tuple[Program, IntArray, RunResult], tmp_path: Path) -> None:
    waves, _ = record(tmp_path / "run.vcd", case[0], case[1], first=20, cycles=7)
    assert [values[f"{IO}.cycle"] for _, values in WaveFile(waves.path).cycles([f"{IO}.cycle"])] == list(range(20, 27))


@pytest.mark.skipif(missing_for_fst() is not None, reason="FST needs liblz4-dev")
def test_fst_holds_what_vcd_holds(
    case: tuple[Program, IntArray, RunResult], recorded: tuple[Waves, RunResult], tmp_path: Path
) -> None:
    pywellen = pytest.importorskip("pywellen")
    fst, _ = record(tmp_path / "run.fst", case[0], case[1])
    assert fst.path.stat().st_size < recorded[0].path.stat().st_size
    files = [pywellen.Waveform(str(path)) for path in (recorded[0].path, fst.path)]
    assert [file.file_format for file in files] == ["VCD", "FST"]
    one_bit_words = re.compile(r"(\.\[\d+\])\[0\]$")  # of memories: FST gives their range
    changes = [{one_bit_words.sub(r"\1", v.full_name): list(v.tv) for v in file.all_vars()} for file in files]
    assert len(changes[0]) > 1000
    assert changes[0] == changes[1]
