"""W x H mesh of tiles."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import ACTIVITY
from shiftfire_spec.packet import FLIT, OPPOSITE, Port

from .instance import instance_of
from .layouts import flit_stream, struct
from .membrane_trace import membrane_trace
from .modules import TILE_MODULE
from .noc.config_chain import ConfigLink, config_link
from .tile import LINKS, tile_ports

STEP = {Port.NORTH: (0, -1), Port.EAST: (1, 0), Port.SOUTH: (0, 1), Port.WEST: (-1, 0)}


class Mesh(wiring.Component):
    """The tiles, their links and the configuration chain (tile 0, 1, ... in row order).

    The tile is emitted once as the module ``shiftfire_tile`` and instantiated ``width * height`` times. Links at the edges never send and never accept.

    Parameters
    ----------
    chip: ChipConfig
        ``width`` and ``height`` are used.
    trace_membrane: bool
        The tiles have that port.

    Members
    -------
    run: In(1)
        To every tile.
    io_in: In(flit_stream()), io_out: Out(flit_stream())
        The west link of tile (0, 0), where the I/O tile sits.
    chain_in: In(config_link()), chain_out: Out(config_link())
        Configuration chain.
    idle: Out(1)
        Every tile is.
    trace_valid: Out(tiles), trace_flit: Out(FLIT).array(tiles), trace_activity: Out(ACTIVITY).array(tiles)
        Of every tile.
    trace_membrane: Out(membrane_trace(chip)).array(tiles)
        Likewise, with the parameter of that name only.
    """

    run: Signal
    io_in: stream.Interface
    io_out: stream.Interface
    chain_in: ConfigLink
    chain_out: ConfigLink
    idle: Signal
    trace_valid: Signal
    trace_flit: list[data.View]
    trace_activity: list[data.View]
    trace_membrane: list[data.View]

    def __init__(self, *, chip: ChipConfig, trace_membrane: bool = False) -> None:
        self.chip = chip
        self.membranes = membrane_trace(chip) if trace_membrane else None
        super().__init__(
            {
                "run": In(1),
                "io_in": In(flit_stream()),
                "io_out": Out(flit_stream()),
                "chain_in": In(config_link()),
                "chain_out": Out(config_link()),
                "idle": Out(1),
                "trace_valid": Out(chip.tiles),
                "trace_flit": Out(struct(FLIT)).array(chip.tiles),
                "trace_activity": Out(struct(ACTIVITY)).array(chip.tiles),
                **({} if self.membranes is None else {"trace_membrane": Out(self.membranes).array(chip.tiles)}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        tiles: list[Any] = []
        for number in range(self.chip.tiles):
            instance, tile = instance_of(TILE_MODULE, tile_ports(self.membranes))
            m.submodules[f"tile{number}"] = instance
            m.d.comb += [
                tile.tile_id.eq(number),
                tile.run.eq(self.run),
                self.trace_valid[number].eq(tile.trace_valid),
                self.trace_flit[number].eq(tile.trace_flit),
                self.trace_activity[number].eq(tile.trace_activity),
            ]
            if self.membranes is not None:
                m.d.comb += self.trace_membrane[number].eq(tile.trace_membrane)
            tiles.append(tile)
        m.d.comb += self.idle.eq(Cat(tile.idle for tile in tiles).all())
        for number, tile in enumerate(tiles):
            x, y = number % self.chip.width, number // self.chip.width
            for port in LINKS:
                nx, ny = x + STEP[port][0], y + STEP[port][1]
                if 0 <= nx < self.chip.width and 0 <= ny < self.chip.height:
                    neighbour = tiles[ny * self.chip.width + nx]
                    wiring.connect(m, tile.link_out[port], neighbour.link_in[OPPOSITE[port]])
        wiring.connect(m, wiring.flipped(self.io_in), tiles[0].link_in[Port.WEST])
        wiring.connect(m, tiles[0].link_out[Port.WEST], wiring.flipped(self.io_out))
        chain = wiring.flipped(self.chain_in)
        for tile in tiles:
            wiring.connect(m, chain, tile.chain_in)
            chain = tile.chain_out
        wiring.connect(m, chain, wiring.flipped(self.chain_out))
        return m
