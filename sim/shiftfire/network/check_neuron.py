"""Validity of a layer's neurons: ranges that the fire engine's words can hold."""

from __future__ import annotations

from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE, Reset, Rounding
from shiftfire_spec.shift_units import TABLE_ARGUMENT_BITS

from .check_shift_neuron import check_membrane, check_shift_neuron
from .check_values import check_bool, check_codes, check_integer, check_member, check_payload_range, check_tensor, word_limits
from .graph import Argmax, Count, IntArray, Layer, Lif, NetworkError, Requant, ShiftNeuron


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
        if neuron.levels is not None:
            _check_levels(owner, neuron, neuron.levels)
        else:
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


def _check_levels(owner: str, count: Count, levels: IntArray) -> None:
    field = FIRE_RANGE.field("lo")
    check_integer(owner, "lo", count.lo, field.minimum, field.maximum)
    check_integer(owner, "hi (with levels)", count.hi, count.lo, count.lo + (1 << TABLE_ARGUMENT_BITS) - 1)
    check_codes(owner, "levels", levels, count.hi - count.lo + 1)
    if count.dead_zone:
        raise NetworkError(
            f"{owner}: dead_zone = {count.dead_zone} with levels; make it 0, and 0 the levels that are not to be sent"
        )


def _check_lif(owner: str, lif: Lif) -> None:
    check_membrane(owner, lif)
    check_member(owner, "reset", lif.reset, Reset)
    check_bool(owner, "strict", lif.strict)
