"""More hardware makes no network slower, but for a few, of which trials confirm why."""

from __future__ import annotations

from collections import Counter

import pytest
from shiftfire.network.graph import Network
from shiftfire.network.input_sets import Inputs
from support.more_hardware import PAIRS, WORTH, case, cycles_by_chip, reason

MOST_RISES = 0.05  # of the pairs


def held(network: Network, inputs: Inputs) -> Counter[str]:
    """Reasons of the pairs of chips of which the larger one takes 2 % more cycles; AssertionError if one of them has none."""
    cycles = cycles_by_chip(network, inputs)
    found = Counter[str]()
    for less, more in PAIRS:
        if less.name in cycles and cycles[more.name] > WORTH * cycles[less.name]:
            why = reason(network, inputs, less, more, cycles[less.name])
            assert why, f"{network.name}: {less.name} to {more.name}: {cycles}"
            found[why] += 1
    return found


def test_heads_of_a_few_channels() -> None:
    """Their cores fire no steps for lanes without a channel: with those, 64 lanes took 774 cycles, eight 427."""
    assert not held(*case(17))


@pytest.mark.parametrize("seed", [2, 10], ids=("convolutional", "dense"))
def test_layers_of_many_channels(seed: int) -> None:
    """The convolutional one was 37 % slower on `edge` than with queues of half the depth."""
    assert not held(*case(seed))


@pytest.mark.slow
def test_many_networks() -> None:
    found = sum((held(*case(seed)) for seed in range(20)), Counter[str]())
    assert found.total() <= MOST_RISES * 20 * len(PAIRS), found
