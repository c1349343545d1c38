"""Imported networks against the float reference: what is exact, what is within a tolerance, and what happens without optional parts.

"Alone" is a layer on the reference's inputs, so that errors do not add up. Measured shares are in docs/howto/import-sorbet.md.
"""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network, describe
from shiftfire.frontends.sorbet.compare import Comparison, LayerErrors, compare, reference_of
from shiftfire.frontends.sorbet.embedding import embed
from shiftfire.frontends.sorbet.errors import CheckpointError
from shiftfire.golden.execute import execute
from shiftfire.network.container import load_network, save_network
from shiftfire.network.graph import Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.synapses import SynapseOp
from shiftfire_spec.chip import load_chip
from shiftfire_spec.shift_units import DenominatorRule
from shiftfire_spec.weights import WeightFormat
from support.sorbet_checkpoints import ANY, LAYER, PLAIN, POWERS, SMALLEST, TINY, checkpoint_of, imported, tensors_of, token_ids

TOKENS = 16


def _compared(style: object, samples: int = 4, **options: object) -> Comparison:
    checkpoint = checkpoint_of(tensors_of(TINY, style))  # type: ignore[arg-type]
    return compare(checkpoint, imported(checkpoint, TOKENS, **options), token_ids(checkpoint, samples, TOKENS))


def _kind(row: LayerErrors) -> str:
    return row.layer.split(".", 1)[-1]


def test_powers_of_two_alone() -> None:
    """Every scale a power of two, no moves: all quantisers and probabilities equal; context's sums are whole numbers, whose halves round up instead of to even.

    BSPN misses what is no payload (below 2**-F), or within y's fixed point of a threshold.
    """
    for row in _compared(POWERS).layers:
        least = {"context": 0.97, "attention": 0.985, "norm": 0.985}.get(_kind(row), 1.0)
        if row.layer in ("layer0.query.input", "layer0.attention"):  # they see the eight-bit input
            least = 0.94
        assert row.own["equal"] >= least, row


def test_powers_of_two_halves_explain_the_context() -> None:
    checkpoint = checkpoint_of(tensors_of(TINY, POWERS))
    made, ids = imported(checkpoint, TOKENS), token_ids(checkpoint, 4, TOKENS)
    reference = reference_of(checkpoint, made)
    reference.run(ids)
    name = "layer1.context"
    layer = checkpoint.layers[1]
    p, v = reference.seen["layer1.scores"].codes, reference.seen["layer1.value"].codes
    assert p is not None and v is not None
    product = np.einsum("bhji,bhdj->bhdi", p.reshape(4, 2, TOKENS, TOKENS), v.reshape(4, 2, 64, TOKENS)).reshape(4, 128, TOKENS)
    quotient = product * layer.probability_step * layer.value_step / layer.output.step
    half = quotient - np.floor(quotient) == 0.5
    codes = reference.seen[name].codes
    up = np.clip(np.floor(quotient + 0.5), -8, 7)
    assert np.array_equal(codes == up, ~half | (codes == up)) and 0 < np.mean(codes != up) < 0.03
    row = next(r for r in compare(checkpoint, made, ids).layers if r.layer == name)
    assert row.own["equal"] == pytest.approx(np.mean(codes == up))


def test_any_scale_alone() -> None:
    """Arbitrary scales and moves. Quantisers equal but near a threshold; scores miss where the keys' seven bits carry a score over a whole number;
    hidden channels with a quiet level saturate above 15."""
    least = {"scores": 0.98, "hidden": 0.985, "attention": 0.985, "norm": 0.985, "pooled": 0.99}
    for row in _compared(ANY, input_parts=2).layers:
        assert row.own["equal"] >= least.get(_kind(row), 0.999), row
        if _kind(row) == "hidden":
            assert row.own["equal"] + row.own["beyond"] >= 0.9995  # nothing else is lost


def test_no_moves_alone() -> None:
    for row in _compared(PLAIN, input_parts=2).layers:
        if _kind(row) == "hidden":
            assert row.own["equal"] >= 0.9995 and row.own["beyond"] == 0


@pytest.mark.parametrize("parts", [1, 2])
def test_end_to_end_loses_no_more_than_the_model_itself(parts: int) -> None:
    """The model amplifies what its input is rounded by; the lowering adds little to that. Random weights and logits: predictions have small margins."""
    comparison = _compared(ANY, samples=24, input_parts=parts)
    for row in comparison.layers[1:]:
        assert row.end_to_end["equal"] >= row.model_equal - (0.01 if parts == 1 else 0.06) - 0.25 * (row.layer == "pooled"), row
    first = {row.layer: row.end_to_end["equal"] for row in comparison.layers}
    assert first["layer0.query.input"] > (0.97 if parts == 1 else 0.999)
    assert first["layer1.norm"] > (0.9 if parts == 1 else 0.96)
    assert comparison.agreement is not None and comparison.agreement >= (0.8 if parts == 1 else 0.9)


def test_zero_points_and_quiet_levels_are_folded() -> None:
    """The unsigned quantiser's zero point, of either sign, and moves beyond half a step become constants of the next layer."""
    for zero in (-0.03, 0.02):
        tensors = tensors_of(TINY, ANY)
        tensors[f"{LAYER}.output.dense.act_quantizer.zero_point"] = np.array(zero, np.float32)
        checkpoint = checkpoint_of(tensors)
        made = imported(checkpoint, TOKENS, input_parts=2)
        rows = {row.layer: row for row in compare(checkpoint, made, token_ids(checkpoint, 3, TOKENS)).layers}
        hidden = rows["layer0.hidden"].own
        assert hidden["equal"] + hidden["beyond"] >= 0.9995
        assert rows["layer0.norm"].own["equal"] > 0.985
        assert any("quiet level" in note for note in made.notes)
        neuron = made.network.layer("layer0.hidden").neuron
        assert isinstance(neuron, Count) and (neuron.lo, neuron.hi) == (0, 15)
        assert neuron.levels is not None and neuron.levels[0] == 0


def test_ceil_rule() -> None:
    rows = {row.layer: row for row in _compared(ANY, rule=DenominatorRule.CEIL).layers}
    assert rows["layer0.scores"].own["equal"] > 0.98


def test_word_embedding_as_it_is() -> None:
    checkpoint = checkpoint_of(tensors_of())
    binary, real = (imported(checkpoint, binary_words=b) for b in (True, False))
    ids = token_ids(checkpoint, 2, 8)
    assert not np.array_equal(binary.embedding.codes(ids), real.embedding.codes(ids))
    assert compare(checkpoint, real, ids).layers[0].own["max_error"] <= 2.0**real.embedding.step_log2 / 2 + 0.1


def test_embed_is_the_networks_input() -> None:
    checkpoint = checkpoint_of(tensors_of())
    made, ids = imported(checkpoint), token_ids(checkpoint, 3, 8)
    codes = embed(checkpoint, ids)
    assert codes.shape == (3, 16, 8, 1) and np.array_equal(codes, made.embedding.codes(ids))
    assert execute(made.network, codes).predictions is not None
    real = made.embedding.real(ids)
    inside = np.abs(real) < 127 * 2.0**made.embedding.step_log2
    assert np.abs(codes[..., 0] * 2.0**made.embedding.step_log2 - real)[inside].max() <= 2.0 ** (made.embedding.step_log2 - 1)
    with pytest.raises(CheckpointError, match=r"token ids run from 0 to 20; the checkpoint has 0\.\.19"):
        embed(checkpoint, np.array([[0, 20]]))
    with pytest.raises(CheckpointError, match="8 positions"):
        embed(checkpoint, np.zeros((1, 9), np.int64))
    with pytest.raises(CheckpointError, match="give integers"):
        embed(checkpoint, np.zeros((1, 8)))  # type: ignore[arg-type]


def test_token_types_matter() -> None:
    checkpoint = checkpoint_of(tensors_of())
    ids = token_ids(checkpoint, 2, 8)
    assert not np.array_equal(embed(checkpoint, ids), embed(checkpoint, ids, np.ones_like(ids)))


def test_two_parts_make_one_value() -> None:
    checkpoint = checkpoint_of(tensors_of())
    made = imported(checkpoint, input_parts=2)
    ids = token_ids(checkpoint, 2, 8)
    codes = made.embedding.codes(ids)
    assert codes.shape == (2, 16, 8, 2) and np.abs(codes).max() <= 127
    assert np.array_equal(codes[..., 0] * 64 + codes[..., 1], made.embedding.whole(ids))
    assert np.abs(made.embedding.whole(ids) * 2.0**made.embedding.step_log2 - made.embedding.real(ids)).max() < 2.0**-8


def test_structure() -> None:
    """Tables at the receiver where there are no moves, quantiser layers where there are; queries, keys and values that quantise alike share one."""
    names = [layer.name for layer in imported(checkpoint_of(tensors_of(style=POWERS))).network.layers]
    parts = ("query", "key", "value", "scores", "context", "attention", "hidden", "norm")
    assert names == ["layer0.query.input", *(f"layer0.{part}" for part in parts), "pooled", "output"]
    network = imported(checkpoint_of(tensors_of())).network
    assert {"layer0.key.input", "layer0.hidden.input", "pooled.input"} <= {layer.name for layer in network.layers}
    assert network.readout is Readout.EVENT
    linear = [s for layer in network.layers for s in layer.synapses if s.op is SynapseOp.CONV2D]
    assert {s.weight_format for s in linear} == {WeightFormat.PM1} and len(linear) == 7


def test_exact_scales_need_no_levels() -> None:
    """Powers of two: codes are sent as they are, rows are four bits."""
    made = imported(checkpoint_of(tensors_of(TINY, POWERS)), TOKENS)
    assert made.level_error == {} and made.on_mean == 0
    scores = made.network.layer("layer0.scores").synapses[0]
    assert scores.weight_format in (WeightFormat.INT4, WeightFormat.INT8)
    any_scale = imported(checkpoint_of(tensors_of(TINY, ANY)), TOKENS)
    assert 0 < max(any_scale.level_error.values()) < 0.5 / 63


@pytest.mark.parametrize("missing", ["classifier", "pooler"])
def test_without_head(missing: str) -> None:
    tensors = tensors_of()
    for key in [k for k in tensors if k.startswith("classifier") or (missing == "pooler" and "pooler" in k)]:
        del tensors[key]
    checkpoint = checkpoint_of(tensors)
    made = imported(checkpoint)
    assert made.network.readout is Readout.NONE
    assert made.network.output == ("pooled" if missing == "classifier" else "layer0.norm")
    comparison = compare(checkpoint, made, token_ids(checkpoint, 2, 8))
    assert comparison.predictions is None and comparison.agreement is None


def test_weights_without_sign_are_counted() -> None:
    tensors = tensors_of()
    key = f"{LAYER}.attention.self.query.weight"
    weight = np.ones_like(tensors[key])
    weight[::2] = -1
    weight[0], weight[1] = 0, 0
    tensors[key] = weight
    assert imported(checkpoint_of(tensors)).on_mean == 2 * SMALLEST.hidden


@pytest.mark.parametrize(
    ("message", "options"),
    [
        (r"--tokens 9 is out of range: 1\.\.8", {"tokens": 9}),
        ("--tokens 0", {"tokens": 0}),
        ("--group 12 is not a power of two", {"group": 12}),
        ("--group 32 does not divide 16 channels; use 16", {"group": 32}),
        ("--input-parts 3", {"input_parts": 3}),
        ("do not fit 8 bits", {"accumulator_bits": 8}),
    ],
)
def test_options_that_do_not_suit(message: str, options: dict[str, int]) -> None:
    with pytest.raises(CheckpointError, match=message):
        imported(checkpoint_of(tensors_of()), **options)  # type: ignore[arg-type]


def test_generated_checkpoints_are_reproducible() -> None:
    from shiftfire.frontends.sorbet.generate import generate_tensors

    first, again, other = (generate_tensors(SMALLEST, seed) for seed in (3, 3, 4))
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert not np.array_equal(first["classifier.weight"], other["classifier.weight"])


def test_generated_codes_are_well_spread() -> None:
    """Nearly all codes of every signed quantiser of sums occur; powers of two, which the others quantise, have fewer."""
    checkpoint = checkpoint_of(tensors_of(TINY, ANY))
    reference = reference_of(checkpoint, imported(checkpoint, TOKENS))
    reference.run(token_ids(checkpoint, 4, TOKENS))
    for name, seen in reference.seen.items():
        if seen.codes is not None and not name.endswith(("scores", "hidden")):
            assert len(np.unique(seen.codes)) >= (10 if name.endswith("input") else 15), name


def test_compiles_for_a_server_and_survives_a_container(tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    network = imported(checkpoint_of(tensors_of(TINY, ANY)), TOKENS).network
    save_network(network, tmp_path / "net")
    uses = describe(compile_network(load_network(tmp_path / "net"), load_chip("server")))
    assert [use.layer for use in uses] == [layer.name for layer in network.layers]
    assert max(use.accumulator_bits.need for use in uses) <= 28


def test_narrow_accumulators_fit_an_edge() -> None:
    made = imported(checkpoint_of(tensors_of(style=POWERS)), 4, accumulator_bits=24)
    compile_network(made.network, load_chip("edge"))
