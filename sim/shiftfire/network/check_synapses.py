"""Validity of one synapse: weights, geometry, scale."""

from __future__ import annotations

from typing import cast

import numpy as np
from shiftfire_spec.packet import PAYLOAD_LIMITS, UNIT_EXPONENT_BITS, PayloadKind
from shiftfire_spec.stream import GROUP_CHANNELS, GROUP_CONTROL, RECODE_ENTRIES
from shiftfire_spec.weights import FORMATS, WeightFormat

from .check_values import check_integer, check_member, check_tensor
from .geometry import kernel_of, output_shape, require_weights
from .graph import Input, Layer
from .synapses import UNWEIGHTED_OPS, SynapseOp, Synapses
from .values import NetworkError, Shape

_GREATEST_POWER = 1 << (1 << UNIT_EXPONENT_BITS) - 1  # that recode tables have an entry for
MAX_WINDOW = 1 << 10  # kernel, stride, padding, dilation, pre_pool
PLAIN_WINDOWS = ((1, 1), (1, 1), (0, 0), (1, 1))  # kernel, stride, padding, dilation of what has none


def check_synapses(layer: Layer, synapses: Synapses, source: Layer | Input, rows: Layer | Input | None = None) -> None:
    """Raise NetworkError unless ``synapses`` make sums of the layer's shape from ``source`` (and ``rows``, where they are dynamic)."""
    owner = f"layer {layer.name}, synapses from {synapses.source}"
    check_member(owner, "op", synapses.op, SynapseOp)
    if synapses.delay and synapses.dynamic:
        raise NetworkError(f"{owner}: {synapses.op} cannot have a delay, as its weights come with every vector; leave it at 0")
    check_integer(owner, "scale", synapses.scale, 0, GROUP_CONTROL.field("scale").maximum)
    check_integer(owner, "pre_pool", synapses.pre_pool, 1, MAX_WINDOW)
    check_integer(owner, "groups", synapses.groups, 1, GROUP_CHANNELS.field("count").maximum)
    _check_windows(owner, synapses)
    _check_block(owner, synapses, source.shape)
    _check_rows(owner, synapses, rows)
    _check_weights(owner, synapses)
    _check_recode(owner, synapses, source)
    try:
        _check_kernel(synapses)
        shape = output_shape(synapses, source.shape, None if rows is None else rows.shape)
    except NetworkError as error:
        raise NetworkError(f"layer {layer.name}: {error}") from None
    if shape != layer.shape:
        raise NetworkError(f"{owner}: the sums have shape {shape.as_tuple()}, the layer {layer.shape.as_tuple()}; make them equal")


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple) and len(cast("tuple[object, ...]", value)) == 2


def _check_windows(owner: str, synapses: Synapses) -> None:
    for name, low in (("kernel", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
        pair = getattr(synapses, name)
        if not _is_pair(pair):
            raise NetworkError(f"{owner}: {name} = {pair!r} is not a pair (rows, columns)")
        for value in pair:
            check_integer(owner, name, value, low, MAX_WINDOW)
    windows = (synapses.kernel, synapses.stride, synapses.padding, synapses.dilation)
    if (synapses.dynamic or synapses.op in (SynapseOp.DENSE, SynapseOp.DIRECT)) and windows != PLAIN_WINDOWS:
        raise NetworkError(f"{owner}: {synapses.op} has no kernel, stride, padding or dilation; leave them at their defaults")
    if synapses.op is SynapseOp.UPSAMPLE and windows[1:] != PLAIN_WINDOWS[1:]:
        raise NetworkError(
            f"{owner}: upsample has no stride, padding or dilation, its kernel says how often each element is repeated; leave them at their defaults"
        )
    if synapses.op is not SynapseOp.CONV2D and synapses.groups != 1:
        raise NetworkError(f"{owner}: groups = {synapses.groups} is for conv2d; leave it at 1 for {synapses.op}")
    if synapses.op not in (SynapseOp.DENSE, SynapseOp.CONV2D) and synapses.pre_pool != 1:
        raise NetworkError(f"{owner}: pre_pool = {synapses.pre_pool} is for dense and conv2d; leave it at 1 for {synapses.op}")


def _check_block(owner: str, synapses: Synapses, source: Shape) -> None:
    block = synapses.block
    if block is None:
        return
    if synapses.op not in (SynapseOp.DENSE, SynapseOp.CONV2D) or synapses.groups != 1:
        raise NetworkError(f"{owner}: block is for dense, and for conv2d of one group; leave it out of {synapses.op}")
    check_integer(owner, "block channel", block.channel, 0, source.channels - 1)
    check_integer(owner, "block channels", block.channels, 1, source.channels - block.channel)
    check_integer(owner, "block row", block.row, 0, source.height - 1)
    if block.rows is None:
        if block.row:
            raise NetworkError(f"{owner}: block row = {block.row} without rows; give rows, or leave row at 0")
        return
    if synapses.op is not SynapseOp.DENSE:
        raise NetworkError(
            f"{owner}: rows of a block are for dense, as every row meets the same weights of {synapses.op}; leave them out"
        )
    check_integer(owner, "block rows", block.rows, 1, source.height - block.row)
    if block.row % synapses.pre_pool or block.rows % synapses.pre_pool:
        raise NetworkError(
            f"{owner}: block rows {block.row} to {block.row + block.rows} cut windows of pre_pool = {synapses.pre_pool}; use multiples of it"
        )


def _check_rows(owner: str, synapses: Synapses, rows: Layer | Input | None) -> None:
    if not synapses.dynamic:
        if synapses.rows is not None or synapses.heads != 1:
            raise NetworkError(f"{owner}: rows and heads are for qk, pv and kv; leave them out of {synapses.op}")
        return
    if rows is None:
        raise NetworkError(f"{owner}: {synapses.op} has no rows; name the layer whose vectors are the weights")
    check_integer(owner, "heads", synapses.heads, 1, rows.shape.channels)
    if synapses.weights is not None:
        raise NetworkError(f"{owner}: {synapses.op} takes its weights from {synapses.rows}; use weights None")
    if isinstance(rows, Layer) and rows.kind.wide:
        raise NetworkError(
            f"{owner}: {synapses.rows} sends wide values, in several packets each, which are no weights; requantise first"
        )
    info = FORMATS.get(synapses.weight_format)
    low, high = rows.value_limits
    if synapses.weight_format in (WeightFormat.ONE, WeightFormat.PM1) or info is None or low < info.minimum or high > info.maximum:
        raise NetworkError(
            f"{owner}: {synapses.rows} sends {low}..{high}, which weight_format"
            f" {getattr(synapses.weight_format, 'name', synapses.weight_format)} does not store; use BIT (0..1), INT2, INT4 or INT8"
            " (-128..127), or requantise"
        )


def _check_recode(owner: str, synapses: Synapses, source: Layer | Input) -> None:
    if synapses.recode is None:
        return
    if source.payload_kind is not PayloadKind.POW2:
        raise NetworkError(
            f"{owner}: recode is for sources of POW2 payloads, {synapses.source} sends {source.payload_kind.name}; leave it out"
        )
    if max(abs(limit) for limit in source.value_limits) > _GREATEST_POWER or (isinstance(source, Layer) and source.kind.wide):
        raise NetworkError(
            f"{owner}: recode is for powers of two of up to {_GREATEST_POWER}, {synapses.source} sends others; leave it out, or requantise"
        )
    check_tensor(owner, "recode", synapses.recode, *PAYLOAD_LIMITS[PayloadKind.SIGNED], shape=(RECODE_ENTRIES,))


def _check_weights(owner: str, synapses: Synapses) -> None:
    check_member(owner, "weight_format", synapses.weight_format, WeightFormat)
    if synapses.dynamic:
        return
    if synapses.op in UNWEIGHTED_OPS:
        if synapses.weights is not None or synapses.weight_format is not WeightFormat.ONE:
            raise NetworkError(f"{owner}: {synapses.op} has no weights; use weights None and weight_format ONE")
        return
    if synapses.weight_format is WeightFormat.ONE:
        raise NetworkError(f"{owner}: {synapses.op} needs stored weights; weight_format must be PM1, BIT, INT2, INT4 or INT8")
    if synapses.weights is None:
        raise NetworkError(f"{owner}: {synapses.op} has no weights; give an integer array")
    info = FORMATS[synapses.weight_format]
    check_tensor(owner, f"weights ({synapses.weight_format.name})", synapses.weights, info.minimum, info.maximum)
    if synapses.weights.size == 0:
        raise NetworkError(f"{owner}: weights of shape {synapses.weights.shape} are empty; give at least one")
    if synapses.weight_format is WeightFormat.PM1 and not np.all(synapses.weights):
        raise NetworkError(f"{owner}: weights (PM1) hold 0; PM1 holds -1 and 1 only, use INT2 for ternary weights")


def _check_kernel(synapses: Synapses) -> None:
    if synapses.op in (SynapseOp.CONV2D, SynapseOp.DEPTHWISE):
        require_weights(synapses)
        if kernel_of(synapses) != synapses.kernel:
            raise NetworkError(
                f"{synapses.op} synapses from {synapses.source}: kernel = {synapses.kernel}, but the weights' is"
                f" {kernel_of(synapses)}; set kernel={kernel_of(synapses)}"
            )
