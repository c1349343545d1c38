"""Streams to those who see any of them: against golden's sums of single slices, and the ENDs that the simulator counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.core_program import ordered_intakes
from shiftfire.compiler.mapping.hearing import Reader, heard
from shiftfire.compiler.mapping.slicing import block_slices
from shiftfire.compiler.mapping.streams import connect
from shiftfire.compiler.program import CoreSlice
from shiftfire.golden.synapses import contribution
from shiftfire.network.graph import Layer, Network
from shiftfire.network.synapses import Synapses
from shiftfire_spec.chip import load_chip
from shiftfire_spec.counters import Counter
from shiftfire_spec.events import IO_TILE
from support.one_round import run_sim
from support.random_networks import RandomLimits, random_candidate, random_network

EDGE = load_chip("edge")


def sliced(rng: np.random.Generator, network: Network) -> tuple[CoreSlice, ...]:
    """Every layer in random blocks, tiles numbered from 0 on; whether a chip has room does not matter."""
    parts: list[CoreSlice] = []
    for layer in network.layers:
        rows = int(rng.integers(1, layer.shape.height + 1))
        parts += block_slices(layer, EDGE.lanes, rows)
    return tuple(replace(part, tile=tile) for tile, part in enumerate(parts))


def block(part: CoreSlice) -> tuple[slice, slice, slice]:
    return (
        slice(None),
        slice(part.channel_base, part.channel_base + part.channels),
        slice(part.row_base, part.row_base + part.rows),
    )


def reaches(layer: Layer, synapses: Synapses, source: Layer, sent: CoreSlice, part: CoreSlice) -> bool:
    """Whether golden adds anything of ``sent`` to a sum of ``part``, were all weights and values 1."""
    ones = np.zeros((1, *source.shape.as_tuple()), np.int64)
    ones[block(sent)] = 1
    if synapses.weights is not None:
        synapses = replace(synapses, weights=np.ones_like(synapses.weights))
    sums = contribution(replace(synapses, recode=None, scale=0), ones)
    return bool(sums.reshape(1, *layer.shape.as_tuple())[block(part)].any())


def readers_of(network: Network, parts: tuple[CoreSlice, ...]) -> Iterator[tuple[Reader, Layer, CoreSlice, tuple[Synapses, ...]]]:
    """Readers of layers, without dynamic weights, and the synapses of their chains."""
    for reader in heard(network, parts, EDGE.lanes):
        if any(source.name == reader.source for source in network.inputs):
            assert reader.tiles == (IO_TILE,)
            continue
        part = parts[reader.tile]
        layer = network.layer(part.layer)
        intakes = ordered_intakes(network, layer)
        stop = reader.group + 1
        while stop < len(intakes) and intakes[stop].follows:
            stop += 1
        chain = tuple(intake.synapses for intake in intakes[reader.group : stop])
        if not any(synapses.dynamic for synapses in chain):
            yield reader, layer, part, chain


def test_who_sees_anything_hears_it() -> None:
    """Nobody misses a part that counts for it; who hears one that does not is the first who hears nothing else, or has an unheard one to wait for."""
    fewer = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        network = random_candidate(rng, EDGE, RandomLimits(layers=5, extent=12))
        parts = sliced(rng, network)
        found = list(readers_of(network, parts))
        for number, (reader, layer, part, chain) in enumerate(found):
            own = [p for p in parts if p.layer == reader.source]
            source = network.layer(reader.source)
            seen = {p.tile for p in own if any(reaches(layer, s, source, p, part) for s in chain)}
            assert seen <= set(reader.tiles)
            fewer += len(reader.tiles) < len(own)
            extra = set(reader.tiles) - seen
            others = {tile for r, *_ in found[:number] + found[number + 1 :] if r.source == reader.source for tile in r.tiles}
            assert not extra or extra == {own[0].tile} or not extra & others
    assert fewer > 20


def test_everybody_is_heard_and_hears() -> None:
    """A stream goes to those whose credits name it, its mask has their slots, and each core of a layer that is read has a reader."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        network = random_candidate(rng, EDGE, RandomLimits(layers=5, extent=12))
        parts = sliced(rng, network)
        roomy = replace(EDGE, width=15, height=17, tags=4096, slots=64, axon_bits=20) if len(parts) > EDGE.tiles else EDGE
        try:
            connections = connect(network, parts, roomy)
        except sf.CompileError:
            continue  # more slots or tags than there are
        for stream in connections.streams:
            hearers = [credit for credit in connections.credits if stream.tile in credit.sources]
            own = [c for c in hearers if stream.tile != IO_TILE or c.tile in stream.destinations]
            assert {c.tile for c in own} >= set(stream.destinations) - {IO_TILE}
            if stream.tile != IO_TILE:
                assert {c.tile for c in hearers} == set(stream.destinations) - {IO_TILE}
                assert stream.slot_mask == sum(1 << slot for slot in {c.slot for c in hearers})
                assert stream.destinations
        assert all(credit.sources for credit in connections.credits)


def test_rows_that_nobody_sees_are_waited_for() -> None:
    """A stride of 3 with a kernel of 1 sees every third row; the cores of the other rows have a reader all the same."""
    network = (
        sf.Network("strided", input=(2, 9, 4))
        .layer("a", "input", neuron="lif", theta=1)
        .conv2d("b", np.ones((2, 2, 1, 1), np.int64), stride=3, weight_format="int2", neuron="count", theta=1, hi=3)
        .readout("none")
        .build()
    )
    parts = tuple(
        replace(p, tile=t) for t, p in enumerate((*block_slices(network.layers[0], 2, 1), *block_slices(network.layers[1], 2, 1)))
    )
    readers = [reader for reader in heard(network, parts, EDGE.lanes) if reader.source == "a"]
    assert [reader.tiles for reader in readers] == [(0, 1, 2, 4, 5, 7, 8), (3,), (6,)]


@pytest.mark.parametrize("seed", range(6))
def test_counted_ends(seed: int) -> None:
    """Every core takes as many ENDs as cores that it hears send."""
    network, inputs = random_network(np.random.default_rng(seed), EDGE, RandomLimits(layers=4, extent=12))
    program = compile_network(network, EDGE)
    counters = run_sim(program, inputs).counters
    assert counters is not None
    connections = connect(network, program.cores, EDGE)
    for core in program.cores:
        ends = 0
        for credit in connections.credits_of(core.tile):
            ends += len(inputs) * network.source(_source(network, core, credit.group)).timesteps * credit.ends
        assert counters[core.tile, Counter.VECTORS_IN] == ends


def _source(network: Network, core: CoreSlice, group: int) -> str:
    return ordered_intakes(network, network.layer(core.layer))[group].source
