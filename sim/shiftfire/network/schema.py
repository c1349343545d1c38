"""``network.json``: a network without its tensors, as plain data. Documented in docs/reference/network-format.md."""

from __future__ import annotations

from typing import Any, cast

from shiftfire_spec.packet import PayloadKind

from .fields import Fields, shown
from .graph import Input, Network, Readout
from .layer_tensors import Tensors
from .schema_layers import decode_layer, decode_shape, encode_layer
from .values import NetworkError

FORMAT = "shiftfire-network"
VERSION = 2
READ_VERSIONS = (1, 2)
MAX_LAYERS = 1 << 10
MAX_INPUTS = 1 << 6


def encode_network(network: Network) -> tuple[dict[str, Any], Tensors]:
    """The JSON document and the tensors of a valid network."""
    tensors: Tensors = {}
    document = {
        "format": FORMAT,
        "version": VERSION,
        "name": network.name,
        "inputs": [_encode_input(source) for source in network.inputs],
        "layers": [encode_layer(layer, tensors) for layer in network.layers],
        "outputs": list(network.outputs),
        "readout": network.readout.value,
        **({"value_step": float(network.value_step)} if network.readout is Readout.VALUE else {}),
        "metadata": dict(network.metadata),
        **({} if network.profile is None else {"profile": network.profile}),
    }
    return document, tensors


def _encode_input(source: Input) -> dict[str, Any]:
    return {
        "name": source.name,
        "shape": [int(n) for n in source.shape.as_tuple()],
        "timesteps": int(source.timesteps),
        "payload_kind": source.payload_kind.name,
        "lo": int(source.lo),
        "hi": int(source.hi),
    }


def decode_network(document: object, tensors: Tensors) -> Network:
    """The network of a JSON document and its tensors, which it empties. Not yet checked by ``check_network``.

    Raises NetworkError for an unknown version, a missing, unknown or ill-typed key, a missing or left-over tensor.
    """
    fields = Fields(document, "network.json")
    if fields.text("format") != FORMAT:
        raise NetworkError(f"network.json: format is not {FORMAT!r}; this is not a shiftfire network")
    version = fields.integer("version")
    if version not in READ_VERSIONS:
        readable = " and ".join(map(str, READ_VERSIONS))
        raise NetworkError(f"network.json: version {version} is not supported; this shiftfire reads versions {readable}")
    name = fields.text("name")
    inputs = [_decode_input(child) for child in _input_fields(fields, version)]
    layers = tuple(decode_layer(layer, version, tensors) for layer in fields.children("layers", MAX_LAYERS))
    outputs = [fields.text("output")] if version == 1 else fields.text_list("outputs", MAX_LAYERS)
    for key, listed in (("inputs", inputs), ("outputs", outputs)):
        if not listed:
            raise NetworkError(f"network.json.{key} is empty; name at least one")
    readout = fields.member("readout", {r.value: r for r in Readout})
    value_step = fields.number("value_step") if readout is Readout.VALUE else 1.0
    metadata = fields.texts("metadata")
    profile = fields.raw("profile") if version > 1 and fields.has("profile") else None
    fields.done()
    if tensors:
        raise NetworkError(f"weights.safetensors: tensor {shown(min(tensors))} belongs to no layer; remove it")
    return Network(
        name,
        inputs[0],
        layers,
        outputs[0],
        readout,
        metadata,
        feeds=tuple(inputs[1:]),
        more_outputs=tuple(outputs[1:]),
        profile=cast("dict[str, Any] | None", profile),
        value_step=value_step,
    )


def _input_fields(fields: Fields, version: int) -> list[Fields]:
    """One input in version 1, a list of them since."""
    return [fields.child("input")] if version == 1 else fields.children("inputs", MAX_INPUTS)


def _decode_input(fields: Fields) -> Input:
    source = Input(
        name=fields.text("name"),
        shape=decode_shape(fields),
        timesteps=fields.integer("timesteps"),
        payload_kind=fields.member("payload_kind", PayloadKind.__members__),
        lo=fields.integer("lo"),
        hi=fields.integer("hi"),
    )
    fields.done()
    return source
