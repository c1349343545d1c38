"""The configuration image: every word that a compiled network writes into the chip, tile after tile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import CONFIG_ADDRESS, CORE_REGISTERS, Space, core_register_offset
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.core_program import Opcode
from shiftfire_spec.stream import PORT_CONTROL, PORT_SLOTS, PORT_STRIDE_X, PORT_STRIDE_Y, RING, ROUTE

from ...network.graph import Layer, Network
from ..program import Connections, CoreSlice, Stream
from .core_program import core_program
from .encode import pack_array, pack_word
from .fire_words import fire_registers, leak_words, parameter_words, table_words
from .group_words import group_words
from .ring import ring_register
from .words import Words, run_of_words


def _core_registers(layer: Layer, part: CoreSlice, stream: Stream, lanes: int, ring: Mapping[str, int]) -> Words:
    """All registers of a core but those of its groups."""
    values = fire_registers(layer, part, lanes)
    values[PORT_CONTROL] = {"tag": stream.tag, "axon_base": stream.axon_base}
    values[PORT_STRIDE_X] = {"step": stream.stride_x}
    values[PORT_STRIDE_Y] = {"step": stream.stride_y}
    values[PORT_SLOTS] = {"mask": stream.slot_mask}
    values[RING] = dict(ring)
    owner = f"layer {layer.name}"
    words = [pack_word(owner, layout, **values.get(layout, {})) for layout in CORE_REGISTERS]
    return run_of_words(Space.REGISTER, core_register_offset(CORE_REGISTERS[0]), words)


def _tile(
    network: Network,
    part: CoreSlice | None,
    routes: Mapping[int, int],
    connections: Connections,
    chip: ChipConfig,
    weights_from_top: bool,
) -> Iterator[Words]:
    """All words of one tile."""
    tags = sorted(routes)
    yield Space.ROUTE, np.array(tags, dtype=np.int64), pack_array(ROUTE, mask=np.array([routes[t] for t in tags], dtype=np.int64))
    if part is None:
        yield run_of_words(Space.PROGRAM, 0, [Opcode.HALT])
        return
    layer = network.layer(part.layer)
    stream = next(s for s in connections.streams if s.tile == part.tile)
    yield run_of_words(Space.PROGRAM, 0, [i.word() for i in core_program(network, layer)])
    yield _core_registers(layer, part, stream, chip.lanes, ring_register(network, part, chip.lanes))
    yield from group_words(network, part, connections, chip, weights_from_top=weights_from_top)
    yield parameter_words(layer, part, chip.lanes)
    yield leak_words(layer, part, chip.lanes)
    yield table_words(layer)


def configuration_image(
    network: Network,
    cores: Sequence[CoreSlice],
    connections: Connections,
    routes: Mapping[int, Mapping[int, int]],
    chip: ChipConfig,
    *,
    weights_from_top: bool = False,
) -> NDArray[np.uint32]:
    """The image, shape (entries, 2): address word, data word; tiles in increasing order. ``routes``: route mask by tile and tag, for every tile.

    A core's weights lie in the first rows of its memory, or in the last ones with ``weights_from_top``.
    Raises CompileError when a number does not fit its field.
    """
    parts = {c.tile: c for c in cores}
    blocks = [np.zeros((0, 2), dtype=np.uint32)]
    for tile in range(chip.tiles):
        for space, offsets, data in _tile(network, parts.get(tile), routes[tile], connections, chip, weights_from_top):
            owner = "configuration image" if tile not in parts else f"layer {parts[tile].layer}"
            first = pack_word(owner, CONFIG_ADDRESS, space=space, tile=tile)
            if len(offsets):
                pack_word(owner, CONFIG_ADDRESS, offset=int(offsets.max()))
            address = first | offsets << CONFIG_ADDRESS.offset("offset")
            blocks.append(np.stack([address.astype(np.uint32), data], axis=1))
    return np.concatenate(blocks)
