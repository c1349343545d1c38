"""The product's claim: golden, sim and RTL agree on every packet, value, cycle and counter."""

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.backends.rtl import run_rtl
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.core_program import core_program
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.random_dense import random_dense_network, random_spikes
from shiftfire.verification.compare import counter_differences
from shiftfire.verification.verify import Verification, verify
from shiftfire_spec.chip import CHIP_LIMITS, ChipConfig, load_chip
from support.odd_chip import odd_chip
from support.one_core import narrow_core, one_core
from support.one_round import plan_run
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_network

MODELS = ("digits-mlp", "digits-cnn", "digits-ssf")
MULTISPIKE = RandomLimits(shift_share=0.15, multispike_share=1.0)
TRANSFORMERS = ("spikformer-tiny", "sdt-tiny")  # too large for ulx3s


def _assert_zero(verification: Verification, what: str) -> None:
    where = verification.first_divergence.sentence() if verification.first_divergence else ""
    assert verification.passed, f"{what}: {where} {verification.as_dict()}"
    assert verification.cycles_sim == verification.cycles_rtl
    assert verification.events_compared > 0


def _verify_random(chip: ChipConfig, seed: int, limits: RandomLimits | None = None) -> None:
    network, inputs = random_network(np.random.default_rng(seed), chip, limits)
    _assert_zero(verify(compile_network(network, chip), inputs), f"chip {chip.name}, random_network seed {seed}")


def _verify_model(model: str, chip: str, samples: int) -> None:
    directory = find_model(model)
    program = compile_network(load_network(directory), load_chip(chip))
    _assert_zero(verify(program, load_test_split(directory).inputs[:samples]), f"{model} on {chip}")


@pytest.mark.parametrize("seed", range(17))
def test_random_networks_on_an_odd_chip(seed: int) -> None:
    _verify_random(odd_chip(), seed)


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_of_shift_units_on_an_odd_chip(seed: int) -> None:
    _verify_random(odd_chip(), seed, RandomLimits(shift_share=0.9))


@pytest.mark.parametrize("seed", range(8))
def test_random_networks_of_counts_with_levels_on_an_odd_chip(seed: int) -> None:
    _verify_random(odd_chip(), seed, RandomLimits(shift_share=0.9, levels_share=0.8))


@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
def test_both_ends_of_tags_and_program_words(end: int) -> None:
    """The least hold one layer: a stream for its input, one for its output, a credit; ACC, FIRE, JUMP."""
    tags, words = (int(CHIP_LIMITS[name][end]) for name in ("tags", "program_words"))
    chip = replace(one_core(), name=f"tags{tags}", tags=tags, program_words=words)
    network = random_dense_network((6, 4), 1, 0.5, 0)
    program = compile_network(network, chip)
    if end == 0:
        assert len(program.streams) + 1 == tags and len(core_program(network, network.layers[0])) == words
    _assert_zero(verify(program, random_spikes(network.input, 0.5, 0, 3)), f"chip {chip.name}")


@pytest.mark.parametrize("seed", range(14))
def test_random_networks_of_multispike_neurons_on_an_odd_chip(seed: int) -> None:
    _verify_random(odd_chip(), seed, MULTISPIKE)


@pytest.mark.parametrize("seed", range(3))
def test_random_networks_on_one_core(seed: int) -> None:
    _verify_random(one_core(), seed)


@pytest.mark.parametrize("seed", range(3))
def test_random_networks_on_a_narrow_core(seed: int) -> None:
    """Few bits of axons and addresses, rows of weights in one word, no counters, no dynamic weights."""
    _verify_random(narrow_core(), seed)


@pytest.mark.parametrize("model", MODELS)
def test_shipped_models_on_ulx3s(model: str) -> None:
    _verify_model(model, "ulx3s", 2)


def test_a_second_run_on_the_same_inputs_is_the_same(tmp_path: object) -> None:
    chip = odd_chip()
    network, inputs = random_network(np.random.default_rng(5), chip)
    program = compile_network(network, chip)
    first, second = (run_rtl([plan_run(program, inputs)], trace=True)[0] for _ in range(2))
    assert first.cycles == second.cycles
    assert np.array_equal(first.events, second.events)  # type: ignore[arg-type]
    assert np.array_equal(first.engine_events, second.engine_events)  # type: ignore[arg-type]
    assert counter_differences(program, first, second) == ()


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS + TRANSFORMERS)
def test_shipped_models_on_edge(model: str) -> None:
    _verify_model(model, "edge", 10)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_shipped_models_on_ulx3s_ten_images(model: str) -> None:
    _verify_model(model, "ulx3s", 10)


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(3))
def test_random_networks_on_random_chips(chip_seed: int) -> None:
    """A few: hundreds of pairs are `make attack`."""
    chip = random_chip(np.random.default_rng(chip_seed), f"random{chip_seed}")
    for seed in range(12):
        _verify_random(chip, 1000 * chip_seed + seed)


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(2))
def test_random_networks_of_multispike_neurons_on_random_chips(chip_seed: int) -> None:
    chip = random_chip(np.random.default_rng(200 + chip_seed), f"spikes{chip_seed}", max_tiles=6)
    for seed in range(12):
        _verify_random(chip, 1000 * chip_seed + seed, replace(MULTISPIKE, channels=40, layers=3))


@pytest.mark.slow
@pytest.mark.parametrize("chip_seed", range(2))
def test_random_networks_of_shift_units_on_random_chips(chip_seed: int) -> None:
    chip = random_chip(np.random.default_rng(100 + chip_seed), f"units{chip_seed}", max_tiles=6)
    for seed in range(12):
        _verify_random(chip, 1000 * chip_seed + seed, RandomLimits(channels=40, layers=3, shift_share=0.9))
