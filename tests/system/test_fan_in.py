"""Layers cut by inputs: golden (of the network as given), simulator and RTL agree, at once and in rounds; what is recorded has the given names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, compile_rounds, compile_schedule
from shiftfire.golden.execute import execute
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import ChipConfig, load_chip
from support.random_cuts import narrow_chip, random_cut
from support.random_networks import RandomLimits
from support.random_recurrence import FEEDBACK_LIMITS
from support.special_chips import few_weights

LITTLE = few_weights()
DEEP = replace(LITTLE, name="little-deep", weight_rows=60)
LIMITS = RandomLimits(blocks_share=0.1, sums_share=0.1)
LOOPS = replace(FEEDBACK_LIMITS, channels=30, extent=5, timesteps=5)


def assert_zero(schedule: Schedule, inputs: Inputs, what: str) -> None:
    found = verify(schedule, inputs, membranes=True)
    assert len(found.rounds) == len(schedule.rounds), f"{what}: the RTL stopped"
    assert found.passed and not found.membrane_mismatches, f"{what}: {found.sentence()}"


def wide(inputs: int, outputs: int) -> tuple[Network, np.ndarray]:
    """Dense, INT4, T = 4."""
    rng = np.random.default_rng(inputs)
    net = NetworkBuilder("wide", input=inputs, timesteps=4)
    net.dense("out", rng.integers(-8, 8, (outputs, inputs)), weight_format="int4", theta=150, leak=3)
    return net.build(), (rng.random((2, 4, inputs, 1, 1)) < 0.2).astype(np.int64)


def deep(channels: int, extent: int) -> tuple[Network, np.ndarray]:
    """A convolution whose output no core takes in, and one whose input channels none takes."""
    rng = np.random.default_rng(channels)
    net = NetworkBuilder("deep", input=(2, extent, extent), timesteps=2)
    net.conv2d("conv", rng.integers(-3, 4, (channels, 2, 3, 3)), padding=1, theta=4)
    net.conv2d("next", rng.integers(-8, 8, (6, channels, 3, 3)), weight_format="int8", theta=40, stride=2, source="conv")
    net.dense("out", rng.integers(-6, 8, (10, channels * extent**2)), weight_format="int4", theta=20, source="conv")
    return net.collect("next").build(), (rng.random((2, 2, 2, extent, extent)) < 0.4).astype(np.int64)


def verify_random(chip: ChipConfig, seed: int, limits: RandomLimits = LIMITS, *, feedback: bool = False) -> None:
    rng = np.random.default_rng(seed)
    schedule, inputs = random_cut(rng, chip, limits, feedback=feedback)
    assert_zero(schedule, inputs, f"chip {chip.name}, seed {seed}")
    if seed % 3 == 0 and not feedback:
        try:
            schedule = compile_rounds(schedule.network, chip, most_layers=1)
        except CompileError as error:
            assert any(word in str(error) for word in ("regions", "slots", "tags", "sources")), f"seed {seed}: {error}"
        else:
            assert_zero(schedule, inputs, f"chip {chip.name}, seed {seed}, in rounds")


@pytest.mark.parametrize("seed", range(8))
def test_random_networks(seed: int) -> None:
    verify_random(LITTLE, seed)


@pytest.mark.parametrize("seed", range(20, 23))
def test_random_networks_with_feedback(seed: int) -> None:
    verify_random(LITTLE, seed, LOOPS, feedback=True)


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(5))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    chip = narrow_chip(np.random.default_rng(70 + chip_seed), f"narrow{chip_seed}", max_tiles=6)
    for number in range(8):
        feedback = number % 4 == 3
        verify_random(chip, 1000 * chip_seed + number, LOOPS if feedback else LIMITS, feedback=feedback)


def test_wide_and_deep_layers_on_little_cores() -> None:
    """In rounds, some parts over several of them."""
    network, inputs = deep(16, 8)
    schedule = compile_schedule(network, DEEP)
    assert schedule.cut is not None and {cut.layer for cut in schedule.cut.cuts} == {"next", "out"} and len(schedule.rounds) > 5
    assert_zero(schedule, inputs, "deep")


@pytest.mark.slow
@pytest.mark.parametrize("chip", ["edge", "ulx3s", "server"])
@pytest.mark.parametrize(("inputs", "outputs"), [(6272, 10), (3073, 2)])
def test_wide_layers_on_the_presets(chip: str, inputs: int, outputs: int) -> None:
    network, x = wide(inputs, outputs)
    assert_zero(compile_schedule(network, load_chip(chip)), x, f"{inputs} -> {outputs} on {chip}")


@pytest.mark.slow
def test_16384_inputs_behind_a_convolution() -> None:
    network, x = deep(64, 16)
    schedule = compile_schedule(network, load_chip("edge"))
    assert schedule.cut is not None and [cut.need for cut in schedule.cut.cuts if cut.layer == "out"] == [16384 // 2]
    assert_zero(schedule, x[:1], "16384 -> 10")


def test_what_is_said_has_the_given_names() -> None:
    """Records, documents and frames; the parts are in the mapping, in ``cuts`` and where tiles are named."""
    network, inputs = deep(16, 8)
    compiled = sf.compile(network, DEEP)
    ran = sf.run(compiled, inputs, record=["spikes", "membrane"])
    expected = execute(network, inputs).activations
    assert set(ran.spikes) == {"input", "conv", "next", "out"} and set(ran.membrane) == {"conv", "next", "out"}
    for name, values in expected.items():
        assert np.array_equal(ran.spikes[name], values), name
    document: dict[str, Any] = ran.as_dict()
    assert {row["layer"] for row in document["layers"]} == {"conv", "next", "out"}
    parts = {"next": ["next~0", "next~1"], "out": [f"out~{number}" for number in range(16)]}
    needs = {"next": 144, "out": 512}
    assert document["cuts"] == [
        {"layer": name, "parts": parts[name], "resource": "weight_rows", "need": needs[name], "limit": 60} for name in needs
    ]
    cores = [core for part in compiled.schedule.rounds for core in part.program.cores]
    assert sum(row["cores"] for row in document["layers"]) == len(cores)
    assert {tile["layer"] for tile in document["tiles"]} == {core.layer for core in cores} > {"next~0", "out~7"}
    said = "layer next is cut by inputs: next~0 and next~1 sum a part of them; a core would need weight_rows = 144, it has 60"
    assert said in " ".join(str(compiled).split())
    assert said in compiled._repr_html_()
    assert [layer.name for layer in compiled.network.layers] == ["conv", "next", "out"]
    (row,) = (use for use in compiled.mapping if use.layer == "next")
    assert row.accumulator_bits.fits
