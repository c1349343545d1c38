"""Pools, and sums and means over axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from ..float_graph.graph import Shape
from ..float_graph.nodes import Conv, Linear, Node, Pool, Threshold, Upsample
from .errors import OrderError
from .growing import Sources, pointwise
from .layers import WRAPPED
from .reading import Layer, Operation, Reading
from .values import Frame, Value, framed, settled

ANY = 0.5  # between no spike and one


def _pair(value: Any, axes: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (int(value),) * axes


def _pooled(reading: Reading, frame: Frame, kind: str, kernel: Shape, stride: Shape, padding: Shape, *, mean: bool) -> Value:
    """Sums or means over windows. Of a signal it is a convolution by channel, as the graph's pools have two axes; of one that is a vector's channels, a matrix."""
    own = reading.growing.shape(frame.value.terms)
    if frame.shape == (1, *own) and len(kernel) == 1:
        return _over_channels(reading, frame, kind, kernel[0], stride[0], padding[0], mean=mean)
    if frame.shape != reading.growing.shape(frame.value.terms):
        raise OrderError(
            f"it takes events of {frame.shape}, but {', '.join(frame.value.terms)} has {reading.growing.shape(frame.value.terms)}"
        )
    channels = frame.shape[0]
    out = (channels, *((size + 2 * p - k) // s + 1 for size, p, k, s in zip(frame.shape[1:], padding, kernel, stride, strict=True)))
    if len(kernel) == 2:
        node: Node = Pool(mean, (kernel[0], kernel[1]), (stride[0], stride[1]), (padding[0], padding[1]))
    else:
        weight = np.full((channels, 1, *kernel), 1 / kernel[0] if mean else 1.0)
        node = Conv(weight, np.zeros(channels), stride, tuple((p, p) for p in padding), (1,), channels)
    return frame.out(reading.growing.add(reading.path, kind, node, frame.value.terms, out), out)


def _over_channels(reading: Reading, frame: Frame, kind: str, kernel: int, stride: int, padding: int, *, mean: bool) -> Value:
    """Windows over the channels of a plain vector, as layers of votes have them."""
    inner = frame.shape[1]
    out = (inner + 2 * padding - kernel) // stride + 1
    place = np.arange(inner) - (np.arange(out) * stride - padding)[:, None]
    weight = ((place >= 0) & (place < kernel)).astype(np.float64) * (1 / kernel if mean else 1.0)
    return frame.out(reading.growing.add(reading.path, kind, Linear(weight, None), frame.value.terms, (out,)), (1, out))


def _average(axes: int) -> Layer:
    def average(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        kernel = _pair(module.kernel_size, axes)
        stride = _pair(module.stride if module.stride is not None else module.kernel_size, axes)
        padding = _pair(module.padding, axes)
        if module.ceil_mode or getattr(module, "divisor_override", None) or (any(padding) and not module.count_include_pad):
            raise reading.error(
                "ceil_mode, divisor_override and count_include_pad=False are not known here; the fabric's windows are whole, padding counts as zeros"
            )
        frame = framed(reading.growing, reading.value(args[0]), axes + 1)
        return _pooled(reading, frame, type(module).__name__, kernel, stride, padding, mean=True)

    return average


def _greatest(axes: int) -> Layer:
    """The maximum of spikes: whether there is one in the window."""

    def greatest(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if module.ceil_mode or module.return_indices or set(_pair(module.dilation, axes)) != {1}:
            raise reading.error("ceil_mode, dilation and return_indices are not known here; leave them out")
        frame = framed(reading.growing, reading.fresh(args[0]), axes + 1)
        if not reading.growing.binary(frame.value.terms):
            raise reading.error(
                f"it takes the maximum of {', '.join(frame.value.terms)}, which is not spikes of one layer; put it behind the neurons, or use AvgPool{axes}d"
            )
        kernel = _pair(module.kernel_size, axes)
        stride = _pair(module.stride if module.stride is not None else module.kernel_size, axes)
        kind = type(module).__name__
        own = reading.path
        reading.path = f"{own}.sum"
        counted = _pooled(reading, frame, kind, kernel, stride, _pair(module.padding, axes), mean=False)
        reading.path = own
        shape = reading.growing.shape(counted.terms)
        node = Threshold(np.broadcast_to(ANY, shape))
        return replace(counted, terms=reading.growing.add(own, kind, node, counted.terms, shape))

    return greatest


def _adaptive(axes: int) -> Layer:
    def adaptive(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        frame = framed(reading.growing, reading.value(args[0]), axes + 1)
        wanted = _pair(module.output_size, axes)
        if axes == 2 and frame.shape == reading.growing.shape(frame.value.terms) and _repeats(wanted, frame.shape[1:]):
            times = (wanted[0] // frame.shape[1], wanted[1] // frame.shape[2])
            out = (frame.shape[0], *wanted)
            return frame.out(reading.growing.add(reading.path, type(module).__name__, Upsample(times), frame.value.terms, out), out)
        sizes = tuple(size if out is None else out for out, size in zip(wanted, frame.shape[1:], strict=True))
        if any(size % out for size, out in zip(frame.shape[1:], sizes, strict=True)):
            raise reading.error(
                f"output_size {sizes} does not divide {frame.shape[1:]}, so windows differ in size; use AvgPool{axes}d"
            )
        kernel = tuple(size // out for size, out in zip(frame.shape[1:], sizes, strict=True))
        return _pooled(reading, frame, type(module).__name__, kernel, kernel, (0,) * axes, mean=True)

    return adaptive


def _repeats(wanted: tuple[int | None, ...], sizes: Shape) -> bool:
    """Whether windows are single elements, each taken several times."""
    return wanted != sizes and all(out is not None and out % size == 0 for out, size in zip(wanted, sizes, strict=True))


def _reduced(mean: bool) -> Operation:
    def reduce(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        value = settled(reading.growing, reading.value(args[0]))
        dims = args[1] if len(args) > 1 else kwargs.get("dim")
        keep = args[2] if len(args) > 2 else kwargs.get("keepdim", False)
        ndim = value.address.ndim
        axes = sorted({d % ndim for d in (range(ndim) if dims is None else dims if isinstance(dims, tuple | list) else (dims,))})
        rows = value.address.movedim(axes, [ndim - len(axes) + i for i in range(len(axes))]).flatten(ndim - len(axes))
        if rows.shape[-1] == 1:
            made = value.moved(rows[..., 0])
        elif _is_time(value, rows):
            made = _over_time(reading, value, rows, mean=mean)
        else:
            made = _over_event(reading, value, rows, mean=mean)
        for axis in axes if keep else ():
            made = made.moved(made.address.unsqueeze(axis))
        return made

    return reduce


def _is_time(value: Value, rows: torch.Tensor) -> bool:
    """Whether what is summed is one element in several steps or samples."""
    elements = rows % value.size
    return value.moving and not bool((elements != elements[..., :1]).any())


def _over_time(reading: Reading, value: Value, rows: torch.Tensor, *, mean: bool) -> Value:
    samples = rows // value.size
    if bool((samples % reading.batch != samples[..., :1] % reading.batch).any()):
        raise reading.error("it sums over samples; leave the axis of the samples alone")
    first = (samples[..., 0] % reading.batch) * value.size + rows[..., 0] % value.size
    return replace(value, address=first, decoded=1 if mean else rows.shape[-1])


def _over_event(reading: Reading, value: Value, rows: torch.Tensor, *, mean: bool) -> Value:
    """Sums over all positions of each channel, or over blocks of channels at each position."""
    elements = (rows % value.size).sort(dim=-1).values
    samples = rows // value.size
    count = rows.shape[-1]
    shape = reading.growing.shape(value.terms)
    channels, positions = shape[0], int(np.prod(shape[1:]))
    if bool((samples != samples[..., :1]).any()):
        raise reading.error("it sums over samples, or over steps and elements at once; sum over one after the other")
    flat = elements.reshape(-1, count)
    scale = 1 / count if mean else 1.0
    if count == positions and bool((flat == flat[:, :1] // positions * positions + torch.arange(positions)).all()):
        terms, size, number = _over_positions(reading, value.terms, shape, mean), channels, flat[:, 0] // positions
    elif (
        channels % count == 0
        and bool((flat // positions == flat[:, :1] // positions + torch.arange(count)).all())
        and bool((flat[:, 0] // positions % count == 0).all() and (flat % positions == flat[:, :1] % positions).all())
    ):
        groups = channels // count
        weight = np.repeat(np.eye(groups), count, axis=1) * scale
        node = pointwise(weight, None, len(shape) - 1)
        terms = reading.growing.add(reading.path, "mean" if mean else "sum", node, value.terms, (groups, *shape[1:]))
        size, number = groups * positions, flat[:, 0] // positions // count * positions + flat[:, 0] % positions
    else:
        raise OrderError(
            f"it sums {count} elements of {', '.join(value.terms)}, {shape}, which are neither all positions of a channel nor a block of channels"
        )
    address = samples[..., 0] * size + number.reshape(samples.shape[:-1])
    return replace(value, terms=terms, size=size, address=address)


def _over_positions(reading: Reading, terms: Sources, shape: Shape, mean: bool) -> Sources:
    kind, channels = "mean" if mean else "sum", shape[0]
    if len(shape) == 1:
        return terms
    if len(shape) == 3:
        return reading.growing.add(reading.path, kind, Pool(mean, shape[1:], shape[1:], (0, 0)), terms, (channels, 1, 1))
    weight = np.full((channels, 1, shape[1]), 1 / shape[1] if mean else 1.0)
    node = Conv(weight, np.zeros(channels), (shape[1],), ((0, 0),), (1,), channels)
    return reading.growing.add(reading.path, kind, node, terms, (channels, 1))


def _function(layer: Layer, module: Callable[..., nn.Module]) -> Operation:
    """A function of torch.nn.functional by way of the module of the same name and arguments."""
    return lambda reading, args, kwargs: layer(reading, module(*args[1:], **kwargs), args[:1], {})


_BY_NAME: dict[str, Layer] = {
    "AvgPool1d": _average(1),
    "AvgPool2d": _average(2),
    "MaxPool1d": _greatest(1),
    "MaxPool2d": _greatest(2),
    "AdaptiveAvgPool1d": _adaptive(1),
    "AdaptiveAvgPool2d": _adaptive(2),
}
POOL_LAYERS: dict[tuple[str, str], Layer] = {(framework, name): layer for name, layer in _BY_NAME.items() for framework in WRAPPED}
POOL_OPERATIONS: dict[str, Operation] = {
    "sum": _reduced(mean=False),
    "mean": _reduced(mean=True),
    "avg_pool1d": _function(_average(1), nn.AvgPool1d),
    "avg_pool2d": _function(_average(2), nn.AvgPool2d),
    "max_pool1d": _function(_greatest(1), nn.MaxPool1d),
    "max_pool2d": _function(_greatest(2), nn.MaxPool2d),
    "adaptive_avg_pool1d": _function(_adaptive(1), nn.AdaptiveAvgPool1d),
    "adaptive_avg_pool2d": _function(_adaptive(2), nn.AdaptiveAvgPool2d),
}
