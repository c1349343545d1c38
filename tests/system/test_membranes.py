"""Membranes: what the RTL writes is what golden stores; and a membrane that is wrong is found and named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.backends.membranes import membrane_row_words
from shiftfire.compiler.schedule import Schedule, compile_rounds, compile_schedule
from shiftfire.golden import execute as golden_execute
from shiftfire.golden.steps import Carried
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.values import IntArray
from shiftfire.verification.verify import Verification, verify
from shiftfire_hw.membrane_trace import membrane_trace
from shiftfire_spec.chip import load_chip
from support.odd_chip import odd_chip
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_network

CHIP = replace(odd_chip(), regions=16)


def verified(schedule: Schedule, inputs: IntArray, what: str) -> Verification:
    found = verify(schedule, inputs, membranes=True)
    assert found.passed, f"{what}: {found.sentence()}"
    assert found.membrane_mismatches == 0
    return found


def small(**parameters: Any) -> tuple[Network, IntArray]:
    """Two layers over several cores, with rows, columns and more channels than lanes."""
    rng = np.random.default_rng(11)
    net = NetworkBuilder("small", input=(2, 5, 4), timesteps=4)
    net.conv2d("conv", rng.integers(-7, 8, (11, 2, 3, 3)), padding=1, theta=9, leak=(2, -5), v_min=-1000, v_max=1000, **parameters)
    net.dense("out", rng.integers(-7, 8, (6, 220)), theta=30, reset="zero", v_init=-5, v_min=-1000, v_max=1000)
    return net.build(), (rng.random((3, 4, 2, 5, 4)) < 0.4).astype(np.int64)


def test_random_networks() -> None:
    """LIF and SHIFTLIF, layers over several cores, at once and in rounds."""
    compared = []
    for seed in range(12):
        rng = np.random.default_rng(700 + seed)
        network, inputs = random_network(rng, CHIP, RandomLimits(shift_share=0.4))
        schedule = compile_rounds(network, CHIP, most_layers=2) if seed % 2 else compile_schedule(network, CHIP)
        found = verified(schedule, inputs, f"random_network seed {700 + seed}")
        compared.append(found.membranes_compared or 0)
    assert sum(count > 0 for count in compared) >= 4, compared


def test_a_layer_over_several_cores() -> None:
    network, inputs = small()
    found = verified(compile_schedule(network, CHIP), inputs, "small")
    assert found.membranes_compared == 3 * 4 * (11 * 5 * 4 + 6)
    assert "every event, cycle, counter and membrane" in found.sentence()


def test_golden_that_stores_what_was_before_the_reset_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant whose spikes are right: packets, cycles and counters agree, only the membrane tells."""
    true = golden_execute.fire_lif

    def before_reset(lif: Lif, sums: IntArray, stored: IntArray | None = None, carried: Carried | None = None) -> IntArray:
        spikes = true(lif, sums, stored, carried)
        if stored is not None and len(lif.theta) == 6:  # layer out, which resets to 0
            stored += spikes * 30
        return spikes

    network, inputs = small()
    schedule = compile_schedule(network, CHIP)
    spikes = golden_execute.execute(network, inputs).activations["out"]
    assert spikes.any()
    monkeypatch.setattr(golden_execute, "fire_lif", before_reset)
    found = verify(schedule, inputs, membranes=True)
    assert not found.passed and found.event_mismatches == 0 and found.membrane_mismatches == np.count_nonzero(spikes)
    sample, step, channel = (int(axis) for axis in np.argwhere(spikes[..., 0, 0])[0])
    first = found.first_membrane_divergence
    assert first is not None and (first.layer, first.sample, first.timestep, first.channel, first.y, first.x) == (
        "out",
        sample,
        step,
        channel,
        0,
        0,
    )
    assert (first.golden, first.rtl) == (30, 0)
    assert found.sentence() == (
        "DIFFERENT; every event, cycle and counter agrees; first membrane that differs: layer out, "
        f"sample {sample}, timestep {step}, channel {channel}, row 0, column 0: the membrane is 30 in golden, 0 in rtl"
    )
    document = found.as_dict()
    assert document["membrane_mismatches"] == found.membrane_mismatches and document["first_membrane_divergence"]["layer"] == "out"


def test_without_the_record_nothing_is_compared() -> None:
    network, inputs = small()
    found = verify(compile_schedule(network, CHIP), inputs)
    assert found.passed and found.membranes_compared is None and found.as_dict()["membranes_compared"] is None


def test_rows_of_chips_of_all_sizes() -> None:
    """A row holds the whole of the trace."""
    for chip in (load_chip("nano"), load_chip("server"), CHIP):
        assert 32 * (membrane_row_words(chip) - 2) >= membrane_trace(chip).size


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(3))
def test_random_chips(chip_seed: int) -> None:
    chip = random_chip(np.random.default_rng(40 + chip_seed), f"membranes{chip_seed}", max_tiles=4)
    for seed in range(8):
        network, inputs = random_network(np.random.default_rng(seed), chip, RandomLimits(shift_share=0.3))
        verified(compile_schedule(network, chip), inputs, f"chip {chip_seed}, network {seed}")
