"""Ways to run rounds: each is executed by simulator and RTL alike, the SimPy model's total is that of the exact phases, and the best is taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.arrange import Order, arranged
from shiftfire.compiler.loading import LoadPolicy, Prefetch
from shiftfire.compiler.schedule import Schedule, compile_rounds
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.input_sets import Inputs, take_samples
from shiftfire.optimise.policies import best_policy, loading_policies
from shiftfire.report.run import Run
from shiftfire.system.phases import Durations, total_cycles
from shiftfire.system.plan import plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import load_chip
from support.odd_chip import odd_chip
from support.random_networks import RandomLimits, random_network
from support.random_pieces import few_cores, random_pieces

NEXT_AGAIN = LoadPolicy(Prefetch.NEXT, keeps=False)
EARLY_KEPT = LoadPolicy(Prefetch.EARLY, keeps=True)


def _ways(schedule: Schedule) -> list[Schedule]:
    """The schedule, in order of layers, in every order and with every policy of loading."""
    return [replace(made, loading=policy) for made in (arranged(schedule, o) for o in Order) for policy in loading_policies()]


def _pieces(seed: int) -> tuple[Schedule, Inputs]:
    return random_pieces(np.random.default_rng([seed, 2]), few_cores(2))


def _measured(schedule: Schedule, inputs: Inputs) -> int:
    """Total cycles of the simulator, which are the model's of the exact phases."""
    results = simulate_rounds(plan_rounds(schedule, inputs))
    model = total_cycles(Durations(r.config_cycles or 0, r.cycles or 0, r.loading_cycles) for r in results)
    total = Run(schedule, results).total_cycles
    assert total == model
    return model


def test_the_next_round_waits_for_run_and_loading() -> None:
    """Worked by hand: 10 + max(100, 130), 20 + max(50, 0)."""
    assert total_cycles([Durations(10, 100, 130), Durations(20, 50, 0)]) == 210


def test_the_policy_taken_is_the_best_measured() -> None:
    """Of all ways, within a hundredth, although it is chosen by prediction; and better than without any."""
    gains = []
    for seed in range(5):
        schedule, inputs = _pieces(seed)
        cycles = [_measured(way, inputs) for way in _ways(schedule)]
        taken = _measured(best_policy(schedule), inputs)
        assert taken <= 1.01 * min(cycles), (seed, taken, cycles)
        gains.append(1 - taken / _measured(replace(schedule, loading=NEXT_AGAIN), inputs))
    assert max(gains) > 0.3, gains


def test_predictions_are_exact_but_for_runs() -> None:
    """Two ways that load nothing beside runs differ by the configurations alone, and those are exact."""
    schedule, inputs = _pieces(2)
    trials = [t for t in best_policy(schedule).policies if t.order == "layers" and t.prefetch == "nothing"]
    kept, again = (
        _measured(replace(schedule, loading=LoadPolicy(Prefetch.NOTHING, keeps=keeps)), inputs) for keeps in (True, False)
    )
    assert [t.keeps for t in trials] == [True, False]
    assert trials[1].cycles - trials[0].cycles == again - kept > 0


def test_values_do_not_depend_on_the_way() -> None:
    schedule, inputs = _pieces(1)
    runs = [Run(way, simulate_rounds(plan_rounds(way, inputs))) for way in _ways(schedule)]
    for run in runs[1:]:
        for name in schedule.network.outputs:
            assert np.array_equal(run.outputs[name], runs[0].outputs[name])
        assert sorted(r.cycles or 0 for r in run.rounds) == sorted(r.cycles or 0 for r in runs[0].rounds)


@pytest.mark.parametrize("seed", [2, 3])
def test_pieces_against_the_rtl(seed: int) -> None:
    """What is not written again, rounds in another order, and weights loaded beside earlier runs: three zeros, and the same phases."""
    schedule, inputs = _pieces(seed)
    held = arranged(schedule, Order.HELD)
    assert [r.program.image.tobytes() for r in held.rounds] != [r.program.image.tobytes() for r in schedule.rounds]
    for way in (replace(schedule, loading=NEXT_AGAIN), replace(schedule, loading=EARLY_KEPT), replace(held, loading=EARLY_KEPT)):
        verify(way, inputs).assert_equal()


@pytest.mark.slow
def test_random_networks_against_the_rtl() -> None:
    """Layer by layer, on a chip whose memory stalls: with every policy of loading."""
    rounds = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        network, inputs = random_network(rng, odd_chip(), RandomLimits(shift_share=0.3))
        schedule = compile_rounds(network, odd_chip(), most_layers=1)
        rounds += len(schedule.rounds)
        for policy in loading_policies():
            way = replace(schedule, loading=policy)
            verify(way, inputs).assert_equal()
            _measured(way, inputs)
    assert rounds > 16


@pytest.mark.parametrize(("model", "chip"), [("spikformer-tiny", "ulx3s"), ("digits-ssf", "nano")])
def test_shipped_models(model: str, chip: str) -> None:
    """Attention that loads weights of its own among them; nothing beside a run is never better."""
    directory = find_model(model)
    schedule = compile_rounds(load_network(directory), load_chip(chip), most_layers=4)
    inputs = take_samples(load_test_split(directory).inputs, slice(1))
    cycles = {policy: _measured(replace(schedule, loading=policy), inputs) for policy in loading_policies()}
    assert _measured(best_policy(schedule), inputs) == min(cycles.values()) < cycles[NEXT_AGAIN]
