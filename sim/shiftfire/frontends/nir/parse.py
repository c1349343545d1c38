"""One node of a NIR file: from its fields and the shape of what enters it to a checked node and the shape of what leaves it."""

from __future__ import annotations

from ..float_graph.graph import Shape
from ..float_graph.nodes import Delay, Flatten, Input, Linear, Node, Output, Scale, Threshold
from .fields import Fields
from .parse_conv import parse_conv, parse_pool
from .parse_neuron import NEURON_TYPES, parse_neuron
from .spread import spread

TYPES = NEURON_TYPES | {
    *(
        "Input",
        "Output",
        "Affine",
        "Linear",
        "Scale",
        "Conv1d",
        "Conv2d",
        "SumPool2d",
        "AvgPool2d",
        "Flatten",
        "Delay",
        "Threshold",
    ),
}
STATEFUL = NEURON_TYPES | {"Delay"}


def parse(fields: Fields, shape: Shape | None) -> tuple[Node, Shape, Shape]:
    """Node, shape in, shape out. ``shape`` is None for a node whose sources come later (a loop): then its parameters say it."""
    kind = fields.type
    if kind in NEURON_TYPES:
        neuron, own = parse_neuron(fields, shape)
        return neuron, own, own
    if kind in ("Scale", "Threshold", "Delay"):
        return _elementwise(fields, shape)
    if kind in ("Affine", "Linear"):
        return _linear(fields, shape)
    if shape is None:
        raise fields.error("its shape is not known as it lies on a loop; open the loop at a neuron with parameters of its shape")
    match kind:
        case "Input":
            return Input(), shape, shape
        case "Output":
            return Output(), shape, shape
        case "Conv1d" | "Conv2d":
            conv, out = parse_conv(fields, shape)
            return conv, shape, out
        case "SumPool2d" | "AvgPool2d":
            pool, out = parse_pool(fields, shape)
            return pool, shape, out
        case "Flatten":
            made, out = _flatten(fields, shape)
            return made, shape, out
        case _:
            raise fields.error(f"unknown type; NIR has {', '.join(sorted(TYPES))}")


def claimed(fields: Fields) -> Shape:
    """The shape that a node's own fields say enters it; () where they do not."""
    if fields.type in ("Affine", "Linear"):
        weight = fields.array("weight").shape
        return (*weight[:-2], *weight[-1:])
    if fields.type in NEURON_TYPES:
        return fields.array("r").shape if fields.array("r").size > 1 else ()
    if fields.type in ("Conv1d", "Conv2d") and fields.has("input_shape"):
        axes = 1 if fields.type == "Conv1d" else 2
        weight = fields.array("weight").shape
        return (weight[1] * fields.integer("groups", 1, 1), *fields.integers("input_shape", axes, 1)) if len(weight) > 1 else ()
    return ()


def _linear(fields: Fields, shape: Shape | None) -> tuple[Linear, Shape, Shape]:
    weight = fields.array("weight")
    if weight.ndim < 2:
        raise fields.error(f"weight has shape {weight.shape}; (outputs, inputs) is needed")
    needed, out = (*weight.shape[:-2], weight.shape[-1]), weight.shape[:-1]
    if shape is not None and shape != needed:
        raise fields.error(
            f"gets shape {shape}, but takes {needed} (weight {weight.shape}); a Flatten or another weight is missing"
        )
    if fields.type == "Linear":
        return Linear(weight, None), needed, out
    bias = fields.array("bias")
    if bias.shape != out:
        raise fields.error(f"bias has shape {bias.shape}; {out} is needed")
    return Linear(weight, bias), needed, out


def _elementwise(fields: Fields, shape: Shape | None) -> tuple[Node, Shape, Shape]:
    key = {"Scale": "scale", "Threshold": "threshold", "Delay": "delay"}[fields.type]
    own, p = spread(fields, (key,), shape)
    if fields.type == "Delay" and (p[key] < 0).any():
        raise fields.error(f"delay is {float(p[key].min()):g}; it must not be negative")
    made = {"Scale": Scale, "Threshold": Threshold, "Delay": Delay}[fields.type](p[key])
    return made, own, own


def _flatten(fields: Fields, shape: Shape) -> tuple[Flatten, Shape]:
    axes = len(shape)
    start, end = fields.integer("start_dim", 1, -axes), fields.integer("end_dim", -1, -axes)
    start, end = (axis + axes if axis < 0 else axis for axis in (start, end))
    if not 0 <= start <= end < axes:
        raise fields.error(
            f"joins axes {start} to {end} of shape {shape}, which has axes 0 to {axes - 1} (the batch is not counted)"
        )
    total = 1
    for size in shape[start : end + 1]:
        total *= size
    return Flatten(start, end), (*shape[:start], total, *shape[end + 1 :])
