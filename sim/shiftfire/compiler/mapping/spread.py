"""Spreading: the slowest layers over tiles that would stay idle (docs/decisions/0003-spread-over-idle-tiles.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from shiftfire_spec.chip import ChipConfig

from ...network.graph import Layer, Network
from ..program import CompileError, CoreSlice
from .cuts import channel_block_sizes
from .slicing import block_slices, fits
from .stall import check_stall
from .streams import connect
from .work import slowest_cycles

WORTH_SHARE = 0.9  # a split must leave at most this share of the layer's estimate

Slices = tuple[CoreSlice, ...]


def _block_sizes(total: int) -> set[int]:
    """Sizes of the largest block when ``total`` is cut into equal blocks, for every number of blocks."""
    return {-(-total // blocks) for blocks in range(1, total + 1)}


def _finer(network: Network, layer: Layer, chip: ChipConfig, cores: int, most_cores: int) -> Iterator[Slices]:
    """Slices of the layer over more than ``cores`` and at most ``most_cores`` cores that fit: fewest first, then the fastest."""
    by_count: dict[int, list[Slices]] = {}
    for size in reversed(channel_block_sizes(layer, chip.lanes)):
        for rows in sorted(_block_sizes(layer.shape.height)):
            option = block_slices(layer, size, rows)
            by_count.setdefault(len(option), []).append(option)
    for count in sorted(c for c in by_count if cores < c <= most_cores):
        options = by_count[count]
        fitting = [option for option in options if all(fits(network, part, chip) for part in option)]
        yield from sorted(fitting, key=lambda option: slowest_cycles(network, option, chip))


def _flat(layers: Mapping[str, Slices]) -> Slices:
    return tuple(part for own in layers.values() for part in own)


def _runs(network: Network, slices: Slices, chip: ChipConfig) -> bool:
    """Whether the chip has tags and slots for these slices, and no layers wait for each other. Where they lie does not matter."""
    numbered = [replace(part, tile=tile) for tile, part in enumerate(slices)]
    try:
        check_stall(network, numbered, connect(network, numbered, chip))
    except CompileError:
        return False
    return True


def _split(network: Network, layer: Layer, layers: Mapping[str, Slices], chip: ChipConfig) -> dict[str, Slices] | None:
    """All slices, this layer's over as few more cores as shorten it enough; None when it cannot be."""
    if layer.kind.one_event:
        return None
    now = layers[layer.name]
    idle = chip.tiles - len(_flat(layers))
    wanted = slowest_cycles(network, now, chip) * WORTH_SHARE
    for finer in _finer(network, layer, chip, len(now), len(now) + idle):
        if slowest_cycles(network, finer, chip) <= wanted:
            split = {**layers, layer.name: finer}
            return split if _runs(network, _flat(split), chip) else None
    return None


def spread_steps(network: Network, slices: Sequence[CoreSlice], chip: ChipConfig) -> Iterator[Slices]:
    """``slices`` (of all layers, in order, not placed), then one split more at a time.

    Splits the layer of the slowest core, again and again, until that layer cannot be made faster: the others wait for it anyway.
    Every split is checked against all limits of the chip, so slices that compile stay slices that compile.
    """
    layers = {layer.name: tuple(part for part in slices if part.layer == layer.name) for layer in network.layers}
    split: dict[str, Slices] | None = layers
    while split is not None:
        layers = split
        yield _flat(layers)
        slowest = max(network.layers, key=lambda layer: slowest_cycles(network, layers[layer.name], chip))
        split = _split(network, slowest, layers, chip)


def spread_slices(network: Network, slices: Sequence[CoreSlice], chip: ChipConfig) -> Slices:
    """``slices`` with the slowest layers over idle tiles as well: the last of ``spread_steps``."""
    *_, last = spread_steps(network, slices, chip)
    return last
