"""Integer layer graph: an input, layers of neurons fed by synapses, one read-out.

Values are integers throughout. A layer's activations are an array of shape (channels, height, width); a dense layer has
shape (n, 1, 1). Vectors of a stream are numbered within a sample: an input or layer with ``timesteps`` T sends T vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.errors import UserError
from shiftfire_spec.fire import Reset, Rounding
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat

from .shift_neurons import Bspn, Ptsoftmax, ShiftLif, ShiftNeuron, Table, code_limits

IntArray = NDArray[np.int64]


class NetworkError(UserError, ValueError):
    """The network is not one that shiftfire can describe; the message names layer, value and remedy."""


@dataclass(frozen=True)
class Shape:
    """Activations of one vector: channels, height, width."""

    channels: int
    height: int = 1
    width: int = 1

    @property
    def size(self) -> int:
        return self.channels * self.height * self.width

    def as_tuple(self) -> tuple[int, int, int]:
        return (self.channels, self.height, self.width)


class SynapseOp(StrEnum):
    """How a layer's synapses connect to their source."""

    DENSE = "dense"  # weights (out, in); `in` runs over the source in (channel, row, column) order
    CONV2D = "conv2d"  # weights (out, in, kernel_y, kernel_x), cross-correlation as in PyTorch
    DEPTHWISE = "depthwise"  # weights (channels, kernel_y, kernel_x)
    POOL = "pool"  # sum over kernel windows, no weights
    DIRECT = "direct"  # element to element, no weights: residual add
    QK = "qk"  # dynamic weights: queries times keys, per head
    PV = "pv"  # dynamic weights: weighted sum of values, per head
    KV = "kv"  # dynamic weights: keys transposed times values, per head


DYNAMIC_OPS = frozenset((SynapseOp.QK, SynapseOp.PV, SynapseOp.KV))


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

    @property
    def dynamic(self) -> bool:
        """Whether the weights are another layer's activations."""
        return self.op in DYNAMIC_OPS

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source, in the order in which a core takes their vectors."""
        return (self.source,) if self.rows is None else (self.rows, self.source)


@dataclass(frozen=True)
class LeakTerm:
    """One term of the leak: V loses (or gains, when ``negative``) ``V >> shift`` each step."""

    shift: int
    negative: bool = False


@dataclass(frozen=True, eq=False)
class Lif:
    """LIF; IF when ``leak`` is empty. ``V <- clip(V - sum (V >> k) + a)``; fires at ``V >= theta`` (strict: ``>``)."""

    theta: IntArray  # per channel, >= 0
    bias: IntArray  # per channel, added to ``a`` every step
    leak: tuple[LeakTerm, ...] = ()
    reset: Reset = Reset.SUBTRACT
    strict: bool = False
    v_min: int = -(1 << 15)
    v_max: int = (1 << 15) - 1
    v_init: int = 0


@dataclass(frozen=True, eq=False)
class Count:
    """``n = clip(floor((a + bias) / theta), lo, hi)``; payload COUNT, or SIGNED when lo < 0. Values up to ``dead_zone`` in magnitude become 0.

    With ``levels`` it emits ``levels[n - lo]``; payload COUNT, or SIGNED when a level is negative. So a quantiser of any step sends values that are scaled already.
    """

    theta: IntArray  # per channel, >= 1
    bias: IntArray  # per channel (offset included), added once per fire
    lo: int = 0
    hi: int = 15
    dead_zone: int = 0  # 0 with levels
    levels: IntArray | None = None  # hi - lo + 1 of them, at most 32: what the payload carries

    @property
    def value_limits(self) -> tuple[int, int]:
        return (self.lo, self.hi) if self.levels is None else code_limits(self.levels)


@dataclass(frozen=True, eq=False)
class Requant:
    """``y = clip(round((a + bias) / 2**shift), lo, hi)``; payload COUNT, or SIGNED when lo < 0. Values up to ``dead_zone`` in magnitude become 0."""

    bias: IntArray
    shift: int
    lo: int
    hi: int
    rounding: Rounding = Rounding.FLOOR
    dead_zone: int = 0

    @property
    def value_limits(self) -> tuple[int, int]:
        return (self.lo, self.hi)


@dataclass(frozen=True, eq=False)
class Argmax:
    """One event: the first channel with the largest ``a + bias``."""

    bias: IntArray


Neuron = Lif | Count | Requant | Argmax | ShiftNeuron
MEMBRANE_NEURONS = (Lif, ShiftLif)


@dataclass(frozen=True, eq=False)
class Layer:
    """A population of neurons.

    ``timesteps`` vectors are fired per sample. With sources of T vectors each: timesteps == T fires every step;
    timesteps == 1 sums all T vectors, then fires once; T == 1 and timesteps > 1 drives the neurons with the same
    sum in every step (constant current, LIF and SHIFTLIF only).
    """

    name: str
    shape: Shape
    synapses: tuple[Synapses, ...]
    neuron: Neuron
    timesteps: int = 1

    @property
    def payload_kind(self) -> PayloadKind:
        """Payload kind of the layer's events."""
        if isinstance(self.neuron, Lif | Argmax):
            return PayloadKind.UNIT
        if isinstance(self.neuron, ShiftNeuron):
            return self.neuron.payload_kind
        return PayloadKind.SIGNED if self.neuron.value_limits[0] < 0 else PayloadKind.COUNT

    @property
    def value_limits(self) -> tuple[int, int]:
        """Least and greatest value of an activation."""
        if isinstance(self.neuron, Lif | Argmax):
            return (0, 1)
        return self.neuron.value_limits


@dataclass(frozen=True)
class Input:
    """What is injected: ``timesteps`` vectors per sample, values within ``lo..hi``, payloads of ``payload_kind``.

    A vector comes in ``parts``, each closed by an END: one, or as many as cores sent it in an earlier round.
    """

    name: str
    shape: Shape
    timesteps: int = 1
    payload_kind: PayloadKind = PayloadKind.UNIT
    lo: int = 0
    hi: int = 1
    parts: int = 1

    @property
    def value_limits(self) -> tuple[int, int]:
        return (self.lo, self.hi)


class Readout(StrEnum):
    """How a prediction is read from the output layer."""

    EVENT = "event"  # the axon of an ARGMAX layer's event
    SUM = "sum"  # first index of the largest sum of values over the sample's vectors
    NONE = "none"  # no prediction: activations only


@dataclass(frozen=True, eq=False)
class Network:
    """A network: layers in topological order, ``output`` names the layer that is collected.

    A round of a larger network (`compiler.rounds`) may have more inputs than one, ``feeds``, and layers whose vectors are ``stored`` for later rounds.
    """

    name: str
    input: Input
    layers: tuple[Layer, ...]
    output: str
    readout: Readout
    metadata: dict[str, str] = field(default_factory=dict)  # origin, training, accuracy: free text
    feeds: tuple[Input, ...] = ()
    stored: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Everything that is injected."""
        return (self.input, *self.feeds)

    def collects(self, name: str) -> bool:
        """Whether the I/O tile takes the vectors of the layer ``name``."""
        return name == self.output or name in self.stored

    @cached_property
    def _sources(self) -> dict[str, Layer | Input]:
        """By name; of several with the same name the first."""
        return {source.name: source for source in reversed((*self.inputs, *self.layers))}

    @cached_property
    def sequence_stages(self) -> dict[str, int]:
        """Per source: how many layers on the longest way to it wait for a sample's whole sequence before they send anything."""
        stages = {source.name: 0 for source in self.inputs}
        for layer in self.layers:
            sources = [name for s in layer.synapses for name in s.sources]
            sums = layer.timesteps == 1 and any(self.source(name).timesteps > 1 for name in sources)
            stages[layer.name] = max((stages[name] for name in sources), default=0) + int(sums)
        return stages

    def layer(self, name: str) -> Layer:
        layer = self._sources.get(name)
        if isinstance(layer, Layer):
            return layer
        raise NetworkError(f"network {self.name} has no layer {name!r}; it has {', '.join(x.name for x in self.layers)}")

    def source(self, name: str) -> Layer | Input:
        """The layer or input that a synapse names."""
        source = self._sources.get(name)
        return self.layer(name) if source is None else source

    def consumers(self, name: str) -> Iterator[Layer]:
        """Layers with a synapse from ``name``, in order."""
        return (layer for layer in self.layers if any(name in s.sources for s in layer.synapses))


__all__ = [
    "DYNAMIC_OPS",
    "MEMBRANE_NEURONS",
    "Argmax",
    "Bspn",
    "Count",
    "Input",
    "IntArray",
    "Layer",
    "LeakTerm",
    "Lif",
    "Network",
    "NetworkError",
    "Neuron",
    "Ptsoftmax",
    "Readout",
    "Requant",
    "Shape",
    "ShiftLif",
    "ShiftNeuron",
    "SynapseOp",
    "Synapses",
    "Table",
]
