"""Activity: how many packets each element of a source sends per vector, and how many beats a packet takes at a tap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat, is_serial

from ..compiler.lowering.core_program import Intake
from ..compiler.lowering.encode import digit_masks, most_packets
from ..compiler.mapping.work import INPUT_ACTIVITY, LAYER_ACTIVITY, WIDE_DIGITS
from ..network.graph import Input, Layer, Network
from ..network.recode import received, received_limits
from ..network.values import IntArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SourceActivity:
    """What one source sends. All arrays are (vectors, channels, height, width), or with one vector that stands for all.

    ``packets``: packets per element, the mean where nothing is known but a density. ``values`` are None then.
    """

    source: Layer | Input
    packets: FloatArray
    values: IntArray | None

    @property
    def assumed(self) -> bool:
        """Whether these are densities, not counts."""
        return self.values is None

    def pulses(self, intake: Intake) -> FloatArray:
        """Beats per tap and channel group that an element's packets take in ``intake``: the bits of a magnitude where the weights are serial, else 1 each."""
        synapses = intake.synapses
        kind = PayloadKind.SIGNED if synapses.recode is not None else self.source.payload_kind
        if intake.rows or (synapses.recode is None and not is_serial(WeightFormat(synapses.weight_format), kind)):
            return self.packets
        if self.values is None:
            limits = received_limits(synapses, self.source.value_limits)
            bits = max(abs(limit) for limit in limits).bit_length() / 2
            return self.packets * max(1.0, bits if is_serial(WeightFormat(synapses.weight_format), kind) else 1.0)
        taken = np.abs(received(synapses, self.values))
        if not is_serial(WeightFormat(synapses.weight_format), kind):
            return (taken != 0).astype(np.float64)
        return np.bitwise_count(taken).astype(np.float64)


def assumed_activity(network: Network) -> dict[str, SourceActivity]:
    """Densities by source before anything has run: half of an input's elements, a quarter of a layer's (docs/decisions/0003-spread-over-idle-tiles.md)."""
    return {source.name: _assumed(source) for source in (*network.inputs, *network.layers)}


def _assumed(source: Layer | Input) -> SourceActivity:
    density = INPUT_ACTIVITY if isinstance(source, Input) and not source.pieces else LAYER_ACTIVITY
    if isinstance(source, Layer) and source.kind.wide:
        density *= most_packets(source.value_limits) * WIDE_DIGITS
    if isinstance(source, Layer) and source.kind.one_event:
        density = 1 / source.shape.channels
    return SourceActivity(source, np.full((1, *source.shape.as_tuple()), density), None)


def known_activity(network: Network, activations: Mapping[str, IntArray]) -> dict[str, SourceActivity]:
    """Counts by source: ``activations`` (samples, timesteps, channels, height, width) by name, of inputs and layers."""
    return {source.name: _known(source, activations[source.name]) for source in (*network.inputs, *network.layers)}


def _known(source: Layer | Input, activations: IntArray) -> SourceActivity:
    values = activations.reshape(-1, *source.shape.as_tuple()).astype(np.int64)
    if source.payload_kind is PayloadKind.POW2:
        plus, minus = digit_masks(values)
        return SourceActivity(source, np.bitwise_count(plus | minus).astype(np.float64), values)
    return SourceActivity(source, (values != 0).astype(np.float64), values)
