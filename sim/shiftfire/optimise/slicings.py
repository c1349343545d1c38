"""Slicings: the blocks into which a layer can be cut, by number of cores."""

from __future__ import annotations

from functools import cache

from shiftfire_spec.chip import ChipConfig

from ..compiler.mapping.cuts import channel_block_sizes, narrow_block_sizes
from ..compiler.mapping.slicing import block_slices, fits
from ..compiler.mapping.work import slowest_cycles
from ..compiler.optimised import Cores
from ..network.graph import Layer, Network

SHAPES = 2  # of each number of cores


class Slicings:
    """Ways to cut the layers of a network, worked out when they are asked for."""

    def __init__(self, network: Network, chip: ChipConfig) -> None:
        self._network, self._chip = network, chip
        self.of_layer = cache(self._of_layer)
        self.work = cache(self._work)
        self._fit = cache(self._fits)

    def _shapes(self, layer: Layer) -> dict[int, list[Cores]]:
        """By number of cores; a chip's worth at most."""
        height, lanes = layer.shape.height, self._chip.lanes
        rows = {-(-height // blocks) for blocks in range(1, height + 1)}
        sizes = (*channel_block_sizes(layer, lanes), *narrow_block_sizes(layer, lanes, self._chip.fire_lanes))
        found: dict[int, list[Cores]] = {}
        for size in sizes:
            for count in rows:
                slices = block_slices(layer, size, count)
                if len(slices) <= self._chip.tiles and (len(slices) == 1 or not layer.kind.one_event):
                    found.setdefault(len(slices), []).append(slices)
        return found

    def _of_layer(self, name: str) -> dict[int, list[Cores]]:
        """Slices of a layer by number of cores, those with the least work of the slowest core first; not all of them fit."""
        shapes = self._shapes(self._network.layer(name))
        return {count: sorted(options, key=self.work)[:SHAPES] for count, options in sorted(shapes.items())}

    def _work(self, slices: Cores) -> float:
        """Expected busy cycles per sample of the slowest of a layer's cores."""
        return slowest_cycles(self._network, slices, self._chip)

    def _fits(self, slices: Cores) -> bool:
        return all(fits(self._network, part, self._chip) for part in slices)

    def fit(self, slices: Cores) -> bool:
        """Whether the cores of a layer hold its slices."""
        return self._fit(slices)
