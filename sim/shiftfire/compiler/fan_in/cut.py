"""A layer cut by its inputs: layers that send the sums of parts of them, as wide values, and the layer that adds those up and fires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from shiftfire_spec.chip import ChipConfig

from ...network.graph import Layer, Network
from ...network.neurons.registry import sum_neuron
from ...network.synapses import SynapseOp, Synapses
from ..mapping.bounds import layer_bounds
from ..mapping.slicing import TooLargeError, slice_layer
from .blocks import blocks

PART = "~"  # between a layer's name and the number of a part; no name that a user gives has it (`check_name`)

Bin = tuple[Synapses, ...]  # what one core can hold of a layer's inputs; all of the same delay


@dataclass(frozen=True, eq=False)
class Parted:
    """A network in which a layer is cut, and the names of the layers that were added for it, each after those that it reads."""

    network: Network
    parts: tuple[str, ...]


def cut_layer(network: Network, layer: Layer, chip: ChipConfig) -> Parted | None:
    """``network`` with ``layer``, which does not fit a core, cut by its inputs; None when that does not make it fit. The limits of the parts are not known yet.

    The fewest parts of about equal size, each filled in order; the last stays with the layer itself where that fits. Where the layer cannot read so many
    parts, parts of parts are summed first.
    """
    synapses = layer.synapses
    parted = Parted(network, ())
    while True:
        bins = _bins(parted.network, layer, synapses, chip)
        if not bins:
            return None
        for kept in (bins[-1], ()):
            made = _joined(parted, layer, bins[:-1] if kept else bins, kept)
            if _fits(made.network, layer.name, chip):
                return made
        if synapses is not layer.synapses and len(bins) >= len(synapses):
            return None  # sums of sums are no fewer
        parted, synapses = _added(parted, layer, bins)


def with_limits(parted: Parted) -> Network:
    """The network of ``parted``, its parts with the limits of their sums."""
    network = parted.network
    for name in parted.parts:
        part = network.layer(name)
        bounds = layer_bounds(network, part)
        neuron = sum_neuron(bounds.lower.astype(np.int64), bounds.upper.astype(np.int64))
        network = _replaced(network, replace(part, neuron=neuron))
    return network


def _bins(network: Network, layer: Layer, synapses: Sequence[Synapses], chip: ChipConfig) -> list[Bin]:
    """``synapses`` of ``layer`` in bins that fit a core each; none when some block does not."""
    trial = f"{layer.name}{PART}"

    def fits(held: Bin) -> bool:
        return _fits(_with_part(network, layer, _part(network, layer, held, trial)), trial, chip)

    bins: list[Bin] = []
    for entry in sorted(synapses, key=lambda s: s.delay):
        found = blocks(entry, network.source(entry.source).shape, lambda block: fits((block,)))
        if not found:
            return []
        for block in found:
            if bins and bins[-1][0].delay == block.delay and fits((*bins[-1], block)):
                bins[-1] = (*bins[-1], block)
            else:
                bins.append((block,))
    return bins


def _fits(network: Network, name: str, chip: ChipConfig) -> bool:
    try:
        slice_layer(network, network.layer(name), chip)
    except TooLargeError:
        return False
    return True


def _joined(parted: Parted, layer: Layer, bins: Sequence[Bin], kept: Bin) -> Parted:
    """``parted`` with parts for ``bins``, and ``layer`` reading those beside what is ``kept``."""
    made, read = _added(parted, layer, bins)
    return replace(made, network=_replaced(made.network, replace(layer, synapses=(*read, *kept))))


def _added(parted: Parted, layer: Layer, bins: Sequence[Bin]) -> tuple[Parted, tuple[Synapses, ...]]:
    """``parted`` with a part for every one of ``bins``, and the synapses that read them; what reads a source element by element is read as it is."""
    network, parts, read = parted.network, list(parted.parts), list[Synapses]()
    for held in bins:
        if len(held) == 1 and held[0].op is SynapseOp.DIRECT:
            read.append(held[0])
            continue
        name = f"{layer.name}{PART}{len(parts)}"
        network = _with_part(network, layer, _part(network, layer, held, name))
        parts.append(name)
        read.append(Synapses(name, SynapseOp.DIRECT, delay=held[0].delay))
    return Parted(network, tuple(parts)), tuple(read)


def _part(network: Network, layer: Layer, held: Bin, name: str) -> Layer:
    """The layer that sends the sums of ``held``, as they come: a delay is the reader's."""
    at_once = tuple(replace(s, delay=0) for s in held)
    unknown = np.zeros(layer.shape.channels, np.int64)
    return Layer(name, layer.shape, at_once, sum_neuron(unknown, unknown), network.source(held[0].source).timesteps)


def _with_part(network: Network, layer: Layer, part: Layer) -> Network:
    """``network`` with ``part`` before ``layer``, or right after its last source where that is ``layer`` or comes later."""
    place = {other.name: number for number, other in enumerate(network.layers)}
    last = max((place[name] for s in part.synapses for name in s.sources if name in place), default=-1)
    at = max(place[layer.name], last + 1)
    return replace(network, layers=(*network.layers[:at], part, *network.layers[at:]))


def _replaced(network: Network, layer: Layer) -> Network:
    """``network`` with ``layer`` in the place of the one of its name."""
    return replace(network, layers=tuple(layer if other.name == layer.name else other for other in network.layers))
