"""Validity of a layer's neurons: ranges that the fire engine's words can hold."""

from __future__ import annotations

from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, Reset, Rounding

from .check_shift_neuron import check_membrane, check_shift_neuron
from .check_values import check_bool, check_integer, check_member, check_payload_range, check_tensor, word_limits
from .graph import Argmax, Count, Layer, Lif, NetworkError, Requant, ShiftNeuron


def check_neuron(layer: Layer) -> None:
    """Raise NetworkError when the layer's neurons have a parameter that the fire engine cannot hold."""
    owner = f"layer {layer.name}"
    neuron = layer.neuron
    low, high = word_limits()
    if not isinstance(neuron, Lif | Count | Requant | Argmax | ShiftNeuron):
        raise NetworkError(
            f"{owner}: neuron {neuron!r} is not one of Lif, Count, Requant, Argmax, Ptsoftmax, Bspn, ShiftLif, Table"
        )
    per_channel = (layer.shape.channels,)
    check_tensor(owner, "bias", neuron.bias, low, high, per_channel)
    if isinstance(neuron, Lif):
        check_tensor(owner, "theta", neuron.theta, 0, high, per_channel)
        _check_lif(owner, neuron)
    elif isinstance(neuron, Count):
        check_tensor(owner, "theta", neuron.theta, 1, high, per_channel)
        check_integer(owner, "lo", neuron.lo, low, high)
        check_payload_range(owner, layer.payload_kind, neuron.lo, neuron.hi)
        check_integer(owner, "dead_zone", neuron.dead_zone, 0, FIRE_RANGE.field("dead_zone").maximum)
    elif isinstance(neuron, Requant):
        check_integer(owner, "shift", neuron.shift, 0, FIRE_CONTROL.field("shift").maximum)
        check_integer(owner, "lo", neuron.lo, low, high)
        check_payload_range(owner, layer.payload_kind, neuron.lo, neuron.hi)
        check_member(owner, "rounding", neuron.rounding, Rounding)
        check_integer(owner, "dead_zone", neuron.dead_zone, 0, FIRE_RANGE.field("dead_zone").maximum)
    elif isinstance(neuron, ShiftNeuron):
        check_shift_neuron(owner, neuron, layer.shape.channels)
    elif (layer.shape.height, layer.shape.width) != (1, 1):
        raise NetworkError(f"{owner}: ARGMAX needs a shape (channels, 1, 1), not {layer.shape.as_tuple()}; add a dense layer")


def _check_lif(owner: str, lif: Lif) -> None:
    check_membrane(owner, lif)
    check_member(owner, "reset", lif.reset, Reset)
    check_bool(owner, "strict", lif.strict)
