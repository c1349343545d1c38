"""Matrix products of two activations, as attention has them: which of the fabric's three they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ...network.synapses import SynapseOp
from ..float_graph.nodes import Product
from .errors import OrderError
from .reading import Operation, Reading, whole
from .values import Held, Value, elements_of, settled


@dataclass(frozen=True, eq=False)
class Factor:
    """A factor as matrices of (rows, columns), one per head. ``channels_first``: its rows are channels and its columns positions of the nodes; else the other way round."""

    value: Value
    heads: int
    channels: int
    positions: int
    channels_first: bool
    samples: torch.Tensor
    lead: tuple[int, ...]


def _factor(reading: Reading, given: Value) -> Factor:
    value = settled(reading.growing, given)
    elements, samples, _ = whole(value)
    if elements.ndim < 2 or elements.numel() != value.size:
        raise OrderError(f"{reading.where}: a factor of the product, {', '.join(value.terms)}, is not whole matrices of one step")
    rows, columns = elements.shape[-2:]
    matrices = elements.reshape(-1, rows, columns)
    heads, shape = len(matrices), reading.growing.shape(value.terms)
    plain = torch.arange(value.size)
    lead = tuple(value.address.shape[:-2])
    if heads * rows == shape[0] and bool((matrices.reshape(-1) == plain).all()):
        return Factor(value, heads, rows, columns, True, samples, lead)
    if heads * columns == shape[0] and bool((matrices.transpose(1, 2).reshape(-1) == plain).all()):
        return Factor(value, heads, columns, rows, False, samples, lead)
    raise OrderError(
        f"{reading.where}: matrices of {rows} x {columns} for {heads} heads, of {', '.join(value.terms)}, {shape}: neither rows nor columns are"
        " blocks of channels, one block a head"
    )


def _matmul(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    one, two = args
    if not isinstance(one, Value | Held) or not isinstance(two, Value | Held):
        raise reading.error("it multiplies with a matrix that is no layer's; use a Linear")
    left, right = _factor(reading, reading.fresh(one)), _factor(reading, reading.fresh(two))
    if left.heads != right.heads or len(left.samples) != len(right.samples) or bool((left.samples != right.samples).any()):
        raise reading.error(
            f"factors have {left.heads} and {right.heads} heads, or are of different samples or steps; give both the same"
        )
    return _product(reading, left, right)


def _product(reading: Reading, left: Factor, right: Factor) -> Value:
    """The product of matrices: by what is summed over, channels or positions, of each.

    QK sums over the channels of both, KV over the positions of both, PV over channels of the one and positions of the other (`network.synapses.Synapses`).
    """
    by_channels = {
        "left": not left.channels_first,
        "right": right.channels_first,
    }  # whether the axis that is summed over is its channels
    if by_channels["left"] and by_channels["right"]:
        op, source, rows, channels_first = SynapseOp.QK, left, right, False
        channels, shape = rows.positions, _positions(reading, source)
    elif by_channels["left"]:
        op, source, rows, channels_first = SynapseOp.PV, left, right, False
        channels, shape = rows.channels, _positions(reading, source)
    elif by_channels["right"]:
        op, source, rows, channels_first = SynapseOp.PV, right, left, True
        channels, shape = rows.channels, _positions(reading, source)
    else:
        op, source, rows, channels_first = SynapseOp.KV, right, left, True
        channels, shape = rows.channels, (source.channels,)
    out = (source.heads * channels, *shape)
    made = reading.growing.add(reading.path, "matmul", Product(op, source.heads), source.value.terms, out, rows.value.terms)
    matrices = torch.arange(elements_of(out)).reshape(source.heads, channels, -1)
    matrices = matrices if channels_first else matrices.transpose(1, 2)
    address = left.samples.reshape(-1, 1, 1, 1) * elements_of(out) + matrices
    return Value(made, elements_of(out), address.reshape(*left.lead, *matrices.shape[1:]), left.value.moving or right.value.moving)


def _positions(reading: Reading, factor: Factor) -> tuple[int, ...]:
    return reading.growing.shape(factor.value.terms)[1:]


PRODUCTS: dict[str, Operation] = {"matmul": _matmul, "bmm": _matmul, "__matmul__": _matmul}
