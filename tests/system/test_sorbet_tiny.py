"""sorbet-tiny on a chip of 32 of edge's cores, the fewest that hold it: the compiler's mapping, and difference zero."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shiftfire.compiler.compile import compile_network, describe
from shiftfire.compiler.program import CompileError
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.verification.verify import verify
from shiftfire_spec.chip import ChipConfig, load_chip


def _chip() -> ChipConfig:
    return replace(load_chip("edge"), name="edge-8x4", width=8, height=4, tags=128)


def test_mapping() -> None:
    network = load_network(find_model("sorbet-tiny"))
    uses = {use.layer: use for use in describe(compile_network(network, _chip(), spread=False))}
    assert sum(len(use.tiles) for use in uses.values()) == 31
    heads = {name for name, use in uses.items() if len(use.tiles) == 4}
    assert heads == {"layer0.scores", "layer0.context", "layer1.scores", "layer1.context"}
    assert max(use.accumulator_bits.need for use in uses.values()) <= 18
    with pytest.raises(CompileError, match="needs 31 cores, chip edge has 16"):
        compile_network(network, load_chip("edge"))


@pytest.mark.slow
def test_difference_zero() -> None:
    directory = find_model("sorbet-tiny")
    verification = verify(compile_network(load_network(directory), _chip()), load_test_split(directory).inputs[:2])
    assert verification.passed and verification.cycles_sim == verification.cycles_rtl
    assert verification.events_compared > 100_000
