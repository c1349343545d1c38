"""Validity of a layer's neurons: ranges that the fire engine's words can hold."""

from __future__ import annotations

from .check_values import check_parameter, word_limits
from .graph import Layer
from .values import NetworkError


def check_neuron(layer: Layer) -> None:
    """Raise NetworkError when the layer's neurons are of no known kind, or have a parameter that the fire engine cannot hold."""
    owner = f"layer {layer.name}"
    try:
        neuron = layer.kind
    except NetworkError as error:
        raise NetworkError(f"{owner}: {error}") from None
    check_parameter(owner, "bias", neuron.bias, *word_limits(), layer.shape, each=neuron.each)
    neuron.check(owner, layer.shape)
