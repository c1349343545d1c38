"""Product sparsity, against counts made another way."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from shiftfire.claims.prosperity import additions_of, countable, left_after_reuse, windows
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network
from shiftfire.network.synapses import SynapseOp, Synapses


def one_by_one(rows: list[set[int]]) -> int:
    """The same by sets: what is left of each row without the largest row that lies within it."""
    left = 0
    for i, row in enumerate(rows):
        reused = [other for j, other in enumerate(rows) if other < row or (other == row and j < i)]
        left += len(row) - max(map(len, reused), default=0)
    return left


@pytest.mark.parametrize("density", [0.05, 0.3, 0.9])
def test_left_after_reuse(density: float) -> None:
    rng = np.random.default_rng(7)
    for rows, columns in ((1, 4), (8, 16), (64, 16), (40, 5)):
        spikes = (rng.random((rows, columns)) < density).astype(np.int64)
        assert left_after_reuse(spikes) == one_by_one([{int(column) for column in np.flatnonzero(row)} for row in spikes])


def test_by_hand() -> None:
    """1001 in 1101: one addition instead of three. Twice the same row: none the second time."""
    assert left_after_reuse(np.array([[1, 0, 0, 1], [1, 1, 0, 1]])) == 3
    assert left_after_reuse(np.array([[1, 1, 0, 1], [1, 0, 0, 1]])) == 3
    assert left_after_reuse(np.array([[1, 1], [1, 1], [0, 0]])) == 2
    assert left_after_reuse(np.array([[1, 0], [0, 1]])) == 2


def test_tiles_share_nothing() -> None:
    rows = np.ones((6, 4), np.int64)
    assert additions_of(rows, 6, 4) == (24, 4)
    assert additions_of(rows, 3, 4) == (24, 8)
    assert additions_of(rows, 6, 2) == (24, 4)
    assert additions_of(rows, 4, 3) == (24, 8)


@pytest.mark.parametrize(("stride", "padding"), [((1, 1), (1, 1)), ((2, 1), (0, 1))])
def test_windows_are_what_a_convolution_sees(stride: tuple[int, int], padding: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    values, weights = rng.integers(0, 2, (2, 3, 5, 6)), rng.integers(-4, 5, (4, 3, 3, 2))
    synapses = Synapses("input", SynapseOp.CONV2D, weights, kernel=(3, 2), stride=stride, padding=padding)
    padded = np.pad(values, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    tall, wide = ((padded.shape[2] - 3) // stride[0] + 1, (padded.shape[3] - 2) // stride[1] + 1)
    sums = windows(values, synapses) @ weights.reshape(4, -1).T
    for t, y, x in product(range(2), range(tall), range(wide)):
        seen = padded[t, :, y * stride[0] : y * stride[0] + 3, x * stride[1] : x * stride[1] + 2]
        assert np.array_equal(sums[(t * tall + y) * wide + x], np.einsum("oikl,ikl->o", weights, seen))


def test_what_is_counted() -> None:
    """Not the layers that see counts or pooled spikes."""
    assert [layer.name for layer, _ in countable(load_network(find_model("digits-mlp")))] == ["output"]
    assert not list(countable(load_network(find_model("digits-cnn"))))
