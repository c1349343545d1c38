"""Slicing: the fewest cores that hold a layer, by blocks of channels and rows."""

from __future__ import annotations

from dataclasses import dataclass

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.stream import AXIS_ENTRY
from shiftfire_spec.weights import FORMATS, SLICES, WeightFormat

from ..network.graph import Argmax, Layer, Network, Synapses
from .geometry import group_geometry, is_spatial, weight_layout
from .program import CompileError, CoreSlice
from .programs import core_program, ordered_synapses
from .segments import channel_blocks, fire_passes

_REMEDIES = {
    "accumulator_groups": "make the layer narrower or take a chip with more accumulator groups",
    "parameter_groups": "take a chip with more parameter groups",
    "weight_rows": "use a narrower weight format, fewer inputs, or a chip with more weight rows",
    "axis_entries": "pool the source first or take a chip with more axis entries",
    "stream_groups": "merge sources or take a chip with more stream groups",
    "program_words": "take a chip with more program words",
    "taps": "use a smaller kernel or a larger stride",
    "axis weight offset": "use a smaller kernel or a smaller source",
}
_NO_TILE = -1


@dataclass(frozen=True)
class Need:
    """How much of one resource a core needs, and how much there is."""

    resource: str
    need: int
    limit: int

    @property
    def fits(self) -> bool:
        return self.need <= self.limit


def weight_rows(synapses: Synapses, total_groups: int) -> int:
    """Weight memory rows of ``total_groups`` weight groups; a stream group's weights start at a fresh row."""
    return -(-total_groups * FORMATS[WeightFormat(synapses.weight_format)].bits // SLICES)


def core_needs(network: Network, part: CoreSlice, chip: ChipConfig) -> tuple[Need, ...]:
    """What a core of this slice needs of every resource of its chip."""
    layer = network.layer(part.layer)
    groups = -(-part.channels // chip.lanes)
    rows, taps, offset, y_entries, x_entries = 0, 0, 0, 0, 0
    synapses = ordered_synapses(network, layer)
    for s in synapses:
        source = network.source(s.source).shape
        layout = weight_layout(s, source, groups)
        rows += weight_rows(s, layout.total)
        if is_spatial(s, source):
            geometry = group_geometry(s, source, part, chip.lanes)
            assert geometry.y is not None and geometry.x is not None
            y_entries += source.height
            x_entries += source.width
            taps = max(taps, int(geometry.y.taps.max()), int(geometry.x.taps.max()))
            offset = max(offset, int(geometry.y.tap.max()) * layout.row, int(geometry.x.tap.max()) * layout.column)
    return (
        Need("accumulator_groups", part.rows * part.columns * groups, chip.accumulator_groups),
        Need("parameter_groups", groups, chip.parameter_groups),
        Need("weight_rows", rows, chip.weight_rows),
        Need("axis_entries", max(y_entries, x_entries), chip.axis_entries),
        Need("stream_groups", len(synapses), chip.stream_groups),
        Need("program_words", len(core_program(network, layer)), chip.program_words),
        Need("taps", taps, AXIS_ENTRY.field("taps").maximum),
        Need("axis weight offset", offset, AXIS_ENTRY.field("weight").maximum),
    )


def _blocks(total: int, size: int) -> list[tuple[int, int]]:
    """(base, count) of the blocks that cover ``total``."""
    return [(base, min(size, total - base)) for base in range(0, total, size)]


def block_slices(layer: Layer, channels: int, rows: int) -> tuple[CoreSlice, ...]:
    """Slices of a layer, not yet placed, in blocks of at most ``channels`` and ``rows``; rows outermost."""
    return tuple(
        CoreSlice(_NO_TILE, layer.name, channel_base, channel_count, row_base, row_count, layer.shape.width)
        for row_base, row_count in _blocks(layer.shape.height, rows)
        for channel_base, channel_count in _blocks(layer.shape.channels, channels)
    )


def _refuse(layer: Layer, needs: tuple[Need, ...], part: str) -> CompileError:
    """The error for the first need that does not fit."""
    worst = next(n for n in needs if not n.fits)
    return CompileError(
        f"layer {layer.name}: {part} needs {worst.resource} = {worst.need}, the limit is {worst.limit}; {_REMEDIES[worst.resource]}"
    )


def fits(network: Network, part: CoreSlice, chip: ChipConfig) -> bool:
    """Whether a core of the chip has everything that the slice needs."""
    return all(n.fits for n in core_needs(network, part, chip))


def slice_layer(network: Network, layer: Layer, chip: ChipConfig) -> tuple[CoreSlice, ...]:
    """Slices of one layer, not yet placed: fewest cores first, then the smallest largest core, then fewest row blocks.

    Raises CompileError when even one lane group (a whole segment of PTSOFTMAX and BSPN) and one row do not fit a core, or when an ARGMAX layer
    would be split.
    """
    shape, cuts = layer.shape, channel_blocks(layer, chip.lanes)
    total_units = cuts.units(layer)
    best: tuple[CoreSlice, ...] = ()
    best_cost = (0, 0, 0)
    if cuts.single and total_units > chip.tiles:
        raise CompileError(
            f"layer {layer.name}: its {total_units} segments of {cuts.unit} channels need a core each, chip {chip.name} has {chip.tiles};"
            f" segments of a multiple of lanes = {chip.lanes} share cores: pad them, or take a larger chip"
        )
    part = block_slices(layer, cuts.unit, 1)[0]
    for blocks in range(total_units if cuts.single else 1, total_units + 1):
        units = -(-total_units // blocks)
        if -(-total_units // units) != blocks:
            continue
        groups = -(-min(units * cuts.unit, shape.channels) // chip.lanes)
        most_rows = min(max(chip.accumulator_groups // (shape.width * groups), 1), shape.height)
        rows = -(-shape.height // -(-shape.height // most_rows))
        cost = (blocks * -(-shape.height // rows), rows * groups, -(-shape.height // rows))
        if best and cost >= best_cost:
            continue
        slices = block_slices(layer, units * cuts.unit, rows)
        if not all(fits(network, s, chip) for s in slices):
            continue
        best, best_cost = slices, cost
    if not best:
        whole = " (a segment stays in one core)" if fire_passes(layer.neuron) > 1 else ""
        raise _refuse(layer, core_needs(network, part, chip), f"even a core of {part.channels} channels{whole} and one row")
    if len(best) > 1 and isinstance(layer.neuron, Argmax):
        whole = block_slices(layer, shape.channels, shape.height)[0]
        raise _refuse(layer, core_needs(network, whole, chip), "ARGMAX compares all channels in one core, which")
    return best


def slice_network(network: Network, chip: ChipConfig) -> tuple[CoreSlice, ...]:
    """Slices of all layers, in order of layer. Raises CompileError when the chip has too few tiles."""
    slices = tuple(s for layer in network.layers for s in slice_layer(network, layer, chip))
    if len(slices) > chip.tiles:
        counts = {layer.name: sum(s.layer == layer.name for s in slices) for layer in network.layers}
        largest = max(counts, key=lambda name: counts[name])
        raise CompileError(
            f"network {network.name} needs {len(slices)} cores, chip {chip.name} has {chip.tiles} (most, {counts[largest]}, go to"
            f" layer {largest}); use narrower weights or smaller layers, or take a larger chip"
        )
    return slices
