"""W x H mesh of tiles."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import ACTIVITY
from shiftfire_spec.packet import FLIT, OPPOSITE, Port

from .instance import instance_of
from .layouts import flit_stream, struct
from .modules import TILE_MODULE
from .noc.config_chain import config_link
from .tile import LINKS, Tile

STEP = {Port.NORTH: (0, -1), Port.EAST: (1, 0), Port.SOUTH: (0, 1), Port.WEST: (-1, 0)}


class Mesh(wiring.Component):
    """The tiles, their links and the configuration chain (tile 0, 1, ... in row order).

    The tile is emitted once as the module ``shiftfire_tile`` and instantiated ``width * height`` times. ``io_in`` / ``io_out`` are the west
    link of tile (0, 0), where the I/O tile sits. Links at the other edges never send and never accept.
    """

    run: Any
    io_in: Any
    io_out: Any
    chain_in: Any
    chain_out: Any
    trace_valid: Any
    trace_flit: Any
    trace_activity: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "run": In(1),
                "io_in": In(flit_stream()),
                "io_out": Out(flit_stream()),
                "chain_in": In(config_link()),
                "chain_out": Out(config_link()),
                "trace_valid": Out(chip.tiles),
                "trace_flit": Out(struct(FLIT)).array(chip.tiles),
                "trace_activity": Out(struct(ACTIVITY)).array(chip.tiles),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        prototype = Tile(chip=self.chip)
        tiles: list[Any] = []
        for number in range(self.chip.tiles):
            instance, tile = instance_of(TILE_MODULE, prototype)
            m.submodules[f"tile{number}"] = instance
            m.d.comb += [
                tile.tile_id.eq(number),
                tile.run.eq(self.run),
                self.trace_valid[number].eq(tile.trace_valid),
                self.trace_flit[number].eq(tile.trace_flit),
                self.trace_activity[number].eq(tile.trace_activity),
            ]
            tiles.append(tile)
        for number, tile in enumerate(tiles):
            x, y = number % self.chip.width, number // self.chip.width
            for port in LINKS:
                nx, ny = x + STEP[port][0], y + STEP[port][1]
                if 0 <= nx < self.chip.width and 0 <= ny < self.chip.height:
                    neighbour = tiles[ny * self.chip.width + nx]
                    source, sink = tile.link_out[port], neighbour.link_in[OPPOSITE[port]]
                    m.d.comb += [sink.valid.eq(source.valid), sink.payload.eq(source.payload), source.ready.eq(sink.ready)]
        west_in, west_out = tiles[0].link_in[Port.WEST], tiles[0].link_out[Port.WEST]
        m.d.comb += [
            west_in.valid.eq(self.io_in.valid),
            west_in.payload.eq(self.io_in.payload),
            self.io_in.ready.eq(west_in.ready),
            self.io_out.valid.eq(west_out.valid),
            self.io_out.payload.eq(west_out.payload),
            west_out.ready.eq(self.io_out.ready),
        ]
        chain = self.chain_in
        for tile in tiles:
            m.d.comb += [getattr(tile.chain_in, name).eq(getattr(chain, name)) for name in ("valid", "address", "data")]
            chain = tile.chain_out
        m.d.comb += [getattr(self.chain_out, name).eq(getattr(chain, name)) for name in ("valid", "address", "data")]
        return m
