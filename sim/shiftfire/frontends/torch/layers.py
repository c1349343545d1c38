"""Layers of torch, and SpikingJelly's wrappers of them, that are linear or do nothing: Linear, convolutions, normalisation, Flatten, activations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ..float_graph.graph import Shape
from ..float_graph.nodes import Clip, Conv, Linear, Scale
from .errors import OrderError
from .growing import pointwise
from .reading import Layer, Reading, whole
from .values import Value, elements_of, framed, settled

WRAPPED = ("torch", "spikingjelly")  # of which the layers have the same names


def leading(module: Any) -> int:
    """Axes before those of an event: samples, and steps where a wrapper of SpikingJelly takes many."""
    return 2 if getattr(module, "step_mode", "s") == "m" else 1


def _linear(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    value = settled(reading.growing, reading.averaged(args[0]))
    weight = reading.numbers(module.weight, "weight")
    bias = None if module.bias is None else reading.numbers(module.bias, "bias")
    kind, growing = type(module).__name__, reading.growing
    if value.address.shape[-1] == value.size:
        frame = framed(growing, value, 1)
        made = growing.add(reading.path, kind, Linear(weight, bias), growing.flat(value.terms), (len(weight),))
        return frame.out(made, (len(weight),))
    elements, samples, axes = whole(value)
    channels_first = elements.movedim(-1, 0)
    shape = growing.shape(value.terms)
    if (
        elements.numel() != value.size
        or shape[0] != weight.shape[1]
        or bool((channels_first.reshape(-1) != torch.arange(value.size)).any())
    ):
        raise OrderError(
            f"{reading.where}: it maps the last of axes {tuple(value.address.shape)}, which are not the channels of {', '.join(value.terms)}, {shape};"
            " flatten before it, or keep channels before positions in what enters the network"
        )
    out = (len(weight), *shape[1:])
    made = growing.add(reading.path, kind, pointwise(weight, bias, len(shape) - 1), value.terms, out)
    event = torch.arange(elements_of(out)).reshape(len(weight), *channels_first.shape[1:]).movedim(0, -1)
    address = samples.reshape(-1, *(1,) * axes) * elements_of(out) + event
    lead = value.address.shape[: value.address.ndim - axes]
    return Value(made, elements_of(out), address.reshape(*lead, *event.shape), value.moving, value.decoded)


def _conv(axes: int) -> Layer:
    def conv(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if module.padding_mode != "zeros":
            raise reading.error(
                f"padding_mode is {module.padding_mode!r}; the fabric pads with zeros: train with padding_mode='zeros'"
            )
        frame = framed(reading.growing, reading.averaged(args[0]), axes + 1)
        weight = reading.numbers(module.weight, "weight")
        bias = np.zeros(len(weight)) if module.bias is None else reading.numbers(module.bias, "bias")
        shape = reading.growing.shape(frame.value.terms)
        padding = _padding(reading, module, axes)
        kind = type(module).__name__
        out = tuple(
            (size + sum(pad) - d * (k - 1) - 1) // s + 1
            for size, pad, k, s, d in zip(frame.shape[1:], padding, weight.shape[2:], module.stride, module.dilation, strict=True)
        )
        plain = set(module.kernel_size) | set(module.stride) == {1} and not any(map(sum, padding))
        if frame.shape == shape:
            node = Conv(weight, bias, tuple(module.stride), padding, tuple(module.dilation), module.groups)
            made = reading.growing.add(reading.path, kind, node, frame.value.terms, (len(weight), *out))
            return frame.out(made, (len(weight), *out))
        if not plain or module.groups != 1 or shape[0] != weight.shape[1]:
            raise OrderError(
                f"{reading.where}: it takes events of {frame.shape}, but {', '.join(frame.value.terms)} has {shape}; convolve before reshaping"
            )
        node = pointwise(weight.reshape(len(weight), -1), bias, len(shape) - 1)
        made = reading.growing.add(reading.path, kind, node, frame.value.terms, (len(weight), *shape[1:]))
        return frame.out(made, (len(weight), *frame.shape[1:]))

    return conv


def _padding(reading: Reading, module: Any, axes: int) -> tuple[tuple[int, int], ...]:
    if module.padding == "valid":
        return ((0, 0),) * axes
    if module.padding == "same":
        totals = [d * (k - 1) for k, d in zip(module.kernel_size, module.dilation, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    return tuple((int(p), int(p)) for p in module.padding)


def _norm(axes: tuple[int, ...]) -> Layer:
    """Batch normalisation as after eval(): ``y = (x - mean) / sqrt(var + eps) * weight + bias`` by channel. ``axes``: how many an event may have."""

    def norm(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        value = reading.averaged(args[0])
        if module.running_mean is None or module.running_var is None:
            raise reading.error("it has no running statistics, so it depends on the batch; train with track_running_stats=True")
        lead = leading(module)
        if value.address.ndim - lead not in axes:
            raise reading.error(f"it is given axes {tuple(value.address.shape)}; samples, channels and positions are needed")
        scale, bias = folded(reading, module)
        shape = (-1, *(1,) * (value.address.ndim - lead - 1))

        def make(value: Value, own: Shape) -> Scale:
            wide = (torch.from_numpy(np.ascontiguousarray(p)).reshape(shape) for p in (scale, bias))
            return Scale(*(reading.spread(value, p, what) for p, what in zip(wide, ("weight", "bias"), strict=True)))

        return reading.each(value, type(module).__name__, make)

    return norm


def folded(reading: Reading, module: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Gain and offset by channel of a batch normalisation in eval mode."""
    mean, var = reading.numbers(module.running_mean, "running_mean"), reading.numbers(module.running_var, "running_var")
    scale = 1 / np.sqrt(var + module.eps)
    if module.weight is not None:
        scale = scale * reading.numbers(module.weight, "weight")
    bias = -mean * scale
    return scale, bias if module.bias is None else bias + reading.numbers(module.bias, "bias")


def _flatten(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    value, more = reading.value(args[0]), leading(module) - 1
    start, end = (dim + more if dim >= 0 else dim for dim in (module.start_dim, module.end_dim))
    return value.moved(value.address.flatten(start, end))


def _unflatten(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    value = reading.value(args[0])
    return value.moved(value.address.unflatten(module.dim, module.unflattened_size))


def _nothing(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return args[0]


def clipped(reading: Reading, given: Any, kind: str, low: float, high: float) -> Value:
    """A clip node behind a value."""
    return reading.each(reading.fresh(given), kind, lambda value, shape: Clip(float(low), float(high)))


def _relu(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return clipped(reading, args[0], type(module).__name__, 0.0, np.inf)


def _hardtanh(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return clipped(reading, args[0], type(module).__name__, module.min_val, module.max_val)


_BY_NAME: dict[str, Layer] = {
    "Linear": _linear,
    "Conv1d": _conv(1),
    "Conv2d": _conv(2),
    "BatchNorm1d": _norm((1, 2)),
    "BatchNorm2d": _norm((3,)),
    "Flatten": _flatten,
    "Unflatten": _unflatten,
    "Identity": _nothing,
    "Dropout": _nothing,
    "Dropout1d": _nothing,
    "Dropout2d": _nothing,
    "ReLU": _relu,
    "ReLU6": _hardtanh,
    "Hardtanh": _hardtanh,
}
LAYERS: dict[tuple[str, str], Layer] = {(framework, name): layer for name, layer in _BY_NAME.items() for framework in WRAPPED}
