"""verify must see what it claims to see: one flipped bit in the RTL."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shiftfire.backends.fault import Fault, FaultError
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.cycle.configuration import Configuration, configure
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire.system import simulate
from shiftfire.system.result import RunResult
from shiftfire.system.simulate import simulate_rounds
from shiftfire.verification.verify import verify
from shiftfire_spec.address import Space, parameter_offset
from shiftfire_spec.events import Activity, EventKind
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip
from support.one_round import run_sim


@pytest.fixture(scope="module")
def case() -> tuple[Program, IntArray]:
    """A small two-layer network that uses all of its weights."""
    rng = np.random.default_rng(7)
    hidden = Synapses("in", SynapseOp.DENSE, rng.integers(-8, 8, (12, 16)), WeightFormat.INT4)
    output = Synapses("hidden", SynapseOp.DENSE, rng.integers(-8, 8, (5, 12)), WeightFormat.INT4)
    lif = Lif(np.full(12, 60), np.zeros(12, np.int64), (LeakTerm(3),), v_min=-1000, v_max=1000)
    network = Network(
        "faulty",
        Input("in", Shape(16), 1, PayloadKind.COUNT, 0, 15),
        (Layer("hidden", Shape(12), (hidden,), lif, 4), Layer("output", Shape(5), (output,), Argmax(np.zeros(5, np.int64)))),
        "output",
        Readout.EVENT,
    )
    return compile_network(network, odd_chip()), rng.integers(1, 16, (6, 16, 1, 1))


@pytest.mark.parametrize(
    ("space", "address", "bit"),
    [(Space.WEIGHT, 1, 12), (Space.PARAMETER, parameter_offset(0, 0, 4, threshold=False), 9), (Space.PROGRAM, 1, 12)],
)
def test_a_flipped_bit_is_found_and_named(case: tuple[Program, IntArray], space: Space, address: int, bit: int) -> None:
    program, inputs = case
    tile = program.cores[0].tile
    verification = verify(program, inputs, fault=Fault(tile, space, address, bit))
    assert not verification.passed
    first = verification.first_divergence
    assert first is not None
    assert "rtl" in first.between
    assert first.tile == tile
    assert verification.as_dict()["first_divergence"]["tile"] == tile


@pytest.mark.parametrize(("core", "address", "bit"), [(0, 0, 0), (-1, 0, 1)])
def test_a_program_that_stops_or_runs_away_is_a_difference(
    case: tuple[Program, IntArray], core: int, address: int, bit: int
) -> None:
    """ACC made HALT: no injection at all. ACC made FIRE: the run ends before its last sample is injected."""
    program, inputs = case
    verification = verify(program, inputs, fault=Fault(program.cores[core].tile, Space.PROGRAM, address, bit))
    assert not verification.passed
    assert verification.first_divergence is not None


def test_a_blank_in_the_temporary_folder(case: tuple[Program, IntArray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a b").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "a b"))
    assert verify(*case).passed


def test_without_the_fault_it_passes(case: tuple[Program, IntArray]) -> None:
    assert verify(*case).passed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0:weight:1", "TILE:MEMORY:ADDRESS:BIT"),
        ("0:wheat:1:1", "no memory 'wheat'"),
        ("a:weight:1:1", "whole numbers"),
        ("99:weight:1:1", "tile 99 is out of range"),
        ("0:weight:1:32", "bit 32 is out of range"),
        ("0:weight:400000:1", "not used by this program"),
        ("5:program:3:1", "not used by this program"),
    ],
)
def test_faults_that_cannot_be(case: tuple[Program, IntArray], text: str, words: str) -> None:
    with pytest.raises(FaultError, match=words):
        Fault.parse(text).apply(case[0])


@pytest.mark.parametrize("constant", ["memory_latency", "link_queue_depth", "egress_queue_depth", "memory_period"])
def test_a_wrong_constant_in_the_kernels_is_found(
    case: tuple[Program, IntArray], monkeypatch: pytest.MonkeyPatch, constant: str
) -> None:
    def wrong(*arguments: object, **options: object) -> Configuration:
        right = configure(*arguments, **options)  # type: ignore[arg-type]
        return right._replace(**{constant: getattr(right, constant) + 1})

    monkeypatch.setattr(simulate, "configure", wrong)
    verification = verify(*case)
    assert not verification.passed
    assert verification.counter_differences or verification.first_divergence is not None


@pytest.mark.parametrize("change", ["later", "gone", "other"])
def test_a_wrong_engine_event_is_found_and_named(
    case: tuple[Program, IntArray], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    def wrong(*arguments: object, **options: object) -> tuple[RunResult, ...]:
        (result,) = simulate_rounds(*arguments, **options)  # type: ignore[arg-type]
        assert result.engine_events is not None
        events = result.engine_events.copy()
        if change == "later":
            events["cycle"][20] += 1
        if change == "other":
            events["activity"][20] = Activity.STALL - events["activity"][20]
        return (replace(result, engine_events=np.delete(events, 20) if change == "gone" else events),)

    right = run_sim(*case, trace=True).engine_events
    assert right is not None
    monkeypatch.setattr(simulate, "simulate_rounds", wrong)
    verification = verify(*case)
    first = verification.first_divergence
    assert not verification.passed and first is not None
    assert verification.event_mismatches == (2 if change == "later" else 1)
    assert (first.tile, first.event, first.cycle) == (right["tile"][20], EventKind(right["event"][20]).name, right["cycle"][20])
    assert first.vector is None and f"{first.event.lower()} engine, cycle {first.cycle}: activity is" in first.sentence()
