"""``network.json``: a network without its tensors, as plain data. Documented in docs/reference/network-format.md."""

from __future__ import annotations

from typing import Any

import numpy as np
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat

from .fields import Fields, shown
from .graph import Input, Layer, Network, Readout
from .layer_tensors import LayerTensors, Tensors, take, take_optional, tensor_name
from .neurons.registry import Neuron, container_names, kind_named
from .packed import pack_signs, unpack_signs
from .synapses import DYNAMIC_OPS, WEIGHT_AXES, SynapseOp, Synapses
from .values import IntArray, NetworkError, Shape

FORMAT = "shiftfire-network"
VERSION = 1
MAX_LAYERS = 1 << 10


def encode_network(network: Network) -> tuple[dict[str, Any], Tensors]:
    """The JSON document and the tensors of a valid network."""
    tensors: Tensors = {}
    source = network.input
    document = {
        "format": FORMAT,
        "version": VERSION,
        "name": network.name,
        "input": {
            "name": source.name,
            "shape": [int(n) for n in source.shape.as_tuple()],
            "timesteps": int(source.timesteps),
            "payload_kind": source.payload_kind.name,
            "lo": int(source.lo),
            "hi": int(source.hi),
        },
        "layers": [_encode_layer(layer, tensors) for layer in network.layers],
        "output": network.output,
        "readout": network.readout.value,
        "metadata": dict(network.metadata),
    }
    return document, tensors


def _encode_layer(layer: Layer, tensors: Tensors) -> dict[str, Any]:
    for index, synapses in enumerate(layer.synapses):
        if synapses.weights is not None:
            signs = synapses.weight_format is WeightFormat.PM1
            tensors[weights_name(layer.name, index)] = pack_signs(synapses.weights) if signs else synapses.weights
        if synapses.recode is not None:
            tensors[f"{layer.name}/{index}/recode"] = synapses.recode
    return {
        "name": layer.name,
        "shape": [int(n) for n in layer.shape.as_tuple()],
        "timesteps": int(layer.timesteps),
        "synapses": [
            {
                "source": synapses.source,
                "op": synapses.op.value,
                "weight_format": synapses.weight_format.name,
                "scale": int(synapses.scale),
                "kernel": [int(n) for n in synapses.kernel],
                "stride": [int(n) for n in synapses.stride],
                "padding": [int(n) for n in synapses.padding],
                "pre_pool": int(synapses.pre_pool),
                **_packed_shape(synapses),
                **({"rows": synapses.rows, "heads": int(synapses.heads)} if synapses.dynamic else {}),
            }
            for synapses in layer.synapses
        ],
        "neuron": _encode_neuron(layer, tensors),
    }


def _packed_shape(synapses: Synapses) -> dict[str, list[int]]:
    """The shape of weights that are stored as bits."""
    if synapses.weights is None or synapses.weight_format is not WeightFormat.PM1:
        return {}
    return {"packed": [int(n) for n in synapses.weights.shape]}


def _encode_neuron(layer: Layer, tensors: Tensors) -> dict[str, Any]:
    neuron = layer.kind
    tensors |= {tensor_name(layer.name, name): values for name, values in neuron.container_tensors().items()}
    return {"kind": neuron.container_name(), **neuron.container_fields()}


def weights_name(layer: str, index: int) -> str:
    """Tensor name of the weights of a layer's synapses number ``index``."""
    return f"{layer}/{index}/weights"


def decode_network(document: object, tensors: Tensors) -> Network:
    """The network of a JSON document and its tensors, which it empties. Not yet checked by ``check_network``.

    Raises NetworkError for an unknown version, a missing, unknown or ill-typed key, a missing or left-over tensor.
    """
    fields = Fields(document, "network.json")
    if fields.text("format") != FORMAT:
        raise NetworkError(f"network.json: format is not {FORMAT!r}; this is not a shiftfire network")
    version = fields.integer("version")
    if version != VERSION:
        raise NetworkError(f"network.json: version {version} is not supported; this shiftfire reads version {VERSION}")
    name = fields.text("name")
    source = _decode_input(fields.child("input"))
    layers = tuple(_decode_layer(layer, tensors) for layer in fields.children("layers", MAX_LAYERS))
    output, readout = fields.text("output"), fields.member("readout", {r.value: r for r in Readout})
    metadata = fields.texts("metadata")
    fields.done()
    if tensors:
        raise NetworkError(f"weights.safetensors: tensor {shown(min(tensors))} belongs to no layer; remove it")
    return Network(name, source, layers, output, readout, metadata)


def _decode_input(fields: Fields) -> Input:
    source = Input(
        name=fields.text("name"),
        shape=_decode_shape(fields),
        timesteps=fields.integer("timesteps"),
        payload_kind=fields.member("payload_kind", PayloadKind.__members__),
        lo=fields.integer("lo"),
        hi=fields.integer("hi"),
    )
    fields.done()
    return source


def _decode_shape(fields: Fields) -> Shape:
    channels, height, width = fields.integers("shape", 3)
    return Shape(channels, height, width)


def _decode_layer(fields: Fields, tensors: Tensors) -> Layer:
    name = fields.text("name")
    synapses = tuple(
        _decode_synapses(child, name, index, tensors) for index, child in enumerate(fields.children("synapses", MAX_LAYERS))
    )
    layer = Layer(
        name=name,
        shape=_decode_shape(fields),
        synapses=synapses,
        neuron=_decode_neuron(fields.child("neuron"), name, tensors),
        timesteps=fields.integer("timesteps"),
    )
    fields.done()
    return layer


def _decode_synapses(fields: Fields, layer: str, index: int, tensors: Tensors) -> Synapses:
    op = fields.member("op", {op.value: op for op in SynapseOp})
    weight_format = fields.member("weight_format", WeightFormat.__members__)
    weights = _decode_weights(fields, op, weight_format, tensors, weights_name(layer, index))
    kernel, stride, padding = (fields.integers(name, 2) for name in ("kernel", "stride", "padding"))
    synapses = Synapses(
        source=fields.text("source"),
        op=op,
        weights=weights,
        weight_format=weight_format,
        scale=fields.integer("scale"),
        kernel=(kernel[0], kernel[1]),
        stride=(stride[0], stride[1]),
        padding=(padding[0], padding[1]),
        pre_pool=fields.integer("pre_pool"),
        rows=fields.text("rows") if op in DYNAMIC_OPS else None,
        heads=fields.integer("heads") if op in DYNAMIC_OPS else 1,
        recode=take_optional(tensors, f"{layer}/{index}/recode"),
    )
    fields.done()
    return synapses


def _decode_weights(fields: Fields, op: SynapseOp, weight_format: WeightFormat, tensors: Tensors, name: str) -> IntArray | None:
    """Stored weights, int8 where they fit it (all that are valid do): as they are, or PM1 as bits where the key ``packed`` gives their shape."""
    if op not in WEIGHT_AXES:
        return None
    weights = take(tensors, name)
    if weight_format is not WeightFormat.PM1 or not fields.has("packed"):
        limits = np.iinfo(np.int8)
        fits = limits.min <= int(weights.min()) and int(weights.max()) <= limits.max
        return weights.astype(np.int8, copy=False) if fits else weights  # type: ignore[return-value]
    shape = fields.integers("packed", len(WEIGHT_AXES[op]))
    return unpack_signs(weights, tuple(shape), fields.where)


def _decode_neuron(fields: Fields, layer: str, tensors: Tensors) -> Neuron:
    name = fields.text("kind")
    kind = kind_named(name)
    if kind is None:
        raise NetworkError(f"{fields.where}: kind {shown(name)} is not one of {', '.join(container_names())}")
    neuron = kind.from_container(fields, LayerTensors(tensors, layer))
    fields.done()
    return neuron
