"""Layers in ``network.json``, and their tensors."""

from __future__ import annotations

from typing import Any

from .fields import Fields, shown
from .graph import Layer
from .layer_tensors import LayerTensors, Tensors, tensor_name
from .neurons.registry import Neuron, container_names, kind_named
from .schema_synapses import decode_synapses, encode_synapses
from .values import NetworkError, Shape

MAX_SYNAPSES = 1 << 10


def encode_layer(layer: Layer, tensors: Tensors) -> dict[str, Any]:
    """The JSON object of ``layer``; its arrays go to ``tensors``."""
    return {
        "name": layer.name,
        "shape": [int(n) for n in layer.shape.as_tuple()],
        "timesteps": int(layer.timesteps),
        "synapses": [encode_synapses(layer.name, index, synapses, tensors) for index, synapses in enumerate(layer.synapses)],
        "neuron": _encode_neuron(layer, tensors),
    }


def _encode_neuron(layer: Layer, tensors: Tensors) -> dict[str, Any]:
    neuron = layer.kind
    tensors |= {tensor_name(layer.name, name): values for name, values in neuron.container_tensors().items()}
    return {"kind": neuron.container_name(), **neuron.container_fields()}


def decode_shape(fields: Fields) -> Shape:
    """The key ``shape``. Raises NetworkError."""
    channels, height, width = fields.integers("shape", 3)
    return Shape(channels, height, width)


def decode_layer(fields: Fields, version: int, tensors: Tensors) -> Layer:
    """A layer; its arrays are taken out of ``tensors``. Not yet checked. Raises NetworkError."""
    name = fields.text("name")
    synapses = tuple(
        decode_synapses(child, version, name, index, tensors)
        for index, child in enumerate(fields.children("synapses", MAX_SYNAPSES))
    )
    layer = Layer(
        name=name,
        shape=decode_shape(fields),
        synapses=synapses,
        neuron=_decode_neuron(fields.child("neuron"), name, tensors),
        timesteps=fields.integer("timesteps"),
    )
    fields.done()
    return layer


def _decode_neuron(fields: Fields, layer: str, tensors: Tensors) -> Neuron:
    name = fields.text("kind")
    kind = kind_named(name)
    if kind is None:
        raise NetworkError(f"{fields.where}: kind {shown(name)} is not one of {', '.join(container_names())}")
    neuron = kind.from_container(fields, LayerTensors(tensors, layer))
    fields.done()
    return neuron
