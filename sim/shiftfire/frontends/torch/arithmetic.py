"""Sums, scales and clips: what stands between layers in a forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ..float_graph.nodes import Scale
from .common import common
from .layers import clipped
from .masks import both
from .reading import Operation, Reading
from .values import Held, Value


def _scaled(reading: Reading, value: Value, factor: Any, kind: str) -> Value:
    return reading.each(value, kind, lambda own, shape: Scale(reading.spread(own, factor, "the factor")))


def _wide(value: Value, other: Any) -> Value:
    """The value with the axes that a parameter of more elements gives it."""
    if isinstance(other, torch.Tensor):
        shape = torch.broadcast_shapes(value.address.shape, other.shape)
        return value.moved(value.address.expand(shape))
    return value


def _add(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    one, two = args
    alpha = kwargs.get("alpha", 1)
    if not isinstance(one, Value | Held):
        one, two = two, one
    first = reading.averaged(one)
    if not isinstance(two, Value | Held):
        first = _wide(first, two)
        return reading.each(
            first, "add", lambda own, shape: Scale(np.broadcast_to(1.0, shape), reading.spread(own, two, "what is added") * alpha)
        )
    second = reading.averaged(two)
    return summed(reading, first, second if alpha == 1 else _scaled(reading, second, float(alpha), "add"))


def summed(reading: Reading, first: Value, second: Value) -> Value:
    """The sum of two values: the edges of both."""
    first, second = common(reading, first, second)
    if set(first.terms) & set(second.terms):  # an edge counts once
        second = _scaled(reading, second, 1.0, "add")
    return replace(first, terms=(*first.terms, *second.terms))


def _sub(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    one, two = args
    if isinstance(two, Value | Held):
        return _add(reading, (one, _scaled(reading, reading.value(two), -1.0, "sub")), kwargs)
    return _add(reading, (one, -torch.as_tensor(two)), kwargs)


def _mul(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    one, two = args
    if isinstance(one, Value | Held) and isinstance(two, Value | Held):
        return both(reading, reading.fresh(one), reading.fresh(two))
    value, factor = (one, two) if isinstance(one, Value | Held) else (two, one)
    return _scaled(reading, _wide(reading.value(value), factor), factor, "mul")


def _div(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if isinstance(args[1], Value | Held) or kwargs.get("rounding_mode"):
        raise reading.error("it divides by values that depend on the input, or rounds; the fabric does not: rewrite that part")
    return _mul(reading, (args[0], 1 / torch.as_tensor(args[1], dtype=torch.float64)), {})


def _neg(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return _scaled(reading, reading.value(args[0]), -1.0, "neg")


def _relu(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return clipped(reading, args[0], "relu", 0.0, np.inf)


def _relu6(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return clipped(reading, args[0], "relu6", 0.0, 6.0)


def _clamp(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    names = ("min", "max") if "min_val" not in kwargs else ("min_val", "max_val")
    given = dict(zip(names, args[1:], strict=False)) | {key: value for key, value in kwargs.items() if key in names}
    low, high = (given.get(name) for name in names)
    if isinstance(low, torch.Tensor) or isinstance(high, torch.Tensor):
        raise reading.error("it clips at tensors; give two numbers")
    return clipped(reading, args[0], "clamp", -np.inf if low is None else low, np.inf if high is None else high)


def _dropout(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return args[0]


_SIGNED: dict[str, Operation] = {"add": _add, "sub": _sub, "mul": _mul, "truediv": _div}
ARITHMETIC: dict[str, Operation] = {
    **_SIGNED,
    **{f"i{name}": operation for name, operation in _SIGNED.items()},
    **{f"{name}_": operation for name, operation in _SIGNED.items()},
    **{f"__{name}__": operation for name, operation in _SIGNED.items()},
    **{
        f"__r{name}__": lambda reading, args, kwargs, o=operation: o(reading, args[::-1], kwargs)
        for name, operation in _SIGNED.items()
    },
    "multiply": _mul,
    "div": _div,
    "divide": _div,
    "subtract": _sub,
    "rsub": lambda reading, args, kwargs: _sub(reading, args[::-1], kwargs),
    "neg": _neg,
    "negative": _neg,
    "relu": _relu,
    "relu_": _relu,
    "relu6": _relu6,
    "hardtanh": _clamp,
    "clamp": _clamp,
    "clip": _clamp,
    "dropout": _dropout,
}
