"""Imported Sorbet models on the fabric: a small one in rounds against the RTL, BERT-base's shape whole in the simulator, its first layer against the RTL."""

from __future__ import annotations

import resource
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from shiftfire.compiler.schedule import compile_schedule
from shiftfire.frontends.sorbet.builder import Options
from shiftfire.frontends.sorbet.generate import SIZES, generate_tensors
from shiftfire.frontends.sorbet.lower import import_checkpoint
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Network
from shiftfire.network.values import IntArray
from shiftfire.system.plan import plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import load_chip
from support.sorbet_checkpoints import checkpoint_of, token_ids

MEMORY_BYTES = 8 << 30


def _imported(
    size: str, *, tokens: int, layers: int, vocabulary: int = 1000, bits: int = 28, mask: bool = False
) -> tuple[Network, IntArray]:
    """A network of random weights in a model's true shape, and one sequence."""
    shape = replace(SIZES[size], layers=layers, vocabulary=vocabulary)
    checkpoint = checkpoint_of(generate_tensors(shape, 1), shape.heads)
    made = import_checkpoint(checkpoint, Options(tokens, accumulator_bits=bits, mask=mask))
    padded = (np.arange(tokens)[None] < tokens * 5 // 8).astype(np.int64) if mask else None
    return made.network, made.embedding.codes(token_ids(checkpoint, 1, tokens), mask=padded)


@pytest.mark.slow
@pytest.mark.parametrize("mask", [False, True])
def test_a_small_model_in_rounds(mask: bool) -> None:
    """With a mask its layer is stored, and played for the scores of later rounds."""
    network, inputs = _imported("tiny", tokens=8, layers=2, bits=24, mask=mask)
    schedule = compile_schedule(network, load_chip("edge"))
    assert len(schedule.rounds) > 1
    verification = verify(schedule, inputs)
    assert verification.passed, verification.sentence()


@pytest.mark.slow
def test_bert_base_whole() -> None:
    """12 layers, 128 tokens: an encoder layer a round, exact cycles, values golden's."""
    network, inputs = _imported("bert-base", tokens=128, layers=12)
    schedule = compile_schedule(network, load_chip("server"))
    assert len(schedule.rounds) == 13
    plans = plan_rounds(schedule, inputs)
    results = simulate_rounds(plans)
    assert np.array_equal(results[-1].predictions, execute(network, inputs).predictions)  # type: ignore[arg-type]
    assert all(result.cycles is not None and result.cycles > 0 for result in results)
    for before, after in pairwise(results[:-1]):
        assert before.loading_cycles > 2 * 200_000  # 7 million weight bits of the next layer, beside the run
        assert after.config_cycles < results[0].config_cycles / 4  # type: ignore[operator]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < MEMORY_BYTES


@pytest.mark.slow
def test_bert_base_first_layer_against_rtl() -> None:
    """Of 8 tokens, on all 64 tiles of server; the build takes minutes, the run as long."""
    network, inputs = _imported("bert-base", tokens=8, layers=1)
    schedule = compile_schedule(network, load_chip("server"))
    verification = verify(schedule, inputs)
    assert verification.passed and verification.cycles_sim == verification.cycles_rtl
    assert verification.events_compared > 100_000
