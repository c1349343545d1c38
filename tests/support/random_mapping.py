"""A mapping that nobody would choose: layers cut anyhow, on any tiles."""

from __future__ import annotations

import numpy as np
from shiftfire.compiler.mapping.cuts import channel_block_sizes, narrow_block_sizes
from shiftfire.compiler.mapping.placement import place
from shiftfire.compiler.mapping.slicing import block_slices, fits
from shiftfire.compiler.mapping.stall import check_stall
from shiftfire.compiler.mapping.streams import connect
from shiftfire.compiler.optimised import Cores
from shiftfire.compiler.program import CompileError
from shiftfire.network.graph import Layer, Network
from shiftfire.optimise.placement import moved
from shiftfire.optimise.search import by_layer, flat
from shiftfire_spec.chip import ChipConfig

CUTS = 6  # of a layer that are tried
NARROW_SHARE = 0.7  # of those, below a lane group where that can be


class RandomMapper:
    """A `Mapper` of the compiler: of each layer any cut that fits, those below a lane group among them; the fewest cores where the chip has no tags or slots for that."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def __call__(self, network: Network, chip: ChipConfig, slices: Cores) -> Cores:
        layers = by_layer(slices)
        for name in self._rng.permutation(list(layers)).tolist():
            most = chip.tiles - sum(len(own) for other, own in layers.items() if other != name)
            layers[name] = self._cut(network, chip, layers[name], most)
        cut = flat(layers)
        cores = moved(cut, self._rng.permutation(chip.tiles)[: len(cut)].tolist())
        try:
            check_stall(network, cores, connect(network, cores, chip))
        except CompileError:
            return place(network, slices, chip)
        return cores

    def _cut(self, network: Network, chip: ChipConfig, now: Cores, most: int) -> Cores:
        """Slices of a layer over ``most`` cores at most."""
        layer = network.layer(now[0].layer)
        if layer.kind.one_event:
            return now
        for _ in range(CUTS):
            slices = block_slices(layer, self._channels(layer, chip), int(self._rng.integers(1, layer.shape.height + 1)))
            if len(slices) <= most and all(fits(network, part, chip) for part in slices):
                return slices
        return now

    def _channels(self, layer: Layer, chip: ChipConfig) -> int:
        narrow = narrow_block_sizes(layer, chip.lanes, chip.fire_lanes)
        sizes = narrow if narrow and self._rng.random() < NARROW_SHARE else channel_block_sizes(layer, chip.lanes)
        return int(self._rng.choice(sizes))
