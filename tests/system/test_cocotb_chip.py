"""The whole chip under cocotb, over its register bus: a second opinion on the C++ harness that `verify` uses."""

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.backends.cocotb import run_cocotb_rtl
from shiftfire.compiler.compile import compile_network
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Network
from shiftfire.network.values import IntArray
from shiftfire.verification.compare import counter_differences
from shiftfire_hw.testing.cocotb_chip import MEMORY_WORDS, ChipJob, CocotbChip, build_cocotb_chip
from shiftfire_hw.testing.toolchain import RtlError
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.events import EventKind
from support.odd_chip import odd_chip
from support.one_core import one_core
from support.one_round import plan_run, run_sim
from support.random_networks import random_network
from support.random_recurrence import FEEDBACK_LIMITS, random_recurrent_network


def _assert_same(network: Network, inputs: IntArray, chip: ChipConfig, *, optimize: bool = False) -> None:
    """Cycles, configuration cycles, counters, predictions and collected packets are the simulator's."""
    program = compile_network(network, chip)
    sim = run_sim(program, inputs, trace=True)
    rtl = run_cocotb_rtl(plan_run(program, inputs), build_cocotb_chip(chip, optimize=optimize), trace=True)
    assert sim.events is not None and rtl.events is not None and rtl.counters is not None
    collected = sim.events[sim.events["event"] == EventKind.COLLECT]
    assert len(collected)
    assert rtl.events.tolist() == collected.tolist()
    assert (rtl.cycles, rtl.config_cycles) == (sim.cycles, sim.config_cycles)
    assert counter_differences(program, sim, rtl) == ()
    assert np.array_equal(rtl.predictions, sim.predictions)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_one_core(seed: int) -> None:
    _assert_same(*random_network(np.random.default_rng(seed), one_core()), one_core())


def test_feedback_on_one_core() -> None:
    limits = replace(FEEDBACK_LIMITS, channels=8, extent=3, layers=1)
    _assert_same(*random_recurrent_network(np.random.default_rng(1), one_core(), limits), one_core())


def test_a_run_that_does_not_end_is_reported() -> None:
    chip = one_core()
    network, inputs = random_network(np.random.default_rng(1), chip)
    with pytest.raises(RtlError, match="configure_run_read_back"):
        run_cocotb_rtl(plan_run(compile_network(network, chip), inputs), build_cocotb_chip(chip, optimize=False), limit_cycles=100)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_memory_that_stalls(seed: int) -> None:
    _assert_same(*random_network(np.random.default_rng(seed), odd_chip()), odd_chip())


@pytest.mark.slow
@pytest.mark.parametrize("model", ["digits-cnn", "digits-ssf"])
def test_shipped_models_on_edge(model: str) -> None:
    folder = find_model(model)
    _assert_same(load_network(folder), load_test_split(folder).inputs[:2], load_chip("edge"), optimize=True)


def test_a_run_too_large_for_the_memory_is_refused() -> None:
    none, nothing = (0, 0), np.zeros(0, np.uint32)
    job = ChipJob(nothing, MEMORY_WORDS + 1, none, none, (0, 0, 0), False, (0, 0, 0), 1)
    with pytest.raises(RtlError, match=f"needs {MEMORY_WORDS + 1} memory words.*fewer samples"):
        CocotbChip("chip-none", "", optimize=False).run(job)
