"""The float reference against rationals and cases worked by hand: it is the oracle of the import's other tests."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.frontends.sorbet.checkpoint import Linear, Norm
from shiftfire.frontends.sorbet.float_model import Reference, binary_linear, bspn, power_of_two, ptsoftmax
from support.sorbet_checkpoints import SMALLEST, checkpoint_of, tensors_of, token_ids


def _exact_softmax(scores: list[Fraction], ceil_rule: bool) -> list[Fraction]:
    c = [ceil(score) for score in scores]
    powers = [Fraction(2) ** (n - max(c)) for n in c]
    total, below = sum(powers), Fraction(1)
    while 2 * below <= total:
        below *= 2
    up = total > below if ceil_rule else total >= Fraction(3, 2) * below
    return [p / (2 * below if up else below) for p in powers]


@given(st.lists(st.integers(-200, 200), min_size=1, max_size=20), st.booleans())
@settings(max_examples=200, deadline=None)
def test_ptsoftmax_of_rationals(sixteenths: list[int], ceil_rule: bool) -> None:
    exact = _exact_softmax([Fraction(n, 16) for n in sixteenths], ceil_rule)
    assert [Fraction(float(p)) for p in ptsoftmax(np.array(sixteenths) / 16, ceil_rule)] == exact


def test_ptsoftmax_by_hand() -> None:
    """Sums of 1, 1.5 (the midpoint, up) and 1.75."""
    assert ptsoftmax(np.array([[2.0]]), False).tolist() == [[1.0]]
    assert ptsoftmax(np.array([[0.3, -0.5]]), False).tolist() == [[0.5, 0.25]]
    assert ptsoftmax(np.array([[1.0, 0.0, -1.0]]), False).tolist() == [[0.5, 0.25, 0.125]]
    assert ptsoftmax(np.array([[1.0, -1.0]]), False).tolist() == [[1.0, 0.25]]
    assert ptsoftmax(np.array([[1.0, -1.0]]), True).tolist() == [[0.5, 0.125]]


def _norm(gamma: list[float], beta: list[float], statistics: list[float]) -> Norm:
    return Norm(*(np.array(values, np.float32) for values in (gamma, beta, statistics)))


def test_bspn_by_hand() -> None:
    """One group of four: magnitudes' mean 2.5 is scaled by 4; channels weigh 1, -2, 1/2 and 1, offset 1 on the last."""
    norm = _norm([1, -2, 0.5, 1], [0, 0, 0, 1], [1, 1, 1, 1])
    x = np.array([4.0, 2.0, -3.0, 1.0])[None, :, None]
    # scaled 1, 1/2, -3/4, 1/4; weighted 1, -1, -3/8, 1/4 + 1; rounded: 3/8 is 1.5 x 1/4, above sqrt 2, so 1/2; 1.25 is below
    assert bspn(x, norm, 4)[0, :, 0].tolist() == [1.0, -1.0, -0.5, 1.0]


def test_bspn_mean_that_is_a_power_rounds_up() -> None:
    """The published 1e-5: a mean of 2 is divided by 4."""
    norm = _norm([1, 1], [0, 0], [1, 1])
    assert bspn(np.array([2.0, 2.0])[None, :, None], norm, 2)[0, :, 0].tolist() == [0.5, 0.5]
    assert bspn(np.zeros((1, 2, 1)), norm, 2)[0, :, 0].tolist() == [0.0, 0.0]


@given(st.integers(1, 1 << 40), st.integers(1, 1 << 40))
def test_power_of_two_in_the_log_domain(numerator: int, denominator: int) -> None:
    """Up exactly where x / 2**e >= sqrt 2, that is x**2 >= 2 * 4**e."""
    x = Fraction(numerator, denominator)
    rounded = Fraction(float(power_of_two(np.array(numerator / denominator))))
    if abs(x * x / (2 * rounded * rounded) - 1) > Fraction(1, 1 << 40) and abs(2 * x * x / (rounded * rounded) - 1) > Fraction(
        1, 1 << 40
    ):
        assert rounded * rounded <= 2 * x * x and x * x < 2 * rounded * rounded


def test_binary_linear_by_hand() -> None:
    """Mean 1/4, mean magnitude 7/4; the weight on the mean has no sign."""
    layer = Linear(np.array([[1, -3, 0.25, 2.75]], np.float32), np.array([0.5], np.float32), np.zeros(4, np.float32), 1.0)
    x = np.array([1.0, 2.0, 4.0, 8.0])[None, :, None]
    assert binary_linear(layer, x).tolist() == [[[1.75 * (1 - 2 + 0 + 8) + 0.5]]]


def test_quantisers_by_hand() -> None:
    reference = Reference(checkpoint_of(tensors_of()), group=16)
    x = np.array([-9.0, -0.75, -0.25, 0.25, 0.75, 1.25, 9.0])[None, :, None]
    assert reference.signed("s", 0.5, x)[0, :, 0].tolist() == [-4.0, -1.0, 0.0, 0.0, 1.0, 1.0, 3.5]  # halves to even
    assert reference.unsigned("u", 0.5, -0.25, x)[0, :, 0].tolist() == [-0.25, -0.25, -0.25, 0.25, 0.75, 1.25, 7.25]
    assert reference.seen["u"].codes is not None


def test_embedding_is_normal() -> None:
    """With weight 1 and offset 0: mean 0 and variance 1 over the channels; word rows are of two values about the table's mean."""
    tensors = tensors_of()
    tensors["bert.embeddings.LayerNorm.weight"] = np.ones(SMALLEST.hidden, np.float32)
    tensors["bert.embeddings.LayerNorm.bias"] = np.zeros(SMALLEST.hidden, np.float32)
    for name in ("position", "token_type"):
        key = f"bert.embeddings.{name}_embeddings.weight"
        tensors[key] = np.zeros_like(tensors[key])
    checkpoint = checkpoint_of(tensors)
    x = Reference(checkpoint, group=16).embedding(token_ids(checkpoint, 3, 8), None)
    assert np.allclose(x.mean(1), 0, atol=1e-12) and np.allclose(x.var(1), 1, atol=1e-6)
    assert all(len(np.unique(np.round(row, 9))) <= 2 for row in x.transpose(0, 2, 1).reshape(-1, SMALLEST.hidden))


@pytest.mark.parametrize("ceil_rule", [False, True])
def test_a_run_sees_every_part(ceil_rule: bool) -> None:
    checkpoint = checkpoint_of(tensors_of())
    reference = Reference(checkpoint, group=16, ceil_rule=ceil_rule)
    logits = reference.run(token_ids(checkpoint, 2, 8))
    assert logits is not None and logits.shape == (2, 3)
    assert {"embedded", "layer0.query.input", "layer0.scores", "layer0.hidden", "layer0.norm", "pooled"} <= set(reference.seen)
    powers = reference.seen["layer0.norm"].values
    assert np.array_equal(power_of_two(powers), powers)
