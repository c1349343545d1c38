"""Integer layer graph: an input, layers of neurons fed by synapses, one read-out.

Values are integers throughout. A layer's activations are an array of shape (channels, height, width); a dense layer has
shape (n, 1, 1). Vectors of a stream are numbered within a sample: an input or layer with ``timesteps`` T sends T vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar

from shiftfire_spec.packet import PayloadKind

from .neurons.registry import Neuron, registered
from .summary import headline, html_summary, text_summary
from .synapses import Block, Synapses
from .values import ChannelLimits, NetworkError, Shape

CURRENT, REFRACTORY = " (current)", " (refractory)"  # behind a layer's name, where records have more states than its membrane


@dataclass(frozen=True, eq=False)
class Layer:
    """A population of neurons.

    ``timesteps`` vectors are fired per sample. With sources of T vectors each: timesteps == T fires every step;
    timesteps == 1 sums all T vectors, then fires once; T == 1 and timesteps > 1 drives the neurons with the same
    sum in every step (constant current, neurons with a membrane only).
    """

    name: str
    shape: Shape
    synapses: tuple[Synapses, ...]
    neuron: Neuron
    timesteps: int = 1

    @property
    def kind(self) -> Neuron:
        """The neuron, its kind known. Raises NetworkError when it is of none that shiftfire has: whoever asks a neuron for anything asks through here."""
        return registered(self.neuron)

    @property
    def payload_kind(self) -> PayloadKind:
        """Payload kind of the layer's events."""
        return self.kind.payload_kind

    @property
    def value_limits(self) -> tuple[int, int]:
        """Least and greatest value of an activation."""
        return self.kind.value_limits

    @property
    def channel_limits(self) -> ChannelLimits | None:
        """The same by channel, where neurons say so."""
        return self.kind.channel_limits

    @property
    def states(self) -> tuple[str, ...]:
        """What records call that which it keeps from step to step: its own name for the membrane, ``NAME (current)`` for the synaptic current,

        ``NAME (refractory)`` for the silent steps left after a spike.
        """
        kind = self.kind
        states = ((self.name, kind.membrane), (f"{self.name}{CURRENT}", kind.current))
        periods = (f"{self.name}{REFRACTORY}",) if kind.refractory else ()
        return (*(name for name, state in states if state is not None), *periods)


@dataclass(frozen=True)
class Input:
    """What is injected: ``timesteps`` vectors per sample, values within ``lo..hi``, payloads of ``payload_kind``.

    What an earlier round has stored is played in ``pieces``, one of each core that sent it; () of what is given with the samples.
    """

    name: str
    shape: Shape
    timesteps: int = 1
    payload_kind: PayloadKind = PayloadKind.UNIT
    lo: int = 0
    hi: int = 1
    pieces: tuple[Block, ...] = ()

    @property
    def parts(self) -> int:
        """Parts in which a vector comes, each closed by an END."""
        return max(1, len(self.pieces))

    @property
    def channel_limits(self) -> None:
        """Those by channel are not known."""

    @property
    def value_limits(self) -> tuple[int, int]:
        return (self.lo, self.hi)


class Readout(StrEnum):
    """How a prediction is read from the output layer."""

    EVENT = "event"  # the axon of an ARGMAX layer's event
    SUM = "sum"  # first index of the largest sum of values over the sample's vectors
    MAX = "max"  # first index of the largest value in any of the sample's vectors, where nothing sent is 0
    LAST = "last"  # first index of the largest value of the sample's last vector
    VALUE = "value"  # no class but a number: the sum of the one output's values over the sample's vectors, times the network's `value_step`
    NONE = "none"  # no prediction: activations only


@dataclass(frozen=True, eq=False)
class Network:
    """A network: layers, each after its sources without delay, fed by ``input`` and by ``feeds``, further inputs; ``output`` names the layer that gives the prediction.

    ``more_outputs``: further layers that are collected. ``profile``: how floats became these integers, free JSON that nothing here interprets.
    ``stored``, of a round of a larger network (`compiler.mapping.rounds`): layers whose vectors later rounds take.
    """

    name: str
    input: Input
    layers: tuple[Layer, ...]
    output: str
    readout: Readout
    metadata: dict[str, str] = field(default_factory=dict[str, str])  # origin, training, accuracy: free text
    feeds: tuple[Input, ...] = ()
    stored: tuple[str, ...] = ()
    more_outputs: tuple[str, ...] = ()
    profile: dict[str, Any] | None = None
    value_step: float = 1.0  # of readout VALUE: what an integer of the output is worth
    sealed: ClassVar[bool] = False  # of an instance, True: checked, and its arrays are read-only (`check.seal_network`)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Everything that is injected."""
        return (self.input, *self.feeds)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the layers that are collected, the one of the prediction first."""
        return (self.output, *self.more_outputs)

    def collects(self, name: str) -> bool:
        """Whether the I/O tile takes the vectors of the layer ``name``."""
        return name in self.outputs or name in self.stored

    @cached_property
    def _sources(self) -> dict[str, Layer | Input]:
        """By name; of several with the same name the first."""
        return {source.name: source for source in reversed((*self.inputs, *self.layers))}

    @cached_property
    def sequence_stages(self) -> dict[str, int]:
        """Per source: how many layers on the longest way to it (without delays) wait for a sample's whole sequence before they send anything."""
        stages = {source.name: 0 for source in self.inputs}
        for layer in self.layers:
            sources = [name for s in layer.synapses for name in s.sources if not s.delay]
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

    def __repr__(self) -> str:
        return headline(self.name, self.inputs, len(self.layers))

    def __str__(self) -> str:
        return text_summary(self.name, self.inputs, self.layers)

    def _repr_html_(self) -> str:
        return html_summary(self.name, self.inputs, self.layers)

    def consumers(self, name: str) -> Iterator[Layer]:
        """Layers with a synapse from ``name``, in order."""
        return (layer for layer in self.layers if any(name in s.sources for s in layer.synapses))
