"""What the compiler produces: everything that golden, simulator and RTL need to execute a network on a chip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.chip import ChipConfig

from ..network.graph import Network


class CompileError(ValueError):
    """The network does not fit the chip; the message names layer, need, limit and remedy."""


@dataclass(frozen=True)
class CoreSlice:
    """The part of a layer that a tile computes: a block of channels and rows, all columns."""

    tile: int
    layer: str
    channel_base: int
    channels: int
    row_base: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Stream:
    """One source's multicast: from ``tile`` (IO_TILE for the input) to ``destinations`` (IO_TILE for the collector).

    ``axon = axon_base + y * stride_y + x * stride_x + channel``, with y, x, channel counted within the source's slice.
    """

    tag: int
    source: str
    tile: int
    destinations: tuple[int, ...]
    slot_mask: int
    axon_base: int
    stride_x: int
    stride_y: int


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled network.

    ``image`` is the configuration image, shape (entries, 2), uint32: (config_address word, data word).
    ``cores`` are in order of layer, then slice; ``streams`` holds the input's stream first, then one per core.
    ``spread``: compiled with leave to use idle tiles, not for the fewest cores.
    """

    network: Network
    chip: ChipConfig
    cores: tuple[CoreSlice, ...]
    streams: tuple[Stream, ...]
    image: NDArray[np.uint32]
    spread: bool = False

    @property
    def input_stream(self) -> Stream:
        return self.streams[0]

    def stream_of(self, tile: int) -> Stream:
        """The output stream of a tile's core."""
        return next(s for s in self.streams if s.tile == tile)

    def output_cores(self) -> tuple[CoreSlice, ...]:
        """Cores whose events the I/O tile collects."""
        return tuple(c for c in self.cores if c.layer == self.network.output)

    def ends_per_sample(self) -> int:
        """END packets that the I/O tile collects per sample."""
        return len(self.output_cores()) * self.network.layer(self.network.output).timesteps
