"""Golden's windows against plain loops: stride, padding of any size, dilation, groups, overlap, one-dimensional signals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.golden.synapses import contribution
from shiftfire.network.geometry import output_shape
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.weights import WeightFormat

PAIR = st.tuples(st.integers(1, 4), st.integers(1, 4))


def by_loops(synapses: Synapses, values: np.ndarray) -> list[Any]:
    """Sums of one vector (channels, height, width), an output at a time; what lies outside is 0."""
    channels, height, width = values.shape
    pool, rows, columns = synapses.pre_pool, height // synapses.pre_pool, width // synapses.pre_pool

    def at(channel: int, y: int, x: int) -> int:
        if not (0 <= y < rows and 0 <= x < columns):
            return 0
        return sum(int(values[channel, y * pool + i, x * pool + j]) for i in range(pool) for j in range(pool))

    weights, (kernel_y, kernel_x) = synapses.weights, synapses.kernel
    outputs = channels if weights is None else len(weights)
    high = (rows + 2 * synapses.padding[0] - synapses.dilation[0] * (kernel_y - 1) - 1) // synapses.stride[0] + 1
    wide = (columns + 2 * synapses.padding[1] - synapses.dilation[1] * (kernel_x - 1) - 1) // synapses.stride[1] + 1
    sums = [[[0] * wide for _ in range(high)] for _ in range(outputs)]
    for out in range(outputs):
        if synapses.op is SynapseOp.CONV2D:
            inputs = channels // synapses.groups
            seen = [(out // (outputs // synapses.groups) * inputs + i, i) for i in range(inputs)]
        else:
            seen = [(out, None)]
        for y in range(high):
            for x in range(wide):
                for channel, i in seen:
                    for ky in range(kernel_y):
                        for kx in range(kernel_x):
                            place = (out, ky, kx) if i is None else (out, i, ky, kx)
                            weight = 1 if weights is None else int(weights[place])
                            row = y * synapses.stride[0] - synapses.padding[0] + ky * synapses.dilation[0]
                            column = x * synapses.stride[1] - synapses.padding[1] + kx * synapses.dilation[1]
                            sums[out][y][x] += weight * at(channel, row, column) << synapses.scale
    return sums


@settings(max_examples=150, deadline=None)
@given(
    op=st.sampled_from([SynapseOp.CONV2D, SynapseOp.DEPTHWISE, SynapseOp.POOL]),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7)),
    kernel=PAIR,
    stride=PAIR,
    dilation=PAIR,
    padding=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    groups=st.integers(1, 3),
    outputs=st.integers(1, 3),
    pre_pool=st.integers(1, 2),
    seed=st.integers(0, 1 << 20),
)
def test_windows(
    op: SynapseOp,
    shape: tuple[int, int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int],
    groups: int,
    outputs: int,
    pre_pool: int,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    groups = groups if op is SynapseOp.CONV2D else 1
    channels = shape[0] * groups
    values = rng.integers(-9, 10, (2, channels, *shape[1:]))
    leading = {SynapseOp.CONV2D: (outputs * groups, shape[0]), SynapseOp.DEPTHWISE: (channels,)}.get(op)
    synapses = Synapses(
        "in",
        op,
        None if leading is None else rng.integers(-8, 8, (*leading, *kernel)),
        WeightFormat.ONE if leading is None else WeightFormat.INT4,
        kernel=kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        pre_pool=pre_pool if op is SynapseOp.CONV2D else 1,
    )
    try:
        made = output_shape(synapses, Shape(channels, *shape[1:]))
    except NetworkError as error:
        assert "does not fit" in str(error) or "leaves nothing" in str(error)
        return
    sums = contribution(synapses, values)
    assert sums.shape == (2, *made.as_tuple())
    assert sums.tolist() == [by_loops(synapses, vector) for vector in values]


@pytest.mark.parametrize("lengthwise", [0, 1], ids=["a column", "a row"])
def test_signals_of_one_dimension(lengthwise: int) -> None:
    """(channels, 1, W) with a kernel (1, k), or (channels, W, 1) with (k, 1): NumPy's correlation, per pair of channels."""
    rng = np.random.default_rng(5)
    signal, taps = rng.integers(-5, 6, (2, 3, 20)), rng.integers(-4, 4, (4, 3, 5))
    expected = [[sum(np.correlate(c, w) for c, w in zip(one, out, strict=True)) for out in taps] for one in signal]
    across = 2 if lengthwise else 3
    weights = np.expand_dims(taps, across)
    synapses = Synapses("in", SynapseOp.CONV2D, weights, WeightFormat.INT4, kernel=weights.shape[2:])  # type: ignore[arg-type]
    assert np.array_equal(contribution(synapses, np.expand_dims(signal, across)).squeeze(across), expected)


@pytest.mark.parametrize("factor", [(1, 1), (2, 3), (4, 1), (1, 16)])
def test_upsampling_repeats_elements(factor: tuple[int, int]) -> None:
    """Each output is the source's element below it: NumPy's Kronecker product with ones."""
    values = np.random.default_rng(6).integers(-9, 10, (2, 3, 4, 5))
    synapses = Synapses("in", SynapseOp.UPSAMPLE, kernel=factor, scale=2)
    sums = contribution(synapses, values)
    assert np.array_equal(sums, 4 * np.kron(values, np.ones(factor, np.int64)))
    assert output_shape(synapses, Shape(3, 4, 5)).as_tuple() == sums.shape[1:] == (3, 4 * factor[0], 5 * factor[1])


def test_padding_alone_sums_to_nothing() -> None:
    """Outputs whose window lies in the padding; a window that sees no source at all makes sums of 0 only."""
    ones = Synapses("in", SynapseOp.POOL, kernel=(1, 1), padding=(2, 0))
    assert contribution(ones, np.full((1, 1, 1, 1), 7)).ravel().tolist() == [0, 0, 7, 0, 0]
    far = replace(ones, kernel=(2, 1), stride=(9, 1), padding=(3, 0), dilation=(4, 1))
    assert contribution(far, np.full((1, 1, 1, 1), 7)).ravel().tolist() == [0]


@pytest.mark.parametrize(
    ("weights", "groups", "message"),
    [((6, 2, 1, 1), 2, "take 4 channels, but the source has 6"), ((5, 3, 1, 1), 2, "5 channels, which are not 2 groups")],
)
def test_groups_that_do_not_suit(weights: tuple[int, ...], groups: int, message: str) -> None:
    synapses = Synapses("in", SynapseOp.CONV2D, np.ones(weights, np.int64), WeightFormat.INT4, groups=groups)
    with pytest.raises(NetworkError, match=message):
        output_shape(synapses, Shape(6, 4, 4))
