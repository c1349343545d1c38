"""Max-pooling of spikes: golden against NumPy's maximum over windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.golden.execute import execute
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.values import NetworkError

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))


def maximum(values: np.ndarray, kernel: Any, stride: Any, padding: Any = (0, 0), dilation: Any = (1, 1)) -> np.ndarray:
    """Maximum over windows of the last two axes; padding is 0."""
    padded = np.pad(values, ((0, 0),) * (values.ndim - 2) + tuple((p, p) for p in padding))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(-2, -1))
    return windows[..., :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]].max(axis=(-2, -1))


@settings(max_examples=60, deadline=None)
@given(kernel=PAIR, stride=PAIR, dilation=PAIR, padding=PAIR, density=st.floats(0.02, 0.9), seed=st.integers(0, 1 << 20))
def test_the_maximum_of_spikes(kernel: Any, stride: Any, dilation: Any, padding: Any, density: float, seed: int) -> None:
    x = (np.random.default_rng(seed).random((3, 2, 3, 8, 7)) < density).astype(np.int64)
    net = NetworkBuilder("n", input=(3, 8, 7), timesteps=2)
    net.max_pool("most", kernel, stride=stride, padding=padding, dilation=dilation)
    assert np.array_equal(
        execute(net.readout("none").build(), x).activations["most"], maximum(x, kernel, stride, padding, dilation)
    )


def test_over_the_steps_of_a_sample_and_behind_a_layer() -> None:
    x = np.random.default_rng(1).integers(0, 2, (4, 3, 2, 6, 6))
    net = NetworkBuilder("n", input=(2, 6, 6), timesteps=3).direct("copy", theta=1).max_pool("most", 2, timesteps=1)
    seen = execute(net.readout("none").build(), x).activations
    assert np.array_equal(seen["most"][:, 0], maximum(seen["copy"], (2, 2), (2, 2)).max(axis=1))
    assert net.build().layer("most").kind.value_limits == (0, 1)


def test_channels_of_several_sources() -> None:
    x = np.random.default_rng(2).integers(0, 2, (4, 1, 2, 6, 6))
    net = NetworkBuilder("n", input=(2, 6, 6)).direct("a", neuron="count", theta=1, hi=1)
    net.max_pool("most", 3, source=["a", "input"])
    both = np.concatenate([x, x], axis=2)
    assert np.array_equal(execute(net.readout("none").build(), x).activations["most"], maximum(both, (3, 3), (3, 3)))


def test_counts_by_a_channel_per_level() -> None:
    """What docs/reference/python.md says of counts."""
    most, channels = 5, 3
    x = np.random.default_rng(3).integers(0, most + 1, (6, 1, channels, 6, 8))
    levels, eye = np.arange(most), np.eye(channels)
    above, together = np.kron(eye, np.ones((most, 1))), np.kron(eye, np.ones((1, most)))
    net = NetworkBuilder("n", input=(channels, 6, 8), values=(0, most))
    net.conv2d("above", above[..., None, None], neuron="count", theta=1, hi=1, bias=-np.tile(levels, channels))
    net.max_pool("most", 2)
    net.conv2d("maximum", together[..., None, None], neuron="requant", shift=0, lo=0, hi=most)
    assert np.array_equal(execute(net.readout("none").build(), x).activations["maximum"], maximum(x, (2, 2), (2, 2)))


@pytest.mark.parametrize("values", [(0, 7), (-1, 1)])
def test_other_values_are_refused(values: tuple[int, int]) -> None:
    net = NetworkBuilder("n", input=(2, 6, 6), values=values)
    with pytest.raises(NetworkError, match=rf"layer most: max_pool is of spikes, 0 or 1, and input sends {values[0]}..{values[1]}"):
        net.max_pool("most", 2)
    net.direct("spikes", theta=1)
    with pytest.raises(NetworkError, match="and input sends"):
        net.max_pool("most", 2, source=["spikes", "input"])
    with pytest.raises(NetworkError, match="no source 'nobody'"):
        net.max_pool("most", 2, source="nobody")
    assert net.max_pool("most", 2).layers[-1].name == "most"
