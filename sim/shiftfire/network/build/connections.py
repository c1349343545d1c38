"""Connections of a layer that is being built: `Synapses` whose source, shape and format may still be open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shiftfire_spec.weights import WeightFormat

from ..graph import Input, Layer
from ..synapses import WEIGHT_AXES, SynapseOp, Synapses
from ..values import IntArray, NetworkError
from .values import block_of, least_format, member, pair, range_format, whole

Source = str | Sequence[str] | None


@dataclass(frozen=True, eq=False)
class Connection:
    """Synapses from ``source``, None for the layer before, or from several, their channels one after the other (`parts_of`). What each operation takes is said where it is made: `dense` and its like."""

    op: SynapseOp
    source: Source = None
    weights: Any = None
    weight_format: WeightFormat | str | None = None
    scale: int = 0
    kernel: Any = None
    stride: Any = 1
    padding: Any = 0
    pre_pool: int = 1
    rows: str | None = None
    heads: int = 1
    recode: Any = None
    dilation: Any = 1
    groups: int = 1
    delay: int = 0
    block: Any = None

    def resolve(self, owner: str, before: str, sources: Mapping[str, Input | Layer]) -> Synapses:
        """The synapses, with what was left open filled in; ``before`` is the layer before, ``sources`` are those there are: with a delay others will do. Raises NetworkError."""
        source = self.source if self.source is not None else before
        assert isinstance(source, str), "of several sources, each has a connection of its own"
        for name in (source, self.rows):
            if name is not None and name not in sources and not self.delay:
                itself = (
                    "; to see its own vectors of the step before, give the connection delay=1" if owner == f"layer {name}" else ""
                )
                raise NetworkError(f"{owner}: no source {name!r}; there are {', '.join(sources)}{itself}")
        weights = self._weights(f"{owner}, {self.op} synapses from {source}")
        return Synapses(
            source=source,
            op=self.op,
            weights=weights,
            weight_format=self._format(owner, weights, sources),
            scale=self.scale,
            kernel=self._kernel(owner, weights),
            stride=pair(owner, "stride", self.stride),
            padding=pair(owner, "padding", self.padding),
            pre_pool=self.pre_pool,
            rows=self.rows,
            heads=self.heads,
            recode=None if self.recode is None else whole(owner, "recode", self.recode),
            dilation=pair(owner, "dilation", self.dilation),
            groups=self.groups,
            delay=self.delay,
            block=None if self.block is None else block_of(owner, self.block),
        )

    def _weights(self, owner: str) -> IntArray | None:
        axes = WEIGHT_AXES.get(self.op)
        if axes is None:
            return None
        weights = whole(owner, "weights", self.weights)
        if weights.ndim != len(axes) or not weights.size:
            raise NetworkError(f"{owner}: weights have shape {weights.shape}; give ({', '.join(axes)})")
        return weights

    def _kernel(self, owner: str, weights: IntArray | None) -> tuple[int, int]:
        if self.op in (SynapseOp.CONV2D, SynapseOp.DEPTHWISE) and weights is not None:
            return (int(weights.shape[-2]), int(weights.shape[-1]))
        return (1, 1) if self.kernel is None else pair(owner, "kernel", self.kernel)

    def _format(self, owner: str, weights: IntArray | None, sources: Mapping[str, Input | Layer]) -> WeightFormat:
        if self.weight_format is not None:
            return member(owner, "weight_format", self.weight_format, WeightFormat)
        if weights is not None:
            return least_format(owner, weights)
        if self.rows is not None:
            return range_format(f"{owner}, rows {self.rows}", sources[self.rows].value_limits)
        return WeightFormat.ONE


def dense(
    weights: Any,
    *,
    source: Source = None,
    weight_format: WeightFormat | str | None = None,
    scale: int = 0,
    pre_pool: int = 1,
    recode: Any = None,
    delay: int = 0,
    block: Any = None,
) -> Connection:
    """All to all: ``weights`` (out, in), where `in` runs over the source's channels, rows and columns in this order.

    ``source``: a layer's or an input's name; None for the layer before; of several, in a list, the channels are taken one after the other. ``weight_format``: bit, pm1, int2, int4 or int8, the least that holds the weights if None, or int16: two synapses of int8 (chips with ``chains``).
    The sum counts ``2**scale`` times. ``pre_pool``: sums p x p windows of the source first. ``recode``: see `Synapses`.
    ``delay``: 1 takes the vector of the step before, and ``source`` may then be the layer itself or a later one. ``block``: a part of the source is seen,
    (first channel, channels), or (first channel, channels, first row, rows); the weights are those of its elements.
    """
    return Connection(
        SynapseOp.DENSE, source, weights, weight_format, scale, pre_pool=pre_pool, recode=recode, delay=delay, block=block
    )


def conv2d(
    weights: Any,
    *,
    source: Source = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    weight_format: WeightFormat | str | None = None,
    scale: int = 0,
    pre_pool: int = 1,
    recode: Any = None,
    delay: int = 0,
    block: Any = None,
) -> Connection:
    """Cross-correlation as in PyTorch: ``weights`` (out, in / groups, kernel rows, kernel columns).

    ``stride``, ``padding`` and ``dilation`` are a number or (rows, columns). Block g of ``groups`` equal blocks of output channels sees
    block g of the source's channels: ``groups`` = channels is depthwise, with as many outputs of a channel as the weights have. ``block``: (first channel, channels). Else as `dense`.
    """
    return Connection(
        SynapseOp.CONV2D,
        source,
        weights,
        weight_format,
        scale,
        stride=stride,
        padding=padding,
        pre_pool=pre_pool,
        recode=recode,
        dilation=dilation,
        groups=groups,
        delay=delay,
        block=block,
    )


def depthwise(
    weights: Any,
    *,
    source: Source = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    weight_format: WeightFormat | str | None = None,
    scale: int = 0,
    recode: Any = None,
    delay: int = 0,
) -> Connection:
    """A kernel per channel: ``weights`` (channels, kernel rows, kernel columns). Else as `conv2d`."""
    return Connection(
        SynapseOp.DEPTHWISE,
        source,
        weights,
        weight_format,
        scale,
        stride=stride,
        padding=padding,
        recode=recode,
        dilation=dilation,
        delay=delay,
    )


def pool(
    kernel: Any,
    *,
    source: Source = None,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    scale: int = 0,
    recode: Any = None,
    delay: int = 0,
) -> Connection:
    """The sum of every window of ``kernel``, a number or (rows, columns); ``stride`` is the kernel's if None, and windows overlap where it is less."""
    chosen = kernel if stride is None else stride
    return Connection(
        SynapseOp.POOL,
        source,
        scale=scale,
        kernel=kernel,
        stride=chosen,
        padding=padding,
        recode=recode,
        dilation=dilation,
        delay=delay,
    )


def direct(source: Source = None, *, scale: int = 0, recode: Any = None, delay: int = 0) -> Connection:
    """Element to element, ``2**scale`` times: a residual connection. ``delay`` as in `dense`."""
    return Connection(SynapseOp.DIRECT, source, scale=scale, recode=recode, delay=delay)


def upsample(factor: Any, *, source: Source = None, scale: int = 0, recode: Any = None, delay: int = 0) -> Connection:
    """Nearest neighbour: every element ``factor`` times along rows and columns, a number or (rows, columns); ``2**scale`` times. ``delay`` as in `dense`."""
    return Connection(SynapseOp.UPSAMPLE, source, scale=scale, kernel=factor, recode=recode, delay=delay)


def qk(queries: str, keys: str, *, heads: int = 1, scale: int = 0, weight_format: WeightFormat | str | None = None) -> Connection:
    """Attention scores, queries times keys per head: (heads x tokens, height, width). The keys are stored as weights of ``weight_format``."""
    return Connection(SynapseOp.QK, queries, weight_format=weight_format, scale=scale, rows=keys, heads=heads)


def pv(scores: str, values: str, *, heads: int = 1, scale: int = 0, weight_format: WeightFormat | str | None = None) -> Connection:
    """Values weighted by scores, per head; the values are stored as weights of ``weight_format``."""
    return Connection(SynapseOp.PV, scores, weight_format=weight_format, scale=scale, rows=values, heads=heads)


def kv(keys: str, values: str, *, heads: int = 1, scale: int = 0, weight_format: WeightFormat | str | None = None) -> Connection:
    """Keys transposed times values, per head; the values are stored as weights of ``weight_format``."""
    return Connection(SynapseOp.KV, keys, weight_format=weight_format, scale=scale, rows=values, heads=heads)
