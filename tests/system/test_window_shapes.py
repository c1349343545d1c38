"""Dilation, groups, padding of any size, overlap and one-dimensional signals: golden, simulator and RTL alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.core_program import ordered_intakes
from shiftfire.compiler.lowering.weights import core_weight_rows
from shiftfire.compiler.program import CoreSlice, Program
from shiftfire.network.synapses import SynapseOp
from shiftfire.verification.verify import verify
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip

RNG = np.random.default_rng(12)


def weights(*shape: int, signs: bool = False) -> np.ndarray:
    return RNG.choice([-1, 1], shape) if signs else RNG.integers(-8, 8, shape)


def compiled(build: Callable[[Any], Any], shape: tuple[int, int, int]) -> tuple[Program, np.ndarray]:
    """What ``build`` makes of a network of counts 0..7, with inputs."""
    network = build(sf.Network("windows", input=shape, values=(0, 7))).readout("none").build()
    return compile_network(network, odd_chip()), RNG.integers(0, 8, (2, *shape))


REQUANT = {"neuron": "requant", "shift": 3, "lo": -20, "hi": 20}
CASES: dict[str, tuple[Callable[[Any], Any], tuple[int, int, int]]] = {
    "dilation and stride with a common divisor": (
        lambda n: n.conv2d("c", weights(5, 2, 3, 3), dilation=(4, 2), stride=(2, 4), padding=(4, 3), **REQUANT),
        (2, 9, 8),
    ),
    "dilation after pooling": (
        lambda n: n.conv2d("c", weights(5, 2, 2, 3), dilation=(3, 2), padding=2, pre_pool=2, **REQUANT),
        (2, 9, 8),
    ),
    "windows in the padding only": (lambda n: n.conv2d("c", weights(3, 2, 2, 2), padding=(4, 3), **REQUANT), (2, 3, 2)),
    "groups": (lambda n: n.conv2d("c", weights(12, 2, 3, 3), groups=3, padding=1, **REQUANT), (6, 5, 4)),
    "groups of signs": (lambda n: n.conv2d("c", weights(12, 2, 3, 3, signs=True), groups=3, **REQUANT), (6, 5, 4)),
    "groups over several cores": (lambda n: n.conv2d("c", weights(40, 4, 1, 3), groups=4, dilation=2, **REQUANT), (16, 3, 6)),
    "two outputs of a channel": (lambda n: n.conv2d("c", weights(10, 1, 3, 3), groups=5, stride=2, **REQUANT), (5, 7, 6)),
    "a group per channel": (lambda n: n.conv2d("c", weights(6, 1, 3, 2), groups=6, dilation=2, **REQUANT), (6, 7, 6)),
    "a group per channel after pooling": (
        lambda n: n.conv2d("c", weights(6, 1, 2, 2, signs=True), groups=6, pre_pool=2, **REQUANT),
        (6, 7, 6),
    ),
    "a dilated depthwise kernel": (
        lambda n: n.depthwise("c", weights(6, 3, 3), dilation=(1, 3), padding=(4, 0), **REQUANT),
        (6, 4, 9),
    ),
    "overlapping pools": (lambda n: n.pool("c", (3, 4), stride=(2, 1), padding=1, dilation=(2, 1), **REQUANT), (4, 8, 6)),
    "the maximum of spikes": (
        lambda n: n.direct("s", neuron="count", theta=4, hi=1).max_pool("m", (3, 2), stride=(2, 1), padding=1),
        (5, 7, 6),
    ),
    "repeated elements": (lambda n: n.upsample("u", (3, 2), **REQUANT), (6, 4, 5)),
    "one element repeated": (lambda n: n.upsample("u", (5, 15), **REQUANT), (6, 1, 1)),
    "upsampling after a convolution, beside a residual": (
        lambda n: n.conv2d("c", weights(5, 2, 2, 2), stride=2, **REQUANT).upsample(
            "u", 2, also=sf.conv2d(weights(5, 2, 1, 1), source="input"), **REQUANT
        ),
        (2, 8, 6),
    ),
    "repeated rows over several cores": (lambda n: n.upsample("u", (16, 3), **REQUANT), (3, 5, 3)),
    "a signal in a row": (lambda n: n.conv2d("c", weights(7, 3, 1, 5), padding=(0, 8), dilation=(1, 3), **REQUANT), (3, 1, 15)),
    "a signal in a column": (lambda n: n.conv2d("c", weights(7, 3, 5, 1), padding=(8, 0), dilation=(3, 1), **REQUANT), (3, 15, 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_three_zeros(name: str) -> None:
    program, inputs = compiled(*CASES[name])
    verification = verify(program, inputs)
    assert verification.passed, verification.as_dict()
    assert verification.events_compared > 0


def test_how_groups_are_executed() -> None:
    """A group per channel is depthwise; groups of signs are stored as INT2, for the zeros between them; a core takes its groups' channels only."""
    assert _executed("a group per channel") == (SynapseOp.DEPTHWISE, WeightFormat.INT4)
    assert _executed("groups of signs") == (SynapseOp.CONV2D, WeightFormat.INT2)
    assert _executed("two outputs of a channel") == (SynapseOp.CONV2D, WeightFormat.INT4)


def _executed(name: str) -> tuple[SynapseOp, WeightFormat]:
    network = compiled(*CASES[name])[0].network
    (intake,) = ordered_intakes(network, network.layers[0])
    return intake.synapses.op, intake.synapses.weight_format


def test_a_core_stores_its_groups_only() -> None:
    """Half of the outputs: half of the groups, so half of the weights that the same convolution has with all its zeros."""
    network = compiled(*CASES["groups over several cores"])[0].network
    layer = network.layers[0]
    whole = np.zeros((40, 16, 1, 3), np.int64)
    for out, row in enumerate(np.asarray(layer.synapses[0].weights)):
        whole[out, out // 10 * 4 : out // 10 * 4 + 4] = row
    zeros = replace(network, layers=(replace(layer, synapses=(replace(layer.synapses[0], weights=whole, groups=1),)),))
    half = CoreSlice(0, layer.name, 20, 20, 0, 3, 2)
    assert 2 * core_weight_rows(network, half, 4) == core_weight_rows(zeros, half, 4)
