"""Validity of a layer's neurons: ranges that the fire engine's words can hold."""

from __future__ import annotations

from shiftfire_spec.fire import FIRE_CONTROL, FIRE_LEAK, LEAK_TERMS, Reset, Rounding

from .check_values import check_bool, check_integer, check_member, check_payload_range, check_tensor, word_limits
from .graph import Argmax, Count, Layer, Lif, NetworkError, Requant


def check_neuron(layer: Layer) -> None:
    """Raise NetworkError when the layer's neurons have a parameter that the fire engine cannot hold."""
    owner = f"layer {layer.name}"
    neuron = layer.neuron
    low, high = word_limits()
    if not isinstance(neuron, Lif | Count | Requant | Argmax):
        raise NetworkError(f"{owner}: neuron {neuron!r} is not one of Lif, Count, Requant, Argmax")
    per_channel = (layer.shape.channels,)
    check_tensor(owner, "bias", neuron.bias, low, high, per_channel)
    if isinstance(neuron, Lif):
        check_tensor(owner, "theta", neuron.theta, 0, high, per_channel)
        _check_lif(owner, neuron)
    elif isinstance(neuron, Count):
        check_tensor(owner, "theta", neuron.theta, 1, high, per_channel)
        check_integer(owner, "lo", neuron.lo, low, high)
        check_payload_range(owner, layer.payload_kind, neuron.lo, neuron.hi)
    elif isinstance(neuron, Requant):
        check_integer(owner, "shift", neuron.shift, 0, FIRE_CONTROL.field("shift").maximum)
        check_integer(owner, "lo", neuron.lo, low, high)
        check_payload_range(owner, layer.payload_kind, neuron.lo, neuron.hi)
        check_member(owner, "rounding", neuron.rounding, Rounding)
    elif (layer.shape.height, layer.shape.width) != (1, 1):
        raise NetworkError(f"{owner}: ARGMAX needs a shape (channels, 1, 1), not {layer.shape.as_tuple()}; add a dense layer")


def _check_lif(owner: str, lif: Lif) -> None:
    low, high = word_limits()
    check_integer(owner, "v_min", lif.v_min, low, 0)
    check_integer(owner, "v_max", lif.v_max, 0, high)
    check_integer(owner, "v_init", lif.v_init, lif.v_min, lif.v_max)
    check_member(owner, "reset", lif.reset, Reset)
    check_bool(owner, "strict", lif.strict)
    if len(lif.leak) > LEAK_TERMS:
        raise NetworkError(f"{owner}: {len(lif.leak)} leak terms; the fire engine has {LEAK_TERMS}")
    for term in lif.leak:
        check_integer(owner, "leak shift", term.shift, 0, FIRE_LEAK.field("shift0").maximum)
        check_bool(owner, "leak negative", term.negative)
