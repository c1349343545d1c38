"""The parts of a prediction, each against plain counting or against the simulator alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.core_program import Instruction
from shiftfire.compiler.mapping.slicing import block_slices
from shiftfire.compiler.schedule import compile_schedule, resident_schedule
from shiftfire.golden.execute import execute_checked
from shiftfire.network.graph import Layer
from shiftfire.network.random_dense import random_dense_network, random_spikes
from shiftfire.predict.activity import known_activity
from shiftfire.predict.emission import emissions
from shiftfire.predict.flow import flow
from shiftfire.predict.links import Slow, behind
from shiftfire.predict.loads import LoadTable, integrate_loads
from shiftfire.predict.mapped import mapped_of
from shiftfire.predict.memory import MemoryPort, injection_pace
from shiftfire.predict.steps import flattened
from shiftfire.system.plan import plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire_spec.chip import load_chip
from shiftfire_spec.core_program import Opcode
from shiftfire_spec.counters import Counter
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import Kind
from support.random_chips import random_chip

EDGE = load_chip("edge")


def test_loads_are_the_beats_that_the_simulator_counts() -> None:
    """One dense layer on spikes and counts: every event has beats, so each core's loads are its counter."""
    network = sf.load("digits-ssf")
    program = compile_network(network, EDGE)
    inputs = sf.samples("digits-ssf", 3).inputs
    activations = {"pixels": inputs, **execute_checked(network, {"pixels": inputs}).activations}
    table = LoadTable(network, EDGE, known_activity(network, activations))
    mapped = mapped_of(program)
    loads = integrate_loads(table, mapped.cores, mapped.connections)
    counters = simulate_rounds(plan_rounds(resident_schedule(program), inputs))[0].counters
    assert counters is not None
    for core in program.cores:
        own = sum(sum(map(sum, vectors)) for key, vectors in loads.items() if key[0] == core.tile)
        assert own == counters[core.tile, Counter.BEATS]


def leaving(counts: list[int], own: list[int]) -> tuple[int, int]:
    """Cycles from FIRE until the last step left, and until the END is queued, cycle by cycle as docs/architecture.md has it."""
    cycle, held, step, timer = 4, 0, 0, own[0]
    while True:
        cycle += 1
        timer -= timer > 0
        was, held = held, max(0, held - 1)  # one packet a cycle into the queue
        if not timer and was <= 1:
            held = counts[step]
            step += 1
            if step == len(counts):
                return cycle, cycle + held + 1
            timer = own[step]


@pytest.mark.parametrize("seed", range(6))
def test_emission_step_by_step(seed: int) -> None:
    """Random spikes of a LIF layer and of a slow COUNT layer, against a walk of the stages."""
    rng = np.random.default_rng(seed)
    network = sf.load("digits-cnn")
    layer = network.layer("conv1")
    if seed % 2:
        layer = replace(layer, neuron=sf.load("digits-ssf").layer("hidden1").kind.for_channels(16))
    part = replace(block_slices(layer, 16, 8)[0], channels=int(rng.integers(3, 17)), rows=int(rng.integers(1, 9)))
    values = (rng.random((1, 1, *layer.shape.as_tuple())) < rng.random()).astype(np.int64)
    activity = known_activity(network, {"pixels": np.zeros((1, 1, 1, 8, 8), np.int64), **_others(network, layer), "conv1": values})
    (emission,) = emissions(layer, part, EDGE, activity["conv1"])
    counts = []
    for y, x, first in product(range(part.rows), range(part.columns), range(0, part.channels, EDGE.fire_lanes)):
        counts.append(int(values[0, 0, first : min(first + EDGE.fire_lanes, part.channels), y, x].sum()))
    last, end = leaving(counts, [layer.kind.step_cycles] * len(counts))
    assert (emission.idle - 1, emission.end) == (last, end)
    assert emission.packets == sum(counts)


def _others(network: sf.FrozenNetwork, layer: Layer) -> dict[str, np.ndarray]:
    return {x.name: np.zeros((1, x.timesteps, *x.shape.as_tuple()), np.int64) for x in network.layers if x.name != layer.name}


def test_readers_that_are_slow_at_different_rows_follow_each_other() -> None:
    """Two readers, each slow at one of two rows: the sender takes both rows' time, less what the queues hold."""
    small = replace(EDGE, link_queue_depth=1, ingress_queue_depth=1)
    found = flow([50.0, 50.0], [[450.0, 50.0], [50.0, 450.0]], [0, 0], [3, 5], small)
    assert found.sent == 450 + 450 - 2 * 2 * 9
    together = flow([50.0, 50.0], [[450.0, 50.0], [50.0, 450.0]], [0, 0], [3, 5], replace(small, ingress_queue_depth=100))
    assert together.sent < 600
    assert flow([4.0, 0.0], [[2.0, 0.0]], [1], [3], EDGE).sent == 4.0


def test_behind_slow_packets() -> None:
    """Ten packets a cycle each, then the rest at the pace of what is in front."""
    slow = [Slow(10.0, 30.0, 4.0)]
    assert behind(slow, 0.0, 10.0, 10.0) == 10.0
    assert behind(slow, 0.0, 12.0, 12.0) == 18.0
    assert behind(slow, 0.0, 17.0, 17.0) == 32.0
    assert behind(slow, 40.0, 5.0, 5.0) == 5.0


def test_collection_stops_injection() -> None:
    before, after = (MemoryPort(replace(EDGE, memory_latency_cycles=1)) for _ in range(2))
    before.write(50.0, 150.0, 100.0)
    assert before.injection_cycles(0.0, 100.0) == pytest.approx(200.0, rel=0.05)
    assert after.injection_cycles(0.0, 100.0) == pytest.approx(100.0)
    after.write(50.0, 150.0, 100.0)
    assert after.injection_cycles(200.0, 100.0) == pytest.approx(150.0, rel=0.05)  # what the one before has lost
    assert after.injection_cycles(400.0, 100.0) == pytest.approx(100.0)


@pytest.mark.parametrize("seed", range(4))
def test_injection_pace(seed: int) -> None:
    """Dense inputs on random memories: the cycles between the first and the last packet of a vector."""
    rng = np.random.default_rng(seed)
    chip = replace(
        random_chip(rng, "slow", max_tiles=1), ingress_queue_depth=4, link_queue_depth=4, axon_bits=14, accumulator_bits=24
    )
    network = sf.Network("wide", input=200).dense("out", np.ones((2, 200), np.int64), neuron="argmax", weight_format="int2").build()
    run = simulate_rounds(plan_rounds(sf.compile(network, chip).schedule, np.ones((1, 1, 200, 1, 1), np.int64)), trace=True)[0]
    assert run.events is not None
    sent = run.events[(run.events["tile"] == IO_TILE) & (run.events["event"] == EventKind.SEND)]["cycle"]
    assert (sent[-1] - sent[0]) / 200 == pytest.approx(injection_pace(chip), rel=0.06)


@pytest.mark.parametrize(("latency", "depth"), [(1, 1), (9, 1), (1, 2), (5, 2), (4, 8), (12, 5)])
def test_pauses_between_pieces(latency: int, depth: int) -> None:
    """What is played comes from a place of memory for each piece: cycles from an END to the next piece's first packet."""
    chip = replace(EDGE, width=1, height=1, parameter_groups=1, memory_latency_cycles=latency, inject_queue_depth=depth)
    network = random_dense_network((40, 12 * chip.lanes, 2), 6, 0.5, 1)
    schedule = compile_schedule(network, chip)
    pieces = schedule.rounds[-1].program.network.input.parts
    assert pieces == 12
    run = simulate_rounds(plan_rounds(schedule, random_spikes(network.input, 0.5, 1, 1)), trace=True)[-1]
    assert run.events is not None
    sent = run.events[(run.events["tile"] == IO_TILE) & (run.events["event"] == EventKind.SEND)]
    (ends,) = np.nonzero(sent["kind"] == Kind.END)
    between = [sent["cycle"][end + 1] - sent["cycle"][end] for number, end in enumerate(ends) if (number + 1) % pieces]
    assert np.median(between) == MemoryPort(chip).pause


def test_flattened_program() -> None:
    """Loops run out; what only leads to a step is counted with it."""
    program = [
        Instruction(Opcode.ACC, group=0),
        Instruction(Opcode.LOOP, group=0, target=0, count=2),
        Instruction(Opcode.FIRE, first=True),
        Instruction(Opcode.ACC, group=1),
        Instruction(Opcode.FIRE),
        Instruction(Opcode.LOOP, group=1, target=3, count=2),
        Instruction(Opcode.JUMP, target=0),
    ]
    steps = [(step.instruction.opcode, step.instruction.group, step.lead) for step in flattened(program)]
    acc, fire = Opcode.ACC, Opcode.FIRE
    assert steps == [(acc, 0, 0), (acc, 0, 1), (fire, 0, 1), (acc, 1, 0), (fire, 0, 0), (acc, 1, 1), (fire, 0, 0)]
