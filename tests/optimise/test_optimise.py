"""Mappings by cost: what comes out is valid, predicts the same, is no slower, and what is claimed is what the simulator says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.mapping.cuts import head_block, narrow_block_sizes
from shiftfire.compiler.mapping.slicing import fits
from shiftfire.compiler.optimised import Objective
from shiftfire.compiler.program import CompileError, CoreSlice
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.energy.parts import Clock
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Network, Readout
from shiftfire.optimise.effort import samples_that_fit, shares
from shiftfire.optimise.model import Model
from shiftfire.optimise.schedule import optimised_schedule
from shiftfire.predict.activity import assumed_activity
from shiftfire.predict.memory import MemoryPort
from shiftfire_spec.chip import ChipConfig, load_chip
from support.one_round import run_sim
from support.random_chips import random_chip
from support.random_networks import RandomLimits, random_candidate, random_network

EDGE = load_chip("edge")


def covered(network: Network, cores: tuple[CoreSlice, ...]) -> bool:
    """Whether every neuron of every layer lies in one core, and every core on a tile of its own."""
    for layer in network.layers:
        seen = np.zeros((layer.shape.channels, layer.shape.height), int)
        for core in cores:
            if core.layer == layer.name:
                seen[core.channel_base : core.channel_base + core.channels, core.row_base : core.row_base + core.rows] += 1
        if not (seen == 1).all():
            return False
    return len({core.tile for core in cores}) == len(cores)


def straddles(network: Network, core: CoreSlice) -> bool:
    """Whether a core's channels belong to two heads, or split a segment."""
    layer = network.layer(core.layer)
    head, segment = head_block(layer).channels, layer.kind.segment_channels
    first, last = core.channel_base, core.channel_base + core.channels - 1
    split = segment is not None and (first % segment or ((last + 1) % segment and last + 1 != layer.shape.channels))
    return first // head != last // head or bool(split)


def check(network: Network, chip: ChipConfig, objective: Objective) -> bool:
    """Whether the mapping is another one than spreading by work gives."""
    schedule = optimised_schedule(network, chip, objective=objective)
    (program,) = (part.program for part in schedule.rounds)
    assert covered(network, program.cores)
    assert all(fits(network, core, chip) and not straddles(network, core) for core in program.cores)
    assert schedule.optimised[0] is not None
    assert schedule.optimised[0].hops[1] >= 0
    return {c.unplaced for c in program.cores} != {c.unplaced for c in compile_network(network, chip).cores}


@pytest.mark.parametrize("objective", list(Objective))
def test_random_networks_on_random_chips(objective: Objective) -> None:
    others = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        chip = random_chip(rng, "random") if seed % 2 else EDGE
        network, _ = random_network(rng, chip, RandomLimits(layers=4, extent=10))
        others += check(network, chip, objective)
    assert others or objective in (Objective.ENERGY, Objective.TILES)


def test_values_do_not_change() -> None:
    for seed in range(10):
        network, inputs = random_network(np.random.default_rng(seed), EDGE, RandomLimits(channels=40))
        if network.readout is Readout.NONE:
            continue
        (part,) = optimised_schedule(network, EDGE).rounds
        assert np.array_equal(run_sim(part.program, inputs).predictions, execute(network, inputs).predictions)  # type: ignore[arg-type]


def test_tiles_and_energy_take_the_fewest_cores() -> None:
    fewest = len(compile_network(sf.load("digits-cnn"), EDGE, spread=False).cores)
    for objective in ("tiles", "energy"):
        assert len(sf.compile(sf.load("digits-cnn"), optimise=objective).schedule.rounds[0].program.cores) == fewest


def measured(name: str, chip: ChipConfig, **options: object) -> tuple[int, float]:
    """Cycles of 20 samples, and their mean latency."""
    result = sf.run(sf.load(name), sf.samples(name, 20).inputs, chip=chip, **options)  # type: ignore[arg-type]
    assert result.cycles is not None and result.latency is not None
    return result.cycles, result.latency.mean


def test_default_of_a_shipped_model() -> None:
    """By prediction alone, of densities: 35,022 cycles and 2,442 of latency by work of single cores."""
    cycles, latency = measured("digits-cnn", EDGE)
    assert cycles <= 27_000 and latency <= 1_900


def test_more_lanes_than_channels_are_no_slower() -> None:
    wide = replace(EDGE, name="wide", lanes=32)
    assert measured("digits-cnn", wide)[0] <= 1.02 * measured("digits-cnn", EDGE)[0]


@pytest.mark.slow
@pytest.mark.parametrize(("optimise", "most_cycles", "most_latency"), [("throughput", 26_266, 1_900), ("latency", 27_000, 1_840)])
def test_effort(optimise: str, most_cycles: int, most_latency: float) -> None:
    cycles, latency = measured("digits-cnn", EDGE, optimise=optimise, effort=60)
    assert cycles <= most_cycles and latency <= most_latency


def test_the_best_trial_is_what_runs() -> None:
    """Its cycles are the run's, no other trial had less; predictions stand beside."""
    inputs = sf.samples("digits-mlp", 6).inputs
    result = sf.run(sf.load("digits-mlp"), inputs, optimise="throughput", effort=6)
    (chosen,) = result.schedule.optimised
    assert chosen is not None and len(chosen.trials) == 6
    assert chosen.trials[0].cycles == result.cycles == min(trial.cycles for trial in chosen.trials)
    assert all(trial.predicted == pytest.approx(trial.cycles, rel=0.25) for trial in chosen.trials)
    assert result.as_dict()["optimised"][0]["trials"][0]["cycles"] == result.cycles
    assert "6 run in the simulator" in str(result)


@pytest.mark.parametrize("objective", ["latency", "energy", "tiles"])
def test_figures(objective: str) -> None:
    """Trials are ordered by the objective's figure, which is the run's own."""
    inputs = sf.samples("digits-ssf", 4).inputs
    result = sf.run(sf.load("digits-ssf"), inputs, optimise=objective, effort=4)
    (chosen,) = result.schedule.optimised
    assert chosen is not None and result.latency is not None and result.nanojoules_per_inference is not None
    figures = [trial.figure for trial in chosen.trials]
    own = {"latency": result.latency.mean, "energy": result.energy.total(Clock.GATED).nominal, "tiles": (result.cycles or 0) / 4}
    assert figures == sorted(figures) and figures[0] == pytest.approx(own[objective])


def test_without_inputs_random_ones_are_tried() -> None:
    for name in ("digits-ssf", "digits-cnn"):
        (chosen,) = sf.compile(sf.load(name), optimise="latency", effort=2).schedule.optimised
        assert chosen is not None and len(chosen.trials) == 2


def test_rounds_share_the_effort() -> None:
    """The round that takes most gets most; of each, the best trial is what runs, and the values are golden's. The same again."""
    network, inputs = sf.load("digits-cnn"), sf.samples("digits-cnn", 4).inputs
    runs = [sf.run(network, inputs, layers_at_once=1, optimise=name, effort=12) for name in ("throughput", "throughput", "energy")]
    by_prediction = sf.run(network, inputs, layers_at_once=1)
    for result in runs:
        assert np.array_equal(result.predictions, by_prediction.predictions)
        assert sum(len(chosen.trials) for chosen in result.schedule.optimised if chosen is not None) == 12
    result, again, _ = runs
    assert [part.program.cores for part in result.schedule.rounds] == [part.program.cores for part in again.schedule.rounds]
    tried = {}
    for chosen, part, own in zip(result.schedule.optimised, result.rounds, by_prediction.rounds, strict=True):
        assert chosen is not None and own.cycles is not None
        tried[own.cycles] = len(chosen.trials)
        if chosen.trials:
            figures = [trial.figure for trial in chosen.trials]
            assert part.cycles == chosen.trials[0].cycles and figures == sorted(figures)
            assert chosen.trials[0].predicted == pytest.approx(part.cycles, rel=0.25)
    assert [tried[cycles] for cycles in sorted(tried)] == sorted(tried.values())
    assert (result.cycles or 0) < 1.02 * (by_prediction.cycles or 0)
    assert "round 1: mapping for throughput" in str(result)


def test_what_is_stored_in_pieces_has_its_price() -> None:
    """A layer of its own in a round, over one core or over all: the later round that plays it waits before each piece, so few are better."""
    result = sf.run(sf.load("digits-mlp"), sf.samples("digits-mlp", 5).inputs, layers_at_once=1)
    network = result.schedule.rounds[0].program.network
    model = Model(network, EDGE, Objective.THROUGHPUT, assumed_activity(network), (0,))
    cores = result.schedule.rounds[0].program.cores
    steps = model.network.layers[0].timesteps
    assert model.waits_later(cores) == (len(cores) - 1) * steps * MemoryPort(EDGE).pause
    assert (result.cycles or 0) < 7_500  # 9,381 where pieces cost nothing


def test_shares() -> None:
    assert shares([1.0, 6.0, 3.0], 10) == [1, 6, 3]
    assert shares([5.0, 0.0, 5.0, 90.0], 7) == [1, 0, 0, 6]
    assert shares([0.0, 0.0], 7) == [0, 0]


@pytest.mark.parametrize(("memory_bits", "samples"), [(30, 4), (15, 2), (14, 0)])
def test_rounds_are_tried_on_as_many_samples_as_fit_memory(memory_bits: int, samples: int) -> None:
    network, inputs = sf.load("digits-cnn"), sf.samples("digits-cnn", 4).inputs
    schedule = compile_rounds(network, replace(EDGE, memory_address_bits=memory_bits), most_layers=1)
    fitting = samples_that_fit(schedule, inputs)
    assert (0 if fitting is None else len(fitting)) == samples


def test_narrow_blocks() -> None:
    """Whole fire steps, below a lane group; none of a layer that compares all channels, or of segments."""
    network = sf.load("digits-cnn")
    assert narrow_block_sizes(network.layer("conv2"), 16, 4) == (12, 8, 4)
    assert narrow_block_sizes(network.layer("conv1"), 32, 4) == (8, 4)
    assert narrow_block_sizes(network.layer("output"), 16, 4) == ()
    for seed in range(40):
        network = random_candidate(np.random.default_rng(seed), EDGE, RandomLimits())
        for layer in network.layers:
            sizes = narrow_block_sizes(layer, 16, 4)
            assert all(size < min(16, layer.shape.channels) and size % 4 == 0 for size in sizes)
            assert not sizes or layer.kind.segment_channels is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimise": "fast"}, "optimise = 'fast': there are latency, throughput, energy, tiles"),
        ({"effort": -1}, "effort = -1: give a whole number"),
        ({"effort": 1.5}, "effort = 1.5: give a whole number"),
        ({"optimise": "latency", "spread": False}, "the fewest cores"),
    ],
)
def test_refusals(options: dict[str, object], message: str) -> None:
    with pytest.raises(sf.InputError, match=message):
        sf.compile(sf.load("digits-mlp"), **options)  # type: ignore[arg-type]


def test_compiled_networks_take_no_options() -> None:
    compiled = sf.compile(sf.load("digits-mlp"))
    with pytest.raises(sf.InputError, match="compiled already"):
        sf.run(compiled, sf.samples("digits-mlp", 1).inputs, optimise="latency")


def test_a_network_that_does_not_fit_at_once_is_refused_without_rounds() -> None:
    with pytest.raises(CompileError):
        sf.compile(sf.load("sorbet-tiny"), rounds=False)
