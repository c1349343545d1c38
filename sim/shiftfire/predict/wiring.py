"""Wiring: who sends to whom, and how far it is."""

from __future__ import annotations

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import IO_TILE

from ..compiler.lowering.core_program import ordered_intakes
from ..compiler.mapping.placement import position
from .mapped import Mapped

GroupKey = tuple[int, int]  # a tile, and the stream group that opens


def hops(sender: int, reader: int, chip: ChipConfig) -> int:
    """Links between two tiles; the I/O tile counts as tile 0, which it is beside."""
    (x, y), (to_x, to_y) = (position(max(tile, 0), chip) for tile in (sender, reader))
    return abs(x - to_x) + abs(y - to_y)


class Wiring:
    """The connections of a mapped network by source: ``senders`` (tiles) and ``readers`` (groups).

    ``takes``: the source of each group, ``hears``: the tiles that send to it and the hops from there. ``tags``: of streams, by source and tile.
    """

    def __init__(self, mapped: Mapped) -> None:
        network, chip = mapped.network, mapped.chip
        layer_of = {part.tile: network.layer(part.layer) for part in mapped.cores}
        intakes = {layer.name: ordered_intakes(network, layer) for layer in network.layers}
        credits = mapped.connections.credits
        self.takes: dict[GroupKey, str] = {(c.tile, c.group): intakes[layer_of[c.tile].name][c.group].source for c in credits}
        self.hears: dict[GroupKey, dict[int, int]] = {
            (c.tile, c.group): {tile: hops(tile, c.tile, chip) for tile in c.sources} for c in credits
        }
        self.senders: dict[str, list[int]] = {source.name: [IO_TILE] for source in network.inputs}
        for part in mapped.cores:
            self.senders.setdefault(part.layer, []).append(part.tile)
        self.readers: dict[str, list[GroupKey]] = {name: [] for name in self.senders}
        for key, name in self.takes.items():
            self.readers[name].append(key)
        self.tags = {(stream.source, stream.tile): stream.tag for stream in mapped.connections.streams}
