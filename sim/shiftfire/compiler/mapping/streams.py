"""Streams: tags, slots and destinations of every vector and credit connection of a placed network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import IO_TILE
from shiftfire_spec.stream import MAX_SLOTS

from ...network.graph import Network
from ...network.values import Shape
from ..lowering.geometry import AxonFields, axon_bits, axon_fields
from ..program import CompileError, Connections, CoreSlice, Credit, Stream
from .hearing import heard


def axon_strides(shape: Shape) -> tuple[int, int]:
    """Axon step from column to column and from row to row; 0 along an axis of one element."""
    fields: AxonFields = axon_fields(shape)
    return (
        1 << fields.channel_bits if shape.width > 1 else 0,
        1 << (fields.channel_bits + fields.x_bits) if shape.height > 1 else 0,
    )


def _check_limit(what: str, need: int, limit: int, remedy: str) -> None:
    if need > limit:
        raise CompileError(f"{what} = {need}, the limit is {limit}; {remedy}")


def _stream(network: Network, name: str, part: CoreSlice | None, tag: int, slots: Mapping[int, int]) -> Stream:
    """Stream of one core, or of an input when ``part`` is None, to the tiles in ``slots``, each of which opens the slot of that number."""
    x, y = axon_strides(network.source(name).shape)
    collected = (IO_TILE,) if part is not None and network.collects(name) else ()
    return Stream(
        tag=tag,
        source=name,
        tile=IO_TILE if part is None else part.tile,
        destinations=(*collected, *slots),
        slot_mask=sum(1 << slot for slot in slots.values()),
        axon_base=0 if part is None else part.row_base * y + part.channel_base,
        stride_x=x,
        stride_y=y,
    )


def _tags(network: Network, cores: Sequence[CoreSlice], chip: ChipConfig) -> tuple[list[int], list[int]]:
    """Tags of the inputs and of the cores: those of stored layers come first, as the store table is indexed by them."""
    stored = [core.layer in network.stored for core in cores]
    _check_limit(
        f"network {network.name}: cores whose vectors are stored (regions)",
        sum(stored),
        chip.regions,
        "cut elsewhere, or take a chip with more regions",
    )
    order = sorted(range(len(cores)), key=lambda i: not stored[i])
    first = sum(stored)
    inputs = [first + i for i in range(len(network.inputs))]
    tags = [0] * len(cores)
    for number, core in enumerate(order):
        tags[core] = number if number < first else number + len(inputs)
    return inputs, tags


def connect(network: Network, cores: Sequence[CoreSlice], chip: ChipConfig) -> Connections:
    """Tags, slots and destinations. Raises CompileError when the chip has too few tags, slots or regions."""
    tiles: dict[str, list[int]] = {source.name: [IO_TILE] for source in network.inputs}
    for core in cores:
        tiles.setdefault(core.layer, []).append(core.tile)
    consumers = {name: [t for c in network.consumers(name) for t in tiles[c.name]] for name in tiles}
    slot_base = dict.fromkeys(tiles, 0)
    for source, following in pairwise(network.inputs):  # one engine sends all inputs
        slot_base[following.name] = slot_base[source.name] + len(consumers[source.name])
    for name, targets in consumers.items():
        shape = network.source(name).shape
        size = " x ".join(map(str, shape.as_tuple()))
        what = f"layer {name}: axon bits of {size} (channels, rows and columns rounded up to powers of two)"
        _check_limit(what, axon_bits(shape), chip.axon_bits, "make it smaller, or take a chip with more axon bits")
        fewer = "use fewer consumers or smaller ones"
        slots = slot_base[name] + len(targets)
        _check_limit(f"layer {name}: consumer cores (slots)", slots, min(chip.slots, MAX_SLOTS), fewer)
    slots = {name: {tile: slot_base[name] + place for place, tile in enumerate(targets)} for name, targets in consumers.items()}
    hearing = heard(network, cores, chip.lanes)
    input_tags, core_tags = _tags(network, cores, chip)
    streams = [
        _stream(network, source.name, None, tag, slots[source.name]) for source, tag in zip(network.inputs, input_tags, strict=True)
    ]
    for core, tag in zip(cores, core_tags, strict=True):
        readers = {reader.tile for reader in hearing if core.tile in reader.tiles}
        own = {tile: slot for tile, slot in slots[core.layer].items() if tile in readers}
        streams.append(_stream(network, core.layer, core, tag, own))
    parts = {source.name: source.parts for source in network.inputs}
    credit_list: list[Credit] = []
    for reader in hearing:
        ends = parts.get(reader.source, len(reader.tiles))
        most = (1 << chip.source_bits) - 1
        _check_limit(f"layer {reader.source}: cores that send one vector (sources)", ends, most, "make it smaller")
        tag = len(streams) + len(credit_list)
        credit_list.append(Credit(reader.tile, reader.group, tag, slots[reader.source][reader.tile], reader.tiles, ends))
    need = len(streams) + len(credit_list)
    remedy = "use fewer cores or synapse groups, or take a chip with more tags"
    _check_limit(f"network {network.name} on chip {chip.name}: tags (streams and credits)", need, chip.tags, remedy)
    return Connections(tuple(streams), tuple(credit_list))
