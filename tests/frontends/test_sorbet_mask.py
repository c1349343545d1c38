"""The padding mask of an imported Sorbet model: a padded sequence is the shorter sequence, exactly; and the scores are those of the masked reference."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.compiler.schedule import compile_schedule
from shiftfire.frontends.sorbet.compare import compare, reference_of
from shiftfire.frontends.sorbet.embedding import embed
from shiftfire.frontends.sorbet.errors import CheckpointError
from shiftfire.frontends.sorbet.padding import PADDING
from shiftfire.golden.execute import driving_sums, execute, fire
from shiftfire.network.container import load_network, save_network
from shiftfire.system.plan import plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire_spec.chip import load_chip
from shiftfire_spec.shift_units import DenominatorRule
from support.sorbet_checkpoints import ANY, POWERS, SMALLEST, TINY, checkpoint_of, imported, tensors_of, token_ids

TOKENS = 16


def attention_mask(lengths: list[int], tokens: int = TOKENS) -> np.ndarray:
    return (np.arange(tokens) < np.array(lengths)[:, None]).astype(np.int64)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_padded_sequence_is_the_shorter_one(parts: int) -> None:
    """The network for 16 tokens, of which n are real, sends what the network for n tokens sends, in every layer."""
    checkpoint = checkpoint_of(tensors_of(TINY, ANY))
    masked = imported(checkpoint, TOKENS, input_parts=parts, mask=True)
    ids = token_ids(checkpoint, 4, TOKENS)
    for length in (1, 5, TOKENS):
        short = imported(checkpoint, length, input_parts=parts)
        mask = attention_mask([length] * 4)
        long = execute(masked.network, masked.embedding.codes(ids, mask=mask))
        expected = execute(short.network, short.embedding.codes(ids[:, :length]))
        assert np.array_equal(long.predictions, expected.predictions)  # type: ignore[arg-type]
        for layer in short.network.layers:
            seen, own = long.activations[layer.name], expected.activations[layer.name]
            if layer.name.endswith(".scores"):  # channels are heads x keys
                seen = seen.reshape(4, 1, checkpoint.heads, TOKENS, TOKENS, 1)
                assert not seen[:, :, :, length:].any()
                seen = seen[:, :, :, :length].reshape(4, 1, -1, TOKENS, 1)
            assert np.array_equal(seen[:, :, :, : own.shape[3]], own), layer.name


def test_padding_anywhere_has_no_say() -> None:
    """Masks that are no suffix, and other tokens where the padding is: what real tokens send stays."""
    checkpoint = checkpoint_of(tensors_of(TINY, ANY))
    made = imported(checkpoint, TOKENS, mask=True)
    rng = np.random.default_rng(5)
    ids = token_ids(checkpoint, 3, TOKENS)
    mask = rng.integers(0, 2, ids.shape)
    mask[:, 0] = 1
    other = np.where(mask == 1, ids, token_ids(checkpoint, 3, TOKENS, seed=8))
    assert (other != ids).any()
    first, second = (execute(made.network, made.embedding.codes(each, mask=mask)) for each in (ids, other))
    real = np.broadcast_to(mask[:, None, None, :, None] == 1, first.activations["layer1.norm"].shape)
    assert np.array_equal(first.activations["layer1.norm"][real], second.activations["layer1.norm"][real])
    assert np.array_equal(first.predictions, second.predictions)  # type: ignore[arg-type]
    unmasked = execute(made.network, made.embedding.codes(ids))
    assert not np.array_equal(unmasked.activations["layer1.norm"][real], first.activations["layer1.norm"][real])


def test_probabilities_are_those_of_the_masked_reference() -> None:
    """All scales powers of two, so that scores are exact: every probability is the one of the float model, to which -10000 is added."""
    checkpoint = checkpoint_of(tensors_of(TINY, POWERS))
    made = imported(checkpoint, TOKENS, mask=True)
    ids, mask = token_ids(checkpoint, 6, TOKENS), attention_mask([1, 3, 9, 15, 16, 12])
    rows = {row.layer: row for row in compare(checkpoint, made, ids, None, mask).layers}
    assert rows["layer0.scores"].own["equal"] == rows["layer1.scores"].own["equal"] == 1.0
    unmasked = {row.layer: row for row in compare(checkpoint, made, ids).layers}
    assert unmasked["layer0.scores"].own["equal"] == 1.0
    reference = reference_of(checkpoint, made)
    reference.run(ids, None, mask)
    by_key = reference.seen["layer0.scores"].codes
    assert by_key is not None
    by_key = by_key.reshape(6, checkpoint.heads, TOKENS, TOKENS)
    assert not by_key[np.broadcast_to(mask[:, None, :, None] == 0, by_key.shape)].any()


def test_the_mask_outweighs_any_scores() -> None:
    """Queries and keys at their extremes: padded keys with the greatest scores, real ones with the least."""
    checkpoint = checkpoint_of(tensors_of(SMALLEST, ANY))
    made = imported(checkpoint, mask=True)
    layer = made.network.layer("layer0.scores")
    key = made.network.layer("layer0.key")
    low, high = key.value_limits
    query = np.full((1, 1, 16, 8, 1), -8)
    keys = np.full((1, 1, 16, 8, 1), high)
    keys[:, :, :, 4:] = low  # -8 * low is the greatest score
    padding = np.zeros((1, 1, 8, 8, 1), np.int64)
    padding[:, :, 4:] = made.network.layer(PADDING).value_limits[0]
    fed = {"layer0.query": query, "layer0.key": keys, PADDING: padding}
    sent = fire(layer.neuron, driving_sums(layer, fed)).reshape(2, 8, 8)
    alone = fire(layer.neuron, driving_sums(layer, fed | {"layer0.key": np.full_like(keys, high)})).reshape(2, 8, 8)
    assert not sent[:, 4:].any() and np.array_equal(sent, alone) and sent[:, :4].all()


def test_on_a_chip_and_through_files(tmp_path: object) -> None:
    """In rounds on edge, where later layers take the mask from memory: values are golden's."""
    checkpoint = checkpoint_of(tensors_of(TINY, ANY))
    made = imported(checkpoint, 8, mask=True, accumulator_bits=24)
    save_network(made.network, tmp_path)  # type: ignore[arg-type]
    network = load_network(tmp_path)  # type: ignore[arg-type]
    ids, mask = token_ids(checkpoint, 2, 8), attention_mask([3, 8], 8)
    inputs = made.embedding.codes(ids, mask=mask)
    schedule = compile_schedule(network, load_chip("edge"))
    assert len(schedule.rounds) > 1
    results = simulate_rounds(plan_rounds(schedule, inputs))
    assert np.array_equal(results[-1].predictions, execute(made.network, inputs).predictions)  # type: ignore[arg-type]


def test_masks_that_are_refused() -> None:
    checkpoint = checkpoint_of(tensors_of())
    ids = token_ids(checkpoint, 2, 8)
    made = imported(checkpoint, mask=True)
    for mask, message in (
        (np.ones((2, 7), int), r"attention mask is int64 of shape \(2, 7\); give integers \(2, 8\)"),
        (np.ones((2, 8)), "attention mask is float64"),
        (np.full((2, 8), 2), "holds 2; it is 1 for a token, 0 for padding"),
        (np.array([[1] * 8, [0] * 8]), "sequence 1 is all padding"),
    ):
        with pytest.raises(CheckpointError, match=message):
            made.embedding.codes(ids, mask=mask)
    with pytest.raises(CheckpointError, match="takes no padding mask"):
        imported(checkpoint).embedding.codes(ids, mask=np.ones((2, 8), int))
    with pytest.raises(CheckpointError, match="--rule ceil counts a padded key as a trace"):
        imported(checkpoint, mask=True, rule=DenominatorRule.CEIL)
    with pytest.raises(CheckpointError, match=r"layer0\.scores: a mask below every score is 2\*\*\d+, sums can take 2\*\*"):
        imported(checkpoint, mask=True, accumulator_bits=18)
    assert np.array_equal(embed(checkpoint, ids, mask=np.ones((2, 8), int)), made.embedding.codes(ids))
