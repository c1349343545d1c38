"""Slicing: the fewest cores that hold a layer, by blocks of channels and rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_SHAPE
from shiftfire_spec.stream import AXIS_ENTRY

from ...network.graph import Layer, Network
from ..lowering.axis import row_window
from ..lowering.core_program import core_program, ordered_intakes
from ..lowering.geometry import intake_geometry
from ..lowering.ring import ring_length
from ..lowering.weights import core_weight_rows
from ..program import NO_TILE, CompileError, CoreSlice
from .cuts import channel_block_sizes, head_block

_REMEDIES = {
    "accumulator_groups": "make the layer narrower or take a chip with more accumulator groups",
    "parameter_groups": "take a chip with more parameter groups, or parameters per channel",
    "weight_rows": "use a narrower weight format, fewer inputs, or a chip with more weight rows",
    "axis_entries": "put the longer axis along the rows, pool the source first, or take a chip with row_windows or more axis entries",
    "stream_groups": "merge sources or take a chip with more stream groups",
    "delay_words": "use shorter delays, make the layer narrower or take a chip with more delay words",
    "program_words": "take a chip with more program words",
    "taps": "use a smaller kernel, a larger stride, or upsample in two layers",
    "axis weight offset": "use a smaller kernel or a smaller source",
}


class TooLargeError(CompileError):
    """Even the smallest slice of a layer needs more than a core has of ``resource``."""

    def __init__(self, message: str, need: Need) -> None:
        super().__init__(message)
        self.resource, self.need, self.limit = need.resource, need.need, need.limit


@dataclass(frozen=True)
class Need:
    """How much of one resource a core needs, and how much there is."""

    resource: str
    need: int
    limit: int

    @property
    def fits(self) -> bool:
        return self.need <= self.limit


def core_needs(network: Network, part: CoreSlice, chip: ChipConfig) -> tuple[Need, ...]:
    """What a core of this slice needs of every resource of its chip."""
    layer = network.layer(part.layer)
    groups, positions = -(-part.channels // chip.lanes), part.rows * part.columns
    taps, offset, y_entries, x_entries = 0, 0, 0, 0
    intakes = ordered_intakes(network, layer)
    for intake in intakes:
        source = network.source(intake.source).shape
        geometry = intake_geometry(network, intake, part, chip.lanes)
        layout = geometry.weight
        if geometry.y is not None and geometry.x is not None:
            rows = row_window(geometry.y, chip)
            y_entries += rows.stop - rows.start
            x_entries += source.width
            taps = max(taps, int(geometry.y.taps.max()), int(geometry.x.taps.max()))
            offset = max(offset, int(geometry.y.tap.max()) * layout.row, int(geometry.x.tap.max()) * layout.column)
    return (
        Need("accumulator_groups", positions * groups, chip.accumulator_groups),
        Need("parameter_groups", positions * groups if layer.kind.neuron_parameters else groups, chip.parameter_groups),
        Need("weight_rows", core_weight_rows(network, part, chip.lanes), chip.weight_rows),
        Need("axis_entries", max(y_entries, x_entries), chip.axis_entries),
        Need("stream_groups", len(intakes), chip.stream_groups),
        Need("delay_words", ring_length(network, part, chip.lanes), chip.delay_words),
        Need("program_words", len(core_program(network, layer)), chip.program_words),
        Need("taps", taps, AXIS_ENTRY.field("taps").maximum),
        Need("axis weight offset", offset, AXIS_ENTRY.field("weight").maximum),
    )


def _blocks(total: int, size: int) -> list[tuple[int, int]]:
    """(base, count) of the blocks that cover ``total``."""
    return [(base, min(size, total - base)) for base in range(0, total, size)]


def block_slices(layer: Layer, channels: int, rows: int) -> tuple[CoreSlice, ...]:
    """Slices of a layer, not yet placed, in blocks of at most ``channels`` and ``rows``; rows outermost."""
    head = head_block(layer)
    return tuple(
        CoreSlice(NO_TILE, layer.name, head_base + base, count, row_base, row_count, layer.shape.width)
        for row_base, row_count in _blocks(layer.shape.height, rows)
        for head_base in range(0, layer.shape.channels, head.channels)
        for base, count in _blocks(head.channels, channels)
    )


def _refuse(layer: Layer, needs: tuple[Need, ...], part: str) -> TooLargeError:
    """The error for the first need that does not fit."""
    worst = next(n for n in needs if not n.fits)
    return TooLargeError(
        f"layer {layer.name}: {part} needs {worst.resource} = {worst.need}, the limit is {worst.limit}; {_REMEDIES[worst.resource]}",
        worst,
    )


def fits(network: Network, part: CoreSlice, chip: ChipConfig) -> bool:
    """Whether a core of the chip has everything that the slice needs."""
    return all(n.fits for n in core_needs(network, part, chip))


def _row_slices(network: Network, layer: Layer, chip: ChipConfig, channels: int, most_rows: int) -> tuple[CoreSlice, ...]:
    """Slices in blocks of ``channels`` and of the most rows, up to ``most_rows``, with which all fit; empty when one row does not fit.

    What depends on the rows, such as taps, falls with them, so the fewest blocks are found by bisection, in which a few slices stand for all.
    """

    def slices(count: int) -> tuple[CoreSlice, ...]:
        return block_slices(layer, channels, -(-layer.shape.height // count))

    def fit(parts: Sequence[CoreSlice]) -> bool:
        return all(fits(network, part, chip) for part in parts)

    def some_fit(count: int) -> bool:
        own = slices(count)
        return fit((own[0], own[len(own) // 2], own[-1]))

    low, high = -(-layer.shape.height // most_rows), layer.shape.height
    if fit(slices(low)):
        return slices(low)
    if not some_fit(high):
        return ()
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if some_fit(middle) else (middle + 1, high)
    found = next((count for count in range(high, layer.shape.height + 1) if fit(slices(count))), None)
    return () if found is None else slices(found)


def _cost(slices: tuple[CoreSlice, ...], lanes: int) -> tuple[int, int, int]:
    """Cores, then the accumulator groups of a column in the largest core, then row blocks: what slicings are compared by."""
    return len(slices), slices[0].rows * -(-slices[0].channels // lanes), len({part.row_base for part in slices})


def slice_layer(network: Network, layer: Layer, chip: ChipConfig) -> tuple[CoreSlice, ...]:
    """Slices of one layer, not yet placed: fewest cores first, then the smallest largest core, then fewest row blocks.

    Raises CompileError when even one lane group (a whole segment where the neuron has them) and one row do not fit a core, or when a layer
    of one event would be split.
    """
    shape = layer.shape
    best: tuple[CoreSlice, ...] = ()
    best_cost = (0, 0, 0)
    sizes = channel_block_sizes(layer, chip.lanes)
    part = block_slices(layer, sizes[-1], 1)[0]
    room = min(chip.accumulator_groups, chip.parameter_groups) if layer.kind.neuron_parameters else chip.accumulator_groups
    ahead = max(intake.ahead for intake in ordered_intakes(network, layer))
    room = min(room, chip.delay_words // ahead) if ahead else room
    for size in sizes:
        groups = -(-size // chip.lanes)
        most_rows = min(max(room // (shape.width * groups), 1), shape.height, FIRE_SHAPE.field("height").maximum)
        fewest = block_slices(layer, size, -(-shape.height // -(-shape.height // most_rows)))
        if best and _cost(fewest, chip.lanes) >= best_cost:
            continue
        slices = _row_slices(network, layer, chip, size, most_rows)
        if slices and (not best or _cost(slices, chip.lanes) < best_cost):
            best, best_cost = slices, _cost(slices, chip.lanes)
    if not best:
        segment = " (a segment stays in one core)" if layer.kind.passes > 1 else ""
        raise _refuse(layer, core_needs(network, part, chip), f"even a core of {part.channels} channels{segment} and one row")
    if len(best) > 1 and layer.kind.one_event:
        whole = block_slices(layer, shape.channels, shape.height)[0]
        raise _refuse(layer, core_needs(network, whole, chip), f"{layer.kind.label} compares all channels in one core, which")
    return best


def _check_segments(layer: Layer, slices: Sequence[CoreSlice], chip: ChipConfig) -> None:
    """Raise CompileError when more segments need a core of their own than the chip has."""
    segment = layer.kind.segment_channels
    if segment is not None and segment % chip.lanes and slices[0].channels == segment and len(slices) > chip.tiles:
        raise CompileError(
            f"layer {layer.name}: its {len(slices)} segments of {segment} channels need a core each, chip {chip.name} has {chip.tiles};"
            f" segments of a multiple of lanes = {chip.lanes} share cores: pad them, or take a larger chip"
        )


def slice_network(network: Network, chip: ChipConfig) -> tuple[CoreSlice, ...]:
    """Slices of all layers, in order of layer. Raises CompileError when the chip has too few tiles."""
    slices = tuple(s for layer in network.layers for s in slice_layer(network, layer, chip))
    if len(slices) > chip.tiles:
        for layer in network.layers:
            _check_segments(layer, [s for s in slices if s.layer == layer.name], chip)
        counts = {layer.name: sum(s.layer == layer.name for s in slices) for layer in network.layers}
        largest = max(counts, key=lambda name: counts[name])
        raise CompileError(
            f"network {network.name} needs {len(slices)} cores, chip {chip.name} has {chip.tiles} (most, {counts[largest]}, go to"
            f" layer {largest}); use narrower weights or smaller layers, or take a larger chip"
        )
    return slices
