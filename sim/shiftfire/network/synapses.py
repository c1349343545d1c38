"""Synapses: how a layer's sums are made of its source's values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shiftfire_spec.weights import WeightFormat

from .values import IntArray


class SynapseOp(StrEnum):
    """How a layer's synapses connect to their source."""

    DENSE = "dense"  # weights (out, in); `in` runs over the source in (channel, row, column) order
    CONV2D = "conv2d"  # weights (out, in, kernel_y, kernel_x), cross-correlation as in PyTorch
    DEPTHWISE = "depthwise"  # weights (channels, kernel_y, kernel_x)
    POOL = "pool"  # sum over kernel windows, no weights
    DIRECT = "direct"  # element to element, no weights: residual add
    UPSAMPLE = "upsample"  # every element to the `kernel` positions of its own block, no weights: nearest neighbour
    QK = "qk"  # dynamic weights: queries times keys, per head
    PV = "pv"  # dynamic weights: weighted sum of values, per head
    KV = "kv"  # dynamic weights: keys transposed times values, per head


DYNAMIC_OPS = frozenset((SynapseOp.QK, SynapseOp.PV, SynapseOp.KV))

WEIGHT_AXES = {
    SynapseOp.DENSE: ("out", "in"),
    SynapseOp.CONV2D: ("out", "in", "kernel_y", "kernel_x"),
    SynapseOp.DEPTHWISE: ("channels", "kernel_y", "kernel_x"),
}
"""Axes of stored weights; the other operations store none."""

UNWEIGHTED_OPS = frozenset((SynapseOp.POOL, SynapseOp.DIRECT, SynapseOp.UPSAMPLE))
"""Operations whose every weight is 1."""


@dataclass(frozen=True)
class Block:
    """A part of a source: ``channels`` channels from ``channel`` on, and of an image's rows ``rows`` from ``row`` on; all rows where ``rows`` is None."""

    channel: int
    channels: int
    row: int = 0
    rows: int | None = None


@dataclass(frozen=True, eq=False)
class Synapses:
    """Connections from ``source`` (a layer's or the input's name).

    Contribution = ``2**scale`` times the weighted sum. ``pre_pool`` sums non-overlapping p x p windows of the source first
    (rows and columns beyond the last whole window are ignored); dense and conv2d only.

    ``recode`` gives the values that are taken for the POW2 payloads of ``source``: RECODE_ENTRIES numbers of -127..127, ``recode[e]`` for ``2**e``,
    ``recode[16 + e]`` for ``-2**e``. So one layer can feed a residual path with its powers of two and the next layer with their quantised values.

    QK, PV and KV take their weights from a second source, ``rows``: its vector is stored in ``weight_format`` before the vector of
    ``source`` with the same number is integrated. A position (y, x) of a vector is a token, number ``y * width + x``; channels are
    ``heads`` blocks of equal size, each with its own product. With D and E channels per head and N tokens of ``rows``:


    * QK, source (heads D, H, W), rows (heads D, ...): ``out[h N + j, y, x] = sum_d source[h D + d, y, x] rows[h D + d, token j]``
    * PV, source (heads N, H, W), rows (heads E, ...): ``out[h E + e, y, x] = sum_j source[h N + j, y, x] rows[h E + e, token j]``
    * KV, source (heads D, ...), rows (heads E, ...), N tokens each: ``out[h E + e, d, 0] = sum_j source[h D + d, token j] rows[h E + e, token j]``

    UPSAMPLE takes ``kernel`` for its factors: output (y, x) is element (y // rows, x // columns) of the source.

    ``dilation`` is the distance between the positions that a kernel's neighbouring weights see. ``groups``, of conv2d: output channels are
    so many blocks of equal size, each of which sees the block of source channels with its number. ``delay``: the vector of so many steps
    before is taken, zeros where there is none.

    With ``block``, of dense and conv2d without groups, the synapses see a part of their source: what lies outside counts as 0. ``weights`` are those of the block's
    channels (dense: of its elements), the shape of the sums is as without.
    """

    source: str
    op: SynapseOp
    weights: IntArray | None = None
    weight_format: WeightFormat = WeightFormat.ONE
    scale: int = 0
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    pre_pool: int = 1
    rows: str | None = None
    heads: int = 1
    recode: IntArray | None = None
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    delay: int = 0
    block: Block | None = None

    @property
    def dynamic(self) -> bool:
        """Whether the weights are another layer's activations."""
        return self.op in DYNAMIC_OPS

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source, in the order in which a core takes their vectors."""
        return (self.source,) if self.rows is None else (self.rows, self.source)
