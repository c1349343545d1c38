"""Activations read back from packets are those that golden computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, compile_rounds, compile_schedule
from shiftfire.golden.execute import execute_checked
from shiftfire.network.input_sets import expand_all
from shiftfire.network.values import IntArray
from shiftfire.system.activations import decode_activations, decode_payloads
from shiftfire.system.plan import RunError, plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire_spec.packet import PAYLOAD_BITS, PayloadKind, decode_payload
from support.odd_chip import odd_chip
from support.random_networks import RandomLimits, random_network

CHIP = replace(odd_chip(), regions=16)


def simulated(schedule: Schedule, inputs: IntArray) -> list[np.ndarray]:
    results = simulate_rounds(plan_rounds(schedule, inputs), trace=True)
    return [events for result in results if (events := result.events) is not None]


def decoded(schedule: Schedule, events: list[np.ndarray], samples: int) -> dict[str, IntArray]:
    pairs = zip([part.program for part in schedule.rounds], events, strict=True)
    return decode_activations(pairs, schedule.network.input.name, samples)


@pytest.mark.parametrize("seed", range(12))
def test_random_networks(seed: int) -> None:
    """Every operation, every payload kind, layers over several cores; at once and in rounds."""
    rng = np.random.default_rng(seed)
    network, inputs = random_network(rng, CHIP, RandomLimits(shift_share=0.4))
    try:
        schedules = [compile_schedule(network, CHIP), compile_rounds(network, CHIP, most_layers=1)]
    except CompileError as error:
        assert "regions" in str(error)
        schedules = [compile_schedule(network, CHIP)]
    for schedule in schedules:
        expected = execute_checked(
            schedule.mapped, expand_all(network.inputs, inputs)
        ).activations  # layers cut by inputs are several there
        found = decoded(schedule, simulated(schedule, inputs), len(inputs))
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            assert np.array_equal(found[name], values), f"seed {seed}, {name}"


@pytest.mark.parametrize("kind", PayloadKind)
def test_payloads(kind: PayloadKind) -> None:
    bits = np.arange(1 << PAYLOAD_BITS)
    assert decode_payloads(kind, bits).tolist() == [decode_payload(kind, int(b)) for b in bits]


@pytest.mark.parametrize(("field", "value"), [("axon", 1 << 19), ("vector", 1000)])
def test_a_packet_that_no_layer_can_send(field: str, value: int) -> None:
    network, inputs = random_network(np.random.default_rng(3), CHIP)
    schedule = compile_schedule(network, CHIP)
    (events,) = simulated(schedule, inputs)
    tiles = {core.tile for core in schedule.rounds[0].program.cores}
    place = next(i for i, e in enumerate(events) if e["tile"] in tiles and e["event"] == 0 and e["kind"] == 0)
    events[field][place] = value
    with pytest.raises(RunError, match="which it has not: the hardware is at fault"):
        decoded(schedule, [events], len(inputs))
