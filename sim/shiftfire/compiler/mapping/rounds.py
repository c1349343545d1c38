"""Rounds of a network that does not fit at once: what shares the chip, and what each round sees of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...network.graph import Input, Layer, Network, Readout
from ...network.synapses import Block
from ..program import CoreSlice


@dataclass(frozen=True)
class RoundCut:
    """What a round holds: the layers ``start`` to ``stop``.

    ``slices`` are those of a round with a piece of a layer, of which other slices are in other rounds; None where every layer is whole, and
    may lie on as many cores as there are. ``unfinished``: the last layer goes on in the next round, so what it reads must still be there.
    """

    start: int
    stop: int
    slices: tuple[CoreSlice, ...] | None = None
    unfinished: bool = False


def round_network(network: Network, cut: RoundCut, pieces: Mapping[str, Sequence[Block]]) -> Network:
    """The layers of a round as a network of their own; ``pieces``: of each layer stored before, what each core sent of it.

    An output of which the round has a piece gives no prediction: that takes all of its rounds.
    """
    layers = network.layers[cut.start : cut.stop]
    own = {layer.name for layer in layers}
    needed = {name for layer in layers for s in layer.synapses for name in s.sources} - own
    inputs = [_as_input(s, pieces) for s in (*network.inputs, *network.layers[: cut.start]) if s.name in needed]
    following = network.layers[cut.stop - int(cut.unfinished) :]
    later = {name for layer in following for s in layer.synapses for name in s.sources}
    reads = network.output in own and (cut.slices is None or _whole(network.layer(network.output), cut.slices))
    return replace(
        network,
        input=inputs[0],
        feeds=tuple(inputs[1:]),
        layers=layers,
        readout=network.readout if reads else Readout.NONE,
        stored=tuple(layer.name for layer in layers if layer.name in later),
    )


def _whole(layer: Layer, slices: Sequence[CoreSlice]) -> bool:
    """Whether the slices are all of the layer."""
    return sum(s.channels * s.rows * s.columns for s in slices if s.layer == layer.name) == layer.shape.size


def _as_input(source: Layer | Input, pieces: Mapping[str, Sequence[Block]]) -> Input:
    """What a round sees of a layer that was stored before."""
    if isinstance(source, Input):
        return source
    low, high = source.value_limits
    return Input(source.name, source.shape, source.timesteps, source.payload_kind, low, high, tuple(pieces[source.name]))
