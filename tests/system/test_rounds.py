"""Networks in rounds: golden, simulator and RTL agree on every round, and the RTL plays what it stored itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, compile_rounds, compile_schedule
from shiftfire.golden.execute import execute
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.values import IntArray
from shiftfire.report.run import Run
from shiftfire.system.plan import plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import ChipConfig, load_chip
from support.odd_chip import odd_chip
from support.one_round import run_sim
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_network


def _assert_zero(schedule: Schedule, inputs: IntArray, what: str) -> None:
    verification = verify(schedule, inputs)
    assert len(verification.rounds) == len(schedule.rounds), f"{what}: the RTL stopped"
    assert verification.passed, f"{what}: {verification.sentence()} {verification.as_dict()}"
    assert all(part.passed and part.events_compared > 0 for part in verification.rounds)


def _verify_random(chip: ChipConfig, seed: int, limits: RandomLimits | None = None) -> int:
    """Rounds of the network of ``seed``, cut after one or two layers; 0 when a cut hands over more than the chip can."""
    rng = np.random.default_rng(seed)
    network, inputs = random_network(rng, chip, limits)
    try:
        schedule = compile_rounds(network, chip, most_layers=int(rng.integers(1, 3)))
    except CompileError as error:
        assert "regions" in str(error), f"seed {seed}: {error}"
        return 0
    _assert_zero(schedule, inputs, f"chip {chip.name}, random_network seed {seed}")
    return len(schedule.rounds)


def test_random_networks_on_an_odd_chip() -> None:
    """Its memory stalls, its queues are short."""
    rounds = [_verify_random(odd_chip(), seed, RandomLimits(shift_share=0.3)) for seed in range(12)]
    assert sum(count > 1 for count in rounds) >= 6, rounds


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(2))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    chip = replace(random_chip(np.random.default_rng(200 + chip_seed), f"rounds{chip_seed}", max_tiles=6), regions=16)
    limits = RandomLimits(layers=5, shift_share=0.3)
    rounds = [_verify_random(chip, 1000 * chip_seed + seed, limits) for seed in range(16)]
    assert sum(count > 1 for count in rounds) >= 2, rounds


def test_a_model_layer_by_layer() -> None:
    """Values are those of the network at once; weights of the second layer are loaded beside the first."""
    directory = find_model("digits-mlp")
    network, inputs = load_network(directory), load_test_split(directory).inputs[:20]
    schedule = compile_rounds(network, load_chip("ulx3s"), most_layers=1)
    plans = plan_rounds(schedule, inputs)
    results = simulate_rounds(plans)
    assert np.array_equal(results[-1].predictions, execute(network, inputs).predictions)  # type: ignore[arg-type]
    assert results[0].predictions is None
    assert results[0].loading_cycles > 2 * plans[0].loading.beside_entries > 0
    resident = run_sim(compile_network(network, load_chip("ulx3s")), inputs)
    run = Run(schedule, results)
    assert (run.total_cycles or 0) > (resident.cycles or 0)
    assert run.start_cycles[1] == max(results[0].cycles or 0, results[0].loading_cycles) + (results[1].config_cycles or 0)


def test_what_fits_is_resident_and_what_does_not_is_cut() -> None:
    network = load_network(find_model("sorbet-tiny"))
    assert compile_schedule(network, load_chip("server")).resident
    cut = compile_schedule(network, load_chip("edge"))
    assert [len(part.program.network.layers) for part in cut.rounds] == [9, 10]
    assert cut.rounds[0].program.network.stored == ("layer0.norm",)
    with pytest.raises(CompileError, match=r"needs shift units.*nano has shift_units = false"):
        compile_schedule(network, load_chip("nano"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "chip"),
    [("sorbet-tiny", "edge"), ("spikformer-tiny", "ulx3s"), ("sdt-tiny", "ulx3s"), ("digits-ssf", "nano"), ("digits-mlp", "nano")],
)
def test_models_in_rounds(model: str, chip: str) -> None:
    """Whole sequences, in several rounds on a chip that holds a part of the model."""
    directory = find_model(model)
    schedule = compile_schedule(load_network(directory), load_chip(chip))
    assert not schedule.resident
    _assert_zero(schedule, load_test_split(directory).inputs[:2], f"{model} on {chip}")
