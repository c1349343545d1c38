"""Conv1d, Conv2d, SumPool2d, AvgPool2d of a NIR file, and the shapes they make."""

from __future__ import annotations

from ..float_graph.graph import Shape
from ..float_graph.nodes import Conv, Pool
from .fields import Fields


def parse_conv(fields: Fields, shape: Shape) -> tuple[Conv, Shape]:
    """A convolution of what has ``shape`` (channels, then one or two axes), and the shape of its output."""
    axes = 1 if fields.type == "Conv1d" else 2
    weight = fields.array("weight")
    if weight.ndim != axes + 2:
        raise fields.error(f"weight has shape {weight.shape}; {axes + 2} axes are needed: channels out, channels in, kernel")
    groups = fields.integer("groups", 1, 1)
    out, inner, *kernel = weight.shape
    if len(shape) != axes + 1 or shape[0] != inner * groups:
        raise fields.error(
            f"gets shape {shape}, but takes {inner * groups} channels and {axes} axes (weight {weight.shape}, groups {groups})"
        )
    if out % groups:
        raise fields.error(f"{out} channels do not divide into {groups} groups")
    stride, dilation = fields.integers("stride", axes, 1), fields.integers("dilation", axes, 1)
    bias = fields.array("bias") if fields.has("bias") else weight[:, 0, ...].reshape(out, -1)[:, 0] * 0
    if bias.shape != (out,):
        raise fields.error(f"bias has shape {bias.shape}; {(out,)} is needed")
    if fields.has("input_shape"):
        _agrees(fields, shape, axes)
    padding = _padding(fields, tuple(kernel), stride, dilation)
    spans = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    made = Conv(weight, bias, stride, padding, dilation, groups)
    return made, fields.checked((out, *(_windows(fields, *axis) for axis in zip(shape[1:], padding, spans, stride, strict=True))))


def parse_pool(fields: Fields, shape: Shape) -> tuple[Pool, Shape]:
    """A pool of what has ``shape`` (channels, height, width), and the shape of its output."""
    if len(shape) != 3:
        raise fields.error(f"gets shape {shape}; (channels, height, width) is needed")
    kernel = fields.integers("kernel_size", 2, 1)
    stride = fields.integers("stride", 2, 1) if fields.has("stride") else kernel
    padding = fields.integers("padding", 2, 0) if fields.has("padding") else (0, 0)
    pairs = tuple((p, p) for p in padding)
    spatial = tuple(_windows(fields, *axis) for axis in zip(shape[1:], pairs, kernel, stride, strict=True))
    made = Pool(fields.type == "AvgPool2d", (kernel[0], kernel[1]), (stride[0], stride[1]), (padding[0], padding[1]))
    return made, (shape[0], *spatial)


def _agrees(fields: Fields, shape: Shape, axes: int) -> None:
    claimed = fields.integers("input_shape", axes, 1)
    if claimed != shape[1:]:
        raise fields.error(
            f"input_shape is {claimed}, but what enters has {shape[1:]}; export again with a sample of the right size"
        )


def _padding(fields: Fields, kernel: Shape, stride: Shape, dilation: Shape) -> tuple[tuple[int, int], ...]:
    text = fields.text("padding")
    if text is None:
        return tuple((p, p) for p in fields.integers("padding", len(kernel), 0))
    if text == "valid":
        return tuple((0, 0) for _ in kernel)
    if text != "same":
        raise fields.error(f"padding is {text[:40]!r}; 'same', 'valid' or numbers are needed")
    if any(s != 1 for s in stride):
        raise fields.error(f"padding 'same' with stride {stride}; it needs stride 1")
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


def _windows(fields: Fields, size: int, padding: tuple[int, int], span: int, stride: int) -> int:
    room = size + sum(padding) - span
    if room < 0:
        raise fields.error(f"a window of {span} does not fit into {size} with padding {padding}; check the shape of the input")
    return room // stride + 1
