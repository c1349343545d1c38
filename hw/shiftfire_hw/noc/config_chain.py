"""A tile's node on the configuration chain."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data
from amaranth.lib.wiring import Component, In, Out, PureInterface, Signature
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS

from ..interface import TypedSignature
from ..layouts import struct
from .config_write import ConfigWrite, config_write


class ConfigLink(PureInterface):
    """Interface of `config_link`."""

    valid: Signal
    address: data.View
    data: Signal


def config_link() -> Signature:
    """Signature of the chain: a word per valid cycle, never held back.

    ``valid``: 1 bit; ``address``: CONFIG_ADDRESS; ``data``: to be written, or read (behind the tile that a read names).
    """
    return TypedSignature(ConfigLink, {"valid": Out(1), "address": Out(struct(CONFIG_ADDRESS)), "data": Out(CONFIG_DATA_BITS)})


class ConfigNode(Component):
    """Passes the chain on through one register, and serves the words whose ``address.tile`` is ``tile_id``.

    Members
    -------
    i: In(config_link()), o: Out(config_link())
        The word at ``i`` in cycle t is at ``o`` in t+1, with ``data`` replaced when it is a read of this tile. Words are never
        consumed or delayed: they all reach the I/O tile at the end of the chain.
    tile_id: In(8)
        Number of this tile; constant.
    config: Out(config_write())
        ``space``, ``offset`` and ``word`` are fields of the word at ``i`` (combinational); ``write`` is high when that is a write of this tile.
    read: Out(1)
        High in the cycle in which a read of this tile is at ``i`` (combinational), which ``config.space`` and ``config.offset`` then name.
    read_data: In(32)
        Must answer ``config.space`` and ``config.offset`` in the same cycle (combinational), before that cycle's write. It is registered into
        ``o``.

    Reset: no word in the register.
    """

    i: ConfigLink
    o: ConfigLink
    tile_id: Signal
    config: ConfigWrite
    read: Signal
    read_data: Signal

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(config_link()),
                "o": Out(config_link()),
                "tile_id": In(CONFIG_ADDRESS.field("tile").bits),
                "config": Out(config_write()),
                "read": Out(1),
                "read_data": In(CONFIG_DATA_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        mine = Signal()
        m.d.comb += [
            mine.eq(self.i.valid & (self.i.address.tile == self.tile_id)),
            self.config.write.eq(mine & ~self.i.address.read),
            self.read.eq(mine & self.i.address.read),
            self.config.space.eq(self.i.address.space),
            self.config.offset.eq(self.i.address.offset),
            self.config.word.eq(self.i.data),
        ]
        m.d.sync += [
            self.o.valid.eq(self.i.valid),
            self.o.address.eq(self.i.address),
            self.o.data.eq(Mux(self.read, self.read_data, self.i.data)),
        ]
        return m
