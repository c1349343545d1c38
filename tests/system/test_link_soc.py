"""The host driver and the SoC without processor, from one end of a serial line to the other: a pseudo-terminal, and a bad cable."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from shiftfire.compiler.schedule import compile_schedule
from shiftfire.host.execute import run_board
from shiftfire.host.link import Link
from shiftfire.host.serial_port import open_serial_port
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.random_dense import random_dense_network, random_spikes
from shiftfire.system.layout import lay_out
from shiftfire.system.plan import RunError, RunPlan, plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire_hw.testing.soc_harness import build_soc_harness, serve_soc
from shiftfire_spec.chip import load_chip
from shiftfire_spec.soc import register_address
from support.cable import Cable
from support.link_board import Noise

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("serial") is None, reason="the extra `board` is not installed"),
]
CHIP = load_chip("nano")
SAMPLES = 2
ONE_IN = 1 / 6000


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    with serve_soc(build_soc_harness(CHIP, processor=False), CHIP, boot=(), memory=np.zeros(1, np.uint32)) as board:
        yield board.port


@pytest.fixture(scope="module")
def plans() -> list[RunPlan]:
    """digits-mlp, which a chip of one core runs in rounds."""
    folder = Path(find_model("digits-mlp"))
    return list(plan_rounds(compile_schedule(load_network(folder), CHIP), load_test_split(folder).inputs[:SAMPLES]))


def assert_as_simulated(link: Link, plans: list[RunPlan], simulated_plans: list[RunPlan] | None = None) -> None:
    """Every figure that a board can give, of every round."""
    for result, simulated in zip(run_board(plans, link), simulate_rounds(simulated_plans or plans), strict=True):
        figures = ("samples", "cycles", "config_cycles", "loading_cycles")
        assert [getattr(result, name) for name in figures] == [getattr(simulated, name) for name in figures]
        assert result.counters is None and not CHIP.counter_bits
        assert (result.predictions is None) == (simulated.predictions is None)
        if simulated.predictions is not None:
            np.testing.assert_array_equal(result.predictions, simulated.predictions)


def test_digits_mlp_is_run_as_in_the_simulator(port: str, plans: list[RunPlan]) -> None:
    """Predictions, cycles of runs and configurations: no difference. The chip has no counters."""
    with open_serial_port(port) as opened:
        link = Link(opened, answer_seconds=60)
        assert_as_simulated(link, plans)
        assert link.retries == 0


def test_a_layer_in_pieces(port: str) -> None:
    """784-32-10: the host loads memory for each of five rounds, and carries what they store from one to the next."""
    network = random_dense_network((784, 32, 10), 4, 0.1, 1)
    pieces = list(plan_rounds(compile_schedule(network, CHIP), random_spikes(network.input, 0.1, 1, 1)))
    assert pieces[0].reloads and len(pieces) == 5
    with open_serial_port(port) as opened:
        assert_as_simulated(Link(opened, answer_seconds=60), pieces)


class LittleMemory(Link):
    """A link to a board that says that it has fewer words of memory than it has."""

    words = 0

    def read(self, address: int, count: int) -> NDArray[np.uint32]:
        if address == register_address("SYSTEM", "MEMORY_WORDS"):
            return np.array([self.words], np.uint32)
        return super().read(address, count)


def test_a_board_of_little_memory_is_reloaded(port: str, plans: list[RunPlan]) -> None:
    """Its chip could address what all rounds need together, but it has a word less."""
    together = lay_out(plans, [plan.program.image for plan in plans]).size
    anew = [plan.reloaded() for plan in plans]
    assert not plans[0].reloads and lay_out(anew, [plan.program.image for plan in anew]).size < together
    with open_serial_port(port) as opened:
        link = LittleMemory(opened, answer_seconds=60)
        link.words = together - 1
        assert_as_simulated(link, plans, anew)


def test_a_bad_cable_changes_nothing(port: str, plans: list[RunPlan]) -> None:
    noise = [Noise(seed, lost=ONE_IN, flipped=ONE_IN, doubled=ONE_IN) for seed in (1, 2)]
    with Cable(port, *noise) as cable, open_serial_port(cable.port) as opened:
        link = Link(opened)
        assert_as_simulated(link, plans)
        assert link.retries


def test_program_images_are_refused(port: str) -> None:
    with open_serial_port(port) as opened:
        link = Link(opened, answer_seconds=60)
        with pytest.raises(RunError, match="the board refuses a run of the program image: it has no processor for that"):
            link.run_image(1, print)
