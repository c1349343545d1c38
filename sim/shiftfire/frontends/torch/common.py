"""Two values on nodes of one shape, element for element, so that a sum is the edges of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ..float_graph.nodes import Upsample
from .errors import OrderError
from .growing import Sources, pointwise
from .reading import Reading
from .values import Value, elements_of, settled


def common(reading: Reading, first: Value, second: Value) -> tuple[Value, Value]:
    """Both with the shape, the addresses and the nodes' shape of either. Raises OrderError where their elements do not go together."""
    one, two = settled(reading.growing, first), settled(reading.growing, second)
    try:
        shape = torch.broadcast_shapes(one.address.shape, two.address.shape)
    except RuntimeError:
        raise reading.error(f"shapes {tuple(one.address.shape)} and {tuple(two.address.shape)} do not go together") from None
    one, two = (value.moved(value.address.expand(shape)) for value in (one, two))
    _same_samples(reading, one, two)
    if one.decoded != two.decoded:
        raise reading.error(
            "it combines a mean over time with what differs from step to step; take the mean at the end of the module"
        )
    if one.size < two.size:
        return _onto(reading, one, two), two
    if two.size < one.size:
        return one, _onto(reading, two, one)
    if bool((one.elements != two.elements).any()):
        raise OrderError(f"{reading.where}: elements of {', '.join(one.terms)} and {', '.join(two.terms)} come in different orders")
    if reading.growing.shape(one.terms) != reading.growing.shape(two.terms):
        one, two = (replace(value, terms=reading.growing.flat(value.terms)) for value in (one, two))
    if reading.growing.shape(one.terms) != reading.growing.shape(two.terms):
        raise OrderError(f"{reading.where}: {', '.join(one.terms)} and {', '.join(two.terms)} have different shapes")
    return (one, replace(two, address=one.address)) if one.moving else (replace(one, address=two.address, moving=two.moving), two)


def _same_samples(reading: Reading, one: Value, two: Value) -> None:
    differ = one.samples - two.samples
    if not (one.moving and two.moving):
        differ = differ % reading.batch
    if bool(differ.any()):
        raise reading.error("it combines values of different samples or steps; state from step to step is kept in neurons only")


def _onto(reading: Reading, small: Value, large: Value) -> Value:
    """The smaller value, repeated over positions or channels of the larger."""
    source = torch.full((large.size,), -1, dtype=torch.int64)
    source[large.elements.reshape(-1)] = small.elements.reshape(-1)
    address = large.address if large.moving or not small.moving else small.samples * large.size + large.elements
    terms = _repeated(reading, small, reading.growing.shape(large.terms), source)
    if terms is None or bool((source[large.elements] != small.elements).any()):
        raise OrderError(
            f"{reading.where}: {', '.join(small.terms)} is repeated over {', '.join(large.terms)} in a way that the fabric has no form for"
        )
    return Value(terms, large.size, address, small.moving or large.moving, small.decoded)


def _repeated(reading: Reading, small: Value, shape: tuple[int, ...], source: torch.Tensor) -> Sources | None:
    """Nodes whose element e is element ``source[e]`` of the small ones'; None where there are none."""
    growing, own = reading.growing, reading.growing.shape(small.terms)
    channels, positions = shape[0], elements_of(shape[1:])
    table = source.reshape(channels, positions)
    if len(shape) == 3 and own == (channels, 1, 1) and bool((table == torch.arange(channels)[:, None]).all()):
        kernel = (shape[1], shape[2])
        return growing.add(f"{reading.path}.repeat", "repeat", Upsample(kernel), small.terms, shape)
    if own[1:] == shape[1:] and bool((table % positions == torch.arange(positions)).all()):
        chosen = table[:, 0] // positions
        if bool((table // positions == chosen[:, None]).all()):
            weight = np.eye(own[0])[chosen.numpy()]
            return growing.add(f"{reading.path}.repeat", "repeat", pointwise(weight, None, len(shape) - 1), small.terms, shape)
    return None
