"""What the compiler produces: everything that golden, simulator and RTL need to execute a network on a chip."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import UserError

from ..network.graph import Layer, Network
from ..network.synapses import Block

NO_TILE = -1  # of a slice that has not been placed
InjectionOrder = tuple[int, ...]  # of a sample's vectors: numbers of inputs


class CompileError(UserError, ValueError):
    """The network does not fit the chip; the message names layer, need, limit and remedy."""


@dataclass(frozen=True)
class Cut:
    """A layer that is cut by inputs because its cores would need more than ``limit`` of ``resource``: ``parts`` are the layers that send sums of some of them."""

    layer: str
    parts: tuple[str, ...]
    resource: str
    need: int
    limit: int


@dataclass(frozen=True, eq=False)
class CutNetwork:
    """A network as it was ``given``, and as it is ``mapped``: with the parts of the layers that ``cuts`` names, which read those parts."""

    given: Network
    mapped: Network
    cuts: tuple[Cut, ...]

    @property
    def parts(self) -> tuple[Layer, ...]:
        """The layers that were added, in order."""
        return tuple(layer for layer in self.mapped.layers if self.owner(layer.name) != layer.name)

    def owner(self, name: str) -> str:
        """The given layer that the mapped layer ``name`` is, or is a part of."""
        return next((cut.layer for cut in self.cuts if name in cut.parts), name)


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

    @property
    def unplaced(self) -> CoreSlice:
        """The slice without its tile."""
        return self if self.tile == NO_TILE else replace(self, tile=NO_TILE)

    @property
    def block(self) -> Block:
        """The elements of the layer that it sends."""
        return Block(self.channel_base, self.channels, self.row_base, self.rows)


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


@dataclass(frozen=True)
class Credit:
    """How a stream group of a core that opens vectors (the first of a chain) tells its ``sources`` (tiles, or the I/O tile) that a vector is open; ``ends`` END packets close it."""

    tile: int
    group: int
    tag: int
    slot: int
    sources: tuple[int, ...]
    ends: int


@dataclass(frozen=True)
class Connections:
    """All streams: those of the inputs first, then one per core in order; and all credits."""

    streams: tuple[Stream, ...]
    credits: tuple[Credit, ...]

    def credits_of(self, tile: int) -> tuple[Credit, ...]:
        """Credits of a tile's core, by group."""
        return tuple(c for c in self.credits if c.tile == tile)


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled network.

    ``image`` is the configuration image, shape (entries, 2), uint32: (config_address word, data word).
    ``cores`` are in order of layer, then slice; ``streams`` holds the inputs' streams first, then one per core.
    ``network`` is what the cores execute; ``cut``: the whole network as it was given, and its layers that are cut by inputs.
    ``spread``: compiled with leave to use idle tiles, not for the fewest cores. A sample's vectors are injected in ``order``.
    """

    network: Network
    chip: ChipConfig
    cores: tuple[CoreSlice, ...]
    streams: tuple[Stream, ...]
    image: NDArray[np.uint32]
    spread: bool
    order: InjectionOrder
    cut: CutNetwork | None = None

    @property
    def given(self) -> Network:
        """The network as it was given; of a round the whole one."""
        return self.network if self.cut is None else self.cut.given

    @property
    def input_streams(self) -> tuple[Stream, ...]:
        """Streams of the network's inputs, in order."""
        return self.streams[: len(self.network.inputs)]

    def stream_of(self, tile: int) -> Stream:
        """The output stream of a tile's core."""
        return next(s for s in self.streams if s.tile == tile)

    def output_cores(self) -> tuple[CoreSlice, ...]:
        """Cores of the layer that predictions are read from."""
        return tuple(c for c in self.cores if c.layer == self.network.output)

    def answering_cores(self) -> tuple[CoreSlice, ...]:
        """Cores of all outputs."""
        return tuple(c for c in self.cores if c.layer in self.network.outputs)

    def collected_cores(self) -> tuple[CoreSlice, ...]:
        """Cores whose events the I/O tile takes: collected or stored."""
        return tuple(c for c in self.cores if self.network.collects(c.layer))

    def stored_cores(self) -> tuple[CoreSlice, ...]:
        """Cores whose events the I/O tile stores for later rounds."""
        return tuple(c for c in self.cores if c.layer in self.network.stored)

    def ends_per_sample(self) -> int:
        """END packets that the I/O tile takes per sample."""
        return sum(self.network.layer(core.layer).timesteps for core in self.collected_cores())
