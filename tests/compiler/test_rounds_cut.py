"""Where networks are cut, what rounds hand over, and what may be written early."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from shiftfire.compiler.mapping.rounds import RoundCut, round_network
from shiftfire.compiler.mapping.slicing import slice_layer
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, compile_rounds, compile_schedule
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.synapses import Block, SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip
from support.random_networks import RandomLimits, random_network

EDGE = load_chip("edge")


def chain(widths: list[int], skips: tuple[tuple[int, int], ...] = ()) -> Network:
    """Dense layers l0, l1, ... of these widths; ``skips`` (from, to) add dense synapses."""
    layers = []
    for number, width in enumerate(widths):
        names = ["in" if number == 0 else f"l{number - 1}", *(f"l{a}" for a, b in skips if b == number)]
        sizes = [8 if name == "in" else widths[int(name[1:])] for name in names]
        synapses = tuple(
            Synapses(name, SynapseOp.DENSE, np.ones((width, size), np.int64), WeightFormat.PM1)
            for name, size in zip(names, sizes, strict=True)
        )
        ones = np.ones(width, np.int64)
        layers.append(Layer(f"l{number}", Shape(width), synapses, Count(ones, ones, 0, 1)))
    return Network("chain", Input("in", Shape(8)), tuple(layers), layers[-1].name, Readout.NONE)


def small_chip(tiles: int, **changes: Any) -> ChipConfig:
    """Cores of at most 16 neurons."""
    return replace(EDGE, name="small", width=tiles, height=1, accumulator_groups=1, parameter_groups=1, **changes)


def handed_over(network: Network, cuts: tuple[int, ...]) -> int:
    """Values stored when the network is cut before the layers ``cuts``, by the definition."""
    bounds = [0, *cuts, len(network.layers)]
    home = {layer.name: sum(index >= cut for cut in cuts) for index, layer in enumerate(network.layers)}
    read_by = {name: max((home[r.name] for r in network.consumers(name)), default=-1) for name in home}
    assert len(bounds) == len(cuts) + 2
    return sum(layer.shape.size * layer.timesteps for layer in network.layers if read_by[layer.name] > home[layer.name])


NETWORKS = [
    chain([16, 32, 48, 16, 32, 16]),
    chain([40, 10, 30, 20, 10, 50, 16], ((0, 3), (1, 6))),
    chain([16, 16, 16, 16, 16, 16, 16], ((0, 6),)),
    chain([64, 8, 64, 8, 64, 8]),
]


@pytest.mark.parametrize("tiles", [4, 5, 7])
@pytest.mark.parametrize("network", NETWORKS)
def test_fewest_rounds_then_fewest_values(network: Network, tiles: int) -> None:
    """Against every way to cut, by the number of cores alone: these chips have room for the rest."""
    chip = small_chip(tiles)
    cores = [len(slice_layer(network, layer, chip)) for layer in network.layers]
    best = None
    places = range(1, len(network.layers))
    for count in range(len(network.layers)):
        fitting = []
        for cuts in combinations(places, count):
            bounds = [0, *cuts, len(network.layers)]
            if all(sum(cores[a:b]) <= tiles for a, b in pairwise(bounds)):
                fitting.append(handed_over(network, cuts))
        if fitting:
            best = (count + 1, min(fitting))
            break
    assert best is not None
    schedule = compile_rounds(network, chip, spread=False)
    stored = [part.program.network.layer(name) for part in schedule.rounds for name in part.program.network.stored]
    assert (len(schedule.rounds), sum(layer.shape.size for layer in stored)) == best


def test_a_round_has_what_it_reads_as_inputs() -> None:
    network = NETWORKS[1]
    pieces = {"l0": (Block(0, 10), Block(10, 10), Block(20, 10)), "l2": (Block(0, 20), Block(20, 10))}
    part = round_network(network, RoundCut(3, 6), pieces)
    assert [(source.name, source.pieces) for source in part.inputs] == list(pieces.items())
    assert [source.parts for source in part.inputs] == [3, 2]
    assert part.stored == ("l5",) and part.readout is Readout.NONE
    assert round_network(network, RoundCut(0, 3), {}).inputs == (network.input,)
    assert round_network(network, RoundCut(0, 3), {}).stored == ("l0", "l1", "l2")
    limits = replace(network.layers[2], neuron=Count(np.ones(30, np.int64), np.ones(30, np.int64), -3, 4))
    changed = replace(network, layers=(*network.layers[:2], limits, *network.layers[3:]))
    fed = round_network(changed, RoundCut(3, 4), pieces).inputs[1]
    assert (fed.payload_kind, fed.value_limits) == (limits.payload_kind, (-3, 4))


def test_refusals() -> None:
    large = chain([16, 1100, 16])
    with pytest.raises(
        CompileError, match=r"layer l1: cores that send one vector \(sources\) = 69, the limit is 63; make it smaller"
    ):
        compile_schedule(large, replace(small_chip(4), row_windows=False))
    assert len(compile_schedule(large, small_chip(4)).rounds) > 69 // 4
    looped = chain([16, 200, 16])
    loop = Synapses("l1", SynapseOp.DENSE, np.ones((200, 200), np.int64), WeightFormat.PM1, delay=1)
    layers = [replace(layer, timesteps=2) for layer in looped.layers]
    layers[1] = replace(layers[1], synapses=(*layers[1].synapses, loop))
    looped = replace(looped, input=replace(looped.input, timesteps=2), layers=tuple(layers))
    with pytest.raises(CompileError, match=r"layer l1 feeds back into itself, so one round holds it: 13 cores, chip small has 4"):
        compile_schedule(looped, small_chip(4))


def pieces_of(schedule: Schedule) -> list[list[tuple[str, int]]]:
    """By round: its layers in order, each with its cores."""
    return [
        [(layer.name, sum(core.layer == layer.name for core in part.program.cores)) for layer in part.program.network.layers]
        for part in schedule.rounds
    ]


def test_a_large_layer_takes_several_rounds() -> None:
    """Every neuron is in one round; who reads the layer plays all of its pieces, and what it reads is kept until its last round."""
    network = chain([16, 150, 16])
    schedule = compile_schedule(network, small_chip(4))
    assert pieces_of(schedule) == [[("l0", 1), ("l1", 3)], [("l1", 4)], [("l1", 3)], [("l2", 1)]]
    cores = [core for part in schedule.rounds for core in part.program.cores if core.layer == "l1"]
    channels = sorted(channel for core in cores for channel in range(core.channel_base, core.channel_base + core.channels))
    assert channels == list(range(150))
    networks = [part.program.network for part in schedule.rounds]
    assert [n.stored for n in networks] == [("l0", "l1"), ("l1",), ("l1",), ()]
    assert networks[3].input.parts == 10
    whole = replace(network, readout=Readout.SUM, output="l1", more_outputs=("l2",))
    assert {part.program.network.readout for part in compile_schedule(whole, small_chip(4)).rounds} == {Readout.NONE}


def test_regions_cut_a_layer() -> None:
    """A round stores what few cores send: the layer takes two rounds although all of it fits the chip."""
    handing = chain([64, 64])
    schedule = compile_schedule(handing, small_chip(4, regions=3))
    assert pieces_of(schedule) == [[("l0", 3)], [("l0", 1)], [("l1", 4)]]


def test_pieces_fill_rounds_with_others() -> None:
    """The last piece of a layer shares its round with a layer that does not read it."""
    network = chain([80, 40, 32], ((0, 2),))
    second = replace(network.layers[1], synapses=(replace(network.layers[0].synapses[0], weights=np.ones((40, 8), np.int64)),))
    network = replace(network, layers=(network.layers[0], second, network.layers[2]))
    assert pieces_of(compile_schedule(network, small_chip(4))) == [[("l0", 4)], [("l0", 1), ("l1", 3)], [("l2", 2)]]


PIECED = [
    chain([16, 100, 16, 16]),
    chain([90, 16, 40, 90], ((0, 3),)),
    chain([16, 16, 75, 16, 75, 16], ((1, 4), (0, 3))),
    chain([75, 75], ((0, 1),)),
]


@pytest.mark.parametrize("tiles", [1, 2, 4])
@pytest.mark.parametrize("network", PIECED)
def test_fewest_rounds_with_pieces(network: Network, tiles: int) -> None:
    """Against every way to cut the row of slices: anywhere within layers that do not fit, and none reads what was begun in an earlier round."""
    chip = small_chip(tiles)
    cores = [len(slice_layer(network, layer, chip)) for layer in network.layers]
    owner = [number for number, count in enumerate(cores) for _ in range(count)]
    free = [p for p in range(1, len(owner)) if owner[p - 1] != owner[p] or cores[owner[p]] > tiles]

    def runs(first: int, last: int) -> bool:
        begun = owner[first] if first and owner[first - 1] == owner[first] else None
        readers = network.layers[owner[first] + 1 : owner[last - 1] + 1]
        return begun is None or not any(f"l{begun}" in s.sources for layer in readers for s in layer.synapses)

    fewest = {0: 0}
    for last in (*free, len(owner)):
        known = [
            fewest[first] + 1 for first in (0, *free) if first < last <= first + tiles and first in fewest and runs(first, last)
        ]
        if known:
            fewest[last] = min(known)
    assert len(compile_rounds(network, chip, spread=False).rounds) == fewest[len(owner)]


def test_a_round_plays_more_than_it_could_store() -> None:
    """The chip's regions bound what a round stores; the last of these rounds plays five streams."""
    schedule = compile_rounds(chain([32, 32, 16, 16], ((0, 3), (1, 3))), small_chip(4, regions=4), most_layers=1, spread=False)
    assert [sum(source.parts for source in part.program.network.inputs) for part in schedule.rounds] == [1, 2, 2, 5]


def test_spreading_hands_over_no_more_than_the_regions() -> None:
    """Layers spread over idle tiles send more streams than the fewest cores would."""
    chip, rounds = odd_chip(), 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        network, _ = random_network(rng, chip, RandomLimits(shift_share=0.3))
        schedule = compile_rounds(network, chip, most_layers=int(rng.integers(1, 3)))
        rounds += len(schedule.rounds) > 1
        for part in schedule.rounds:
            assert len(part.program.stored_cores()) <= chip.regions, seed
    assert rounds > 10
