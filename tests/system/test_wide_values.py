"""Networks of neurons with currents and of membranes as outputs: golden, simulator and RTL agree, at once and in rounds, membranes and currents included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, compile_rounds, compile_schedule
from shiftfire.golden.execute import execute
from shiftfire.host.image import ImageError, check_program
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.values import IntArray
from shiftfire.system.readout import read_predictions
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import ChipConfig, load_chip
from support.odd_chip import odd_chip
from support.one_round import run_sim
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_network

CHIP = replace(odd_chip(), regions=16)
CURRENTS = RandomLimits(shift_share=0.1, current_share=0.8, timesteps=6)


def assert_zero(schedule: Schedule, inputs: IntArray, what: str) -> None:
    found = verify(schedule, inputs, membranes=True)
    assert len(found.rounds) == len(schedule.rounds), f"{what}: the RTL stopped"
    assert found.passed and not found.membrane_mismatches, f"{what}: {found.sentence()}"


def verify_random(chip: ChipConfig, seed: int, limits: RandomLimits) -> bool:
    """Whether the network of ``seed`` has a current or sends a wide value."""
    rng = np.random.default_rng(seed)
    network, inputs = random_network(rng, chip, limits)
    schedule = compile_schedule(network, chip)
    if seed % 3 == 0:
        try:
            schedule = compile_rounds(network, chip, most_layers=1)
        except CompileError as error:
            assert "regions" in str(error), f"seed {seed}: {error}"
    assert_zero(schedule, inputs, f"chip {chip.name}, random_network seed {seed}")
    return any(layer.kind.current is not None or layer.kind.wide for layer in network.layers)


def test_random_networks_on_an_odd_chip() -> None:
    assert sum(verify_random(CHIP, seed, CURRENTS) for seed in range(15)) > 8


def test_random_networks_that_send_sums_and_see_parts() -> None:
    limits = RandomLimits(current_share=0.2, sums_share=0.5, blocks_share=0.4)
    assert sum(verify_random(CHIP, seed, limits) for seed in range(400, 412)) > 4


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(2))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    chip = replace(random_chip(np.random.default_rng(60 + chip_seed), f"wide{chip_seed}", max_tiles=4), regions=16)
    assert sum(verify_random(chip, 1000 * chip_seed + seed, CURRENTS) for seed in range(15)) > 5


def integrators() -> tuple[NetworkBuilder, IntArray]:
    """Ten of them behind a layer of neurons with currents; each read-out predicts otherwise."""
    rng, steps = np.random.default_rng(8), 6
    net, limits = NetworkBuilder("membranes", input=12, timesteps=steps), {"v_min": -900, "v_max": 900, "i_min": -900, "i_max": 900}
    net.dense("hidden", rng.integers(-7, 8, (20, 12)), neuron="cubalif", theta=20, leak=3, current_leak=(1, -4), **limits)
    net.dense("out", rng.integers(-127, 128, (10, 20)), neuron="li", leak=1, v_min=-16000, v_max=16000)
    return net, (rng.random((5, steps, 12)) < 0.3).astype(np.int64)


def membranes(readout: str) -> tuple[Network, IntArray]:
    net, inputs = integrators()
    return net.readout(readout).build(), inputs


@pytest.mark.parametrize("readout", ["sum", "max", "last"])
def test_predictions_are_read_from_packets(readout: str) -> None:
    network, inputs = membranes(readout)
    trace = execute(network, inputs)
    values = trace.activations["out"][..., 0, 0]
    assert values.min() < -127 and values.max() > 127, "no value is wide"
    score = {"sum": values.sum(axis=1), "max": values.max(axis=1), "last": values[:, -1]}[readout]
    assert trace.predictions is not None and trace.predictions.tolist() == [int(np.argmax(row)) for row in score]
    assert len(set(trace.predictions.tolist())) > 1
    program = compile_network(network, CHIP)
    result = run_sim(program, inputs, trace=True)
    assert result.events is not None
    read = read_predictions(program, result.events, len(inputs))
    assert read is not None and read.tolist() == trace.predictions.tolist()


@pytest.mark.parametrize("readout", ["max", "last"])
def test_the_firmware_only_sums(readout: str) -> None:
    program = compile_network(membranes(readout)[0], CHIP)
    with pytest.raises(ImageError, match=f"network membranes has readout '{readout}': the firmware sums; use 'sum'"):
        check_program(program, 5, 5)
    check_program(compile_network(membranes("sum")[0], CHIP), 5, 5)


def test_every_packet_of_a_wide_value_is_stored_and_played() -> None:
    net, inputs = integrators()
    net.dense("classes", np.eye(10, dtype=np.int64), neuron="count", theta=50, lo=-8, hi=7, timesteps=6)
    schedule = compile_rounds(net.build(), CHIP, most_layers=1)
    assert len(schedule.rounds) == 3
    assert_zero(schedule, inputs, "deeper")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("currents", "layer hidden: CUBALIF needs currents, chip odd has currents = false"),
        ("wide_values", "layer out: LI needs wide values, chip odd has wide_values = false"),
    ],
)
def test_chips_without(option: str, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        compile_network(membranes("sum")[0], replace(CHIP, **{option: False}))


@pytest.mark.parametrize("parameters", [{"delayed_reset": True}, {"reset": "zero", "v_reset": -3}])
def test_chips_without_resets(parameters: dict[str, object]) -> None:
    net = NetworkBuilder("n", input=4, timesteps=3).dense(
        "only", np.eye(4), neuron="lif", theta=3, v_min=-99, v_max=99, **parameters
    )
    compile_network(net.build(), CHIP)
    with pytest.raises(CompileError, match="layer only: LIF needs resets, chip odd has resets = false"):
        compile_network(net.build(), replace(CHIP, resets=False))


def test_large_powers_need_wide_values() -> None:
    net = NetworkBuilder("n", input=4, values=(-(1 << 20), 1 << 20), powers=True).dense("only", np.eye(4), neuron="count", theta=9)
    chip = replace(CHIP, accumulator_bits=28)
    compile_network(net.build(), chip)
    with pytest.raises(
        CompileError, match="input input: powers of two of up to 1048576 need wide values, chip odd has wide_values = false"
    ):
        compile_network(net.build(), replace(chip, wide_values=False))


def test_a_current_wider_than_the_membranes() -> None:
    chip = load_chip("edge")
    net = NetworkBuilder("n", input=4).dense("only", np.eye(4), neuron="cubalif", theta=3, i_max=1 << 15)
    with pytest.raises(CompileError, match=r"layer only: the synaptic current reaches -32768\.\.32768 and needs 17 bits"):
        compile_network(net.build(), chip)
