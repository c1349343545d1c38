"""What a kind of neuron declares, so that no stage has to ask which kind it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.fire import OP_OPTIONS, WIDE_OPS, FireOp
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.shift_units import FIRE_PASSES

from ..fields import Fields
from ..layer_tensors import LayerTensors
from ..values import ChannelLimits, IntArray, Shape
from .current import Current
from .membrane import Leak, Membrane, leak_words

Registers = dict[Layout, dict[str, int]]


@dataclass(frozen=True)
class Operations:
    """What one neuron does in one fire step (all passes together), whether or not it fires: each is charged a constant of the energy table."""

    accumulate: int
    compare: int
    subtract: int = 0
    leaky_step: int = 0
    division_step: int = 0
    softmax_entry: int = 0
    norm_channel: int = 0


class NeuronKind(ABC):
    """A kind of neuron: a frozen dataclass whose fields are its parameters, and what every stage needs to know of it.

    What is abstract has no answer that holds for a kind nobody thought of; what has a default is right for every kind without the feature in question.
    """

    op: ClassVar[FireOp]
    """What the fire engine executes; one kind per operation."""
    operations_text: ClassVar[str]
    """``operations`` in words, for docs/reference/energy.md."""
    per_channel: ClassVar[tuple[str, ...]] = ("bias",)
    """Fields of shape (channels,)."""
    each: ClassVar[bool] = False
    """Whether those may be of shape (channels, height, width) as well: a bias or threshold of each neuron."""
    one_event: ClassVar[bool] = False
    """Whether all channels together send one event per vector, in its last fire step: then they lie in one core, at one position."""

    bias: IntArray
    """(channels,), or (channels, height, width) of kinds with ``each``; added to the sum."""
    refractory: int = 0
    """Silent steps after a spike; 0 of kinds without refractory periods."""

    # Values

    @property
    @abstractmethod
    def value_limits(self) -> tuple[int, int]:
        """Least and greatest value of an activation."""

    @property
    def payload_kind(self) -> PayloadKind:
        """Payload kind of the events: of whole numbers, unless the kind says otherwise."""
        if self.wide:
            return PayloadKind.POW2
        return PayloadKind.SIGNED if self.value_limits[0] < 0 else PayloadKind.COUNT

    @property
    def wide(self) -> bool:
        """Whether values are whole numbers that may take several POW2 packets, their signed digits, instead of one."""
        return self.op in WIDE_OPS

    @property
    def channel_limits(self) -> ChannelLimits | None:
        """Least and greatest values by channel, where sums are sent as they are, which must stay within; None where neurons make something else of them."""
        return None

    @property
    def label(self) -> str:
        """What messages and tables call it."""
        return self.op.name

    # Validity and container

    @abstractmethod
    def check(self, owner: str, shape: Shape) -> None:
        """Raise NetworkError, naming ``owner``, unless the fire engine's words hold every parameter but the bias of a layer of ``shape``."""

    @classmethod
    def container_name(cls) -> str:
        """The ``kind`` of its JSON object."""
        return cls.op.name.lower()

    @abstractmethod
    def container_fields(self) -> dict[str, Any]:
        """Its JSON object but for the key ``kind``."""

    def container_tensors(self) -> dict[str, IntArray]:
        """Its tensors by name: those per channel, and leaks of each channel or neuron, unless the kind has more."""
        leaks = {name: leak for name, leak in self.leaks.items() if not isinstance(leak, tuple)}
        return {**{name: getattr(self, name) for name in self.per_channel}, **leaks}

    @classmethod
    @abstractmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        """The neuron of a JSON object, whose keys it reads, and the layer's tensors, which it takes. Not yet checked."""

    # What the fire engine is configured with

    @abstractmethod
    def registers(self, segment_groups: int) -> Registers:
        """Values of the fire engine's registers but for operation, payload kind and shape; ``segment_groups``: accumulator groups of a segment."""

    @property
    def bias_words(self) -> IntArray:
        """Bias as the fire engine holds it, of the shape of ``bias``."""
        return np.asarray(self.bias, np.int64)

    @property
    def threshold_words(self) -> IntArray:
        """Threshold word as the fire engine holds it, signed, per channel or neuron; 0 where the neuron has none."""
        return np.zeros(np.shape(self.bias), np.int64)

    @property
    def threshold(self) -> IntArray | None:
        """Per channel or neuron, the membrane, or the sum with bias, from which on something is sent; None where no single number says so."""
        return None

    @property
    def threshold_text(self) -> str:
        """What the threshold word holds, for messages."""
        return "the threshold"

    @property
    def table(self) -> IntArray | None:
        """Entries of the shift units' table, or None when it is not used."""
        return None

    @property
    def membrane(self) -> Membrane | None:
        """The membrane, or None for operations without one (`shiftfire_spec.fire.MEMBRANE_OPS`)."""
        return None

    @property
    def current(self) -> Current | None:
        """The synaptic current, or None for operations without one (`shiftfire_spec.fire.CURRENT_OPS`)."""
        return None

    @property
    def leaks(self) -> dict[str, Leak]:
        """Its leaks by the names of the parameters: of the membrane, of the current."""
        states = {"leak": self.membrane, "current_leak": self.current}
        return {name: state.leak for name, state in states.items() if state is not None}

    @property
    def neuron_leaks(self) -> bool:
        """Whether a leak is of each channel or neuron, not of the layer."""
        return not all(isinstance(leak, tuple) for leak in self.leaks.values())

    @property
    def leak_words(self) -> tuple[IntArray, ...]:
        """FIRE_LEAK words of the membrane and of the current, where it has them: per channel or neuron, or one number for the layer."""
        return tuple(leak_words(leak) for leak in self.leaks.values())

    @property
    def neuron_parameters(self) -> bool:
        """Whether a parameter is of each neuron, not of its channel."""
        return any(np.ndim(getattr(self, name)) > 1 for name in self.per_channel) or any(w.ndim > 1 for w in self.leak_words)

    @property
    def chip_features(self) -> tuple[str, ...]:
        """Parameters of the chip that must be true: those its operation needs, and parameters of each neuron and leaks of each channel, if any."""
        each = {"neuron_parameters": self.neuron_parameters, "neuron_leaks": self.neuron_leaks}
        return (*OP_OPTIONS.get(self.op, ()), *(name for name, needed in each.items() if needed))

    # Time and energy

    @property
    def segment_channels(self) -> int | None:
        """Channels that share a sum, over which a fire walks several times; None when every channel is on its own."""
        return None

    @property
    def passes(self) -> int:
        """Times that a fire walks each segment."""
        return FIRE_PASSES.get(self.op, 1)

    @property
    def step_cycles(self) -> int:
        """Cycles that a fire step takes."""
        return 1

    @property
    @abstractmethod
    def operations(self) -> Operations:
        """Operations of one neuron in one fire step."""

    # Transformations

    def recentred(self, level: int, dead_zone: int) -> Self | None:
        """The neuron that sends every value less ``level``, and nothing within ``dead_zone`` of it; None when there is no such neuron of this kind."""
        return None

    def for_channels(self, channels: int) -> Self:
        """The neuron with every per-channel parameter that is a single number (or an array of one) repeated for ``channels`` channels."""
        repeated = {}
        for name in (field.name for field in fields(self) if field.name in self.per_channel):  # type: ignore[arg-type]  # a dataclass
            value = np.asarray(getattr(self, name))
            repeated[name] = np.repeat(value.reshape(-1), channels) if value.size == 1 else value
        return replace(self, **repeated)  # type: ignore[type-var]  # a dataclass


def no_bias() -> IntArray:
    """The default of ``bias``: 0 for every channel, once `NeuronKind.for_channels` has repeated it."""
    return np.zeros(1, np.int64)
