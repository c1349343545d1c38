"""Policies with a bipolar head: the chip's arithmetic is that of the definition, ties included."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.closed_loop.quantise import quantised
from shiftfire.training.policy import BipolarPolicies, FloatPolicies, Sizes


def defined(weights: np.ndarray, bias: np.ndarray, prototypes: np.ndarray, inputs: np.ndarray) -> list[int]:
    """HyperSNN's policy in Python's integers: spike or not as +1 or -1, products with the prototypes, the first of the largest."""
    actions = []
    for row in inputs.tolist():
        sums = [
            sum(w * x for w, x in zip(each, row, strict=True)) + b for each, b in zip(weights.tolist(), bias.tolist(), strict=True)
        ]
        bipolar = [1 if total >= 1 else -1 for total in sums]
        scores = [sum(p * s for p, s in zip(each, bipolar, strict=True)) for each in prototypes.tolist()]
        actions.append(scores.index(max(scores)))
    return actions


@pytest.mark.parametrize("actions", [2, 3])
def test_the_head_is_the_bipolar_one(actions: int) -> None:
    """For every vector of 10 spikes: inputs drive one hidden neuron each, so all 1,024 hypervectors occur, and ties among them."""
    rng = np.random.default_rng(actions)
    prototypes = rng.choice([-1, 1], (actions, 10))
    prototypes[1] = prototypes[0] * np.where(np.arange(10) < 4, -1, 1)  # an even number of places apart, or there is no tie
    policy = BipolarPolicies(np.eye(10, dtype=np.int64)[None], np.zeros((1, 10), np.int64), prototypes[None])
    inputs = np.array(list(product((-1, 1), repeat=10)))
    bipolar = np.where(inputs > 0, 1, -1)
    scores = bipolar @ prototypes.T
    assert (np.sort(scores, axis=1)[:, -1] == np.sort(scores, axis=1)[:, -2]).any()
    result = sf.run(policy.network("head", {}), inputs[:, :, None, None], backend="golden")
    assert result.predictions is not None
    assert result.predictions.tolist() == defined(policy.weights[0], policy.bias[0], prototypes, inputs)


@pytest.mark.parametrize("seed", range(4))
def test_random_policies(seed: int) -> None:
    """Definition, the trainer's arithmetic, golden and the simulator choose the same actions."""
    rng = np.random.default_rng(seed)
    sizes = Sizes(4, 10, 3)
    policy = BipolarPolicies.of(sizes, rng.normal(0, 0.5, (1, sizes.parameters)))
    inputs = rng.integers(-127, 128, (60, 4))
    wanted = defined(policy.weights[0], policy.bias[0], policy.prototypes[0], inputs)
    assert len(set(wanted)) > 1
    assert policy.actions(inputs[None])[0].tolist() == wanted
    network = policy.network("random", {})
    for backend in ("golden", "sim"):
        result = sf.run(network, inputs[:, :, None, None], backend=backend)
        assert result.predictions is not None and result.predictions.tolist() == wanted


def test_policies_are_apart() -> None:
    """Several at once act as each of them alone, float ones as well."""
    rng = np.random.default_rng(0)
    sizes = Sizes(3, 6, 2)
    latent, inputs = rng.normal(0, 0.5, (5, sizes.parameters)), rng.integers(-127, 128, (5, 20, 3))
    for kind, given in ((BipolarPolicies, inputs), (FloatPolicies, inputs / 127)):
        together = kind.of(sizes, latent).actions(given)
        alone = [kind.of(sizes, latent[n : n + 1]).actions(given[n : n + 1])[0] for n in range(5)]
        assert np.array_equal(together, np.array(alone))


def test_quantised() -> None:
    """Over the range, clipped, in steps of 1/127."""
    observations = np.array([[2.4, -2.4, 1e9, -1e9], [1.2, 0.0, 0.009, -0.012]])
    assert quantised(observations, (2.4,) * 4).tolist() == [[127, -127, 127, -127], [64, 0, 0, -1]]
