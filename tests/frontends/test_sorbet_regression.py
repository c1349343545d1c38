"""A regression head: the value of the imported network beside the reference's, in the result and through files."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.frontends.sorbet.checkpoint import Checkpoint
from shiftfire.frontends.sorbet.compare import compare, reference_of
from shiftfire.frontends.sorbet.errors import CheckpointError
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Readout
from support.sorbet_checkpoints import ANY, TINY, checkpoint_of, imported, tensors_of, token_ids

TOKENS = 16


def regression(bias: float = 0.7) -> Checkpoint:
    tensors = tensors_of(TINY, ANY)
    tensors["classifier.weight"], tensors["classifier.bias"] = tensors["classifier.weight"][:1], np.array([bias], np.float32)
    return checkpoint_of(tensors)


def test_the_value_is_the_references() -> None:
    """On the reference's pooled values: to the rounding of the weights to 8 bits, and of the bias."""
    checkpoint = regression()
    made = imported(checkpoint, TOKENS, input_parts=2)
    network, ids = made.network, token_ids(checkpoint, 24, TOKENS)
    assert network.readout is Readout.VALUE and network.output == "output" and network.layer("output").shape.as_tuple() == (1, 1, 1)
    row = next(row for row in compare(checkpoint, made, ids).layers if row.layer == "output")
    weight = np.abs(checkpoint.classifier.weight.astype(float))  # type: ignore[union-attr]
    rounding = (
        network.value_step * 255 * weight.size / 2 + network.value_step
    )  # half a step of every weight at the greatest pooled value
    assert row.own["max_error"] <= rounding and row.own["mean_error"] < 0.01 * row.rms
    reference = reference_of(checkpoint, made)
    values = execute(network, made.embedding.codes(ids)).predictions * network.value_step  # type: ignore[operator]
    known = reference.run(ids)
    assert known is not None and known.shape == (24, 1)
    spread = float(known.std())
    assert np.abs(values - known[:, 0]).mean() < 0.5 * spread and np.corrcoef(values, known[:, 0])[0, 1] > 0.8
    assert compare(checkpoint, made, ids).agreement is None


def test_the_bias_is_in_the_value() -> None:
    low, high = (imported(regression(bias), TOKENS) for bias in (-3.0, 3.0))
    ids = token_ids(regression(), 3, TOKENS)
    first, second = (execute(m.network, m.embedding.codes(ids)).predictions * m.network.value_step for m in (low, high))  # type: ignore[operator]
    assert second - first == pytest.approx(6, abs=0.02)


def test_bits_of_the_value() -> None:
    checkpoint = regression()
    for bits in (14, 20):
        made = imported(checkpoint, TOKENS, membrane_bits=bits)
        membrane = made.network.layer("output").kind.membrane
        assert membrane is not None and membrane.range == (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        weights = made.network.layer("output").synapses[0].weights
        assert weights is not None and np.abs(weights).max() in ((127,) if bits == 20 else range(1, 16))
    with pytest.raises(CheckpointError, match="a value with a bias of 1e\\+04 does not fit 8 bits"):
        imported(regression(1e4), TOKENS, membrane_bits=8)
