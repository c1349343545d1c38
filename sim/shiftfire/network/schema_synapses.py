"""Synapses in ``network.json``, and their tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from shiftfire_spec.weights import WeightFormat

from .fields import Fields
from .layer_tensors import Tensors, take, take_optional
from .packed import pack_signs, unpack_signs
from .synapses import DYNAMIC_OPS, WEIGHT_AXES, Block, SynapseOp, Synapses
from .values import IntArray


def encode_synapses(layer: str, index: int, synapses: Synapses, tensors: Tensors) -> dict[str, Any]:
    """The JSON object of the synapses number ``index`` of ``layer``; their arrays go to ``tensors``."""
    if synapses.weights is not None:
        signs = synapses.weight_format is WeightFormat.PM1
        tensors[weights_name(layer, index)] = pack_signs(synapses.weights) if signs else synapses.weights
    if synapses.recode is not None:
        tensors[_recode_name(layer, index)] = synapses.recode
    return {
        "source": synapses.source,
        "op": synapses.op.value,
        "weight_format": synapses.weight_format.name,
        "scale": int(synapses.scale),
        "kernel": [int(n) for n in synapses.kernel],
        "stride": [int(n) for n in synapses.stride],
        "padding": [int(n) for n in synapses.padding],
        "dilation": [int(n) for n in synapses.dilation],
        "groups": int(synapses.groups),
        "pre_pool": int(synapses.pre_pool),
        "delay": int(synapses.delay),
        **_packed_shape(synapses),
        **_encode_block(synapses.block),
        **({"rows": synapses.rows, "heads": int(synapses.heads)} if synapses.dynamic else {}),
    }


def _encode_block(block: Block | None) -> dict[str, dict[str, int]]:
    """The key ``block``; its rows only where they are not all."""
    if block is None:
        return {}
    channels = {"channel": int(block.channel), "channels": int(block.channels)}
    return {"block": channels if block.rows is None else {**channels, "row": int(block.row), "rows": int(block.rows)}}


def _decode_block(fields: Fields) -> Block | None:
    if not fields.has("block"):
        return None
    child = fields.child("block")
    channels, rows = (child.integer("channel"), child.integer("channels")), child.has("rows")
    block = Block(*channels, child.integer("row"), child.integer("rows")) if rows else Block(*channels)
    child.done()
    return block


def _packed_shape(synapses: Synapses) -> dict[str, list[int]]:
    """The shape of weights that are stored as bits."""
    if synapses.weights is None or synapses.weight_format is not WeightFormat.PM1:
        return {}
    return {"packed": [int(n) for n in synapses.weights.shape]}


def weights_name(layer: str, index: int) -> str:
    """Tensor name of the weights of a layer's synapses number ``index``."""
    return f"{layer}/{index}/weights"


def _recode_name(layer: str, index: int) -> str:
    return f"{layer}/{index}/recode"


def decode_synapses(fields: Fields, version: int, layer: str, index: int, tensors: Tensors) -> Synapses:
    """The synapses number ``index`` of ``layer``; their arrays are taken out of ``tensors``. Version 1 has no dilation, groups, delay or block. Raises NetworkError."""
    op = fields.member("op", {op.value: op for op in SynapseOp})
    weight_format = fields.member("weight_format", WeightFormat.__members__)
    weights = _decode_weights(fields, op, weight_format, tensors, weights_name(layer, index))
    kernel, stride, padding = (fields.integers(name, 2) for name in ("kernel", "stride", "padding"))
    synapses = Synapses(
        source=fields.text("source"),
        op=op,
        weights=weights,
        weight_format=weight_format,
        scale=fields.integer("scale"),
        kernel=(kernel[0], kernel[1]),
        stride=(stride[0], stride[1]),
        padding=(padding[0], padding[1]),
        pre_pool=fields.integer("pre_pool"),
        rows=fields.text("rows") if op in DYNAMIC_OPS else None,
        heads=fields.integer("heads") if op in DYNAMIC_OPS else 1,
        recode=take_optional(tensors, _recode_name(layer, index)),
        **_decode_second(fields, version),
    )
    fields.done()
    return synapses


def _decode_second(fields: Fields, version: int) -> dict[str, Any]:
    """What version 2 added."""
    if version < 2:
        return {}
    dilation = fields.integers("dilation", 2)
    groups, delay = fields.integer("groups"), fields.integer("delay")
    return {"dilation": (dilation[0], dilation[1]), "groups": groups, "delay": delay, "block": _decode_block(fields)}


def _decode_weights(fields: Fields, op: SynapseOp, weight_format: WeightFormat, tensors: Tensors, name: str) -> IntArray | None:
    """Stored weights, int8 where they fit it (all that are valid do): as they are, or PM1 as bits where the key ``packed`` gives their shape."""
    if op not in WEIGHT_AXES:
        return None
    weights = take(tensors, name)
    if weight_format is not WeightFormat.PM1 or not fields.has("packed"):
        limits = np.iinfo(np.int8)
        fits = limits.min <= int(weights.min()) and int(weights.max()) <= limits.max
        return weights.astype(np.int8, copy=False) if fits else weights  # type: ignore[return-value]
    shape = fields.integers("packed", len(WEIGHT_AXES[op]))
    return unpack_signs(weights, tuple(shape), fields.where)
