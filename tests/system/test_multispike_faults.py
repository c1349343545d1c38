"""verify must see multi-spike neurons: a flipped bit of their registers and thresholds in the RTL, a wrong constant in the kernels."""

from typing import Any

import numpy as np
import pytest
from shiftfire.backends.fault import Fault
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.cycle.configuration import Configuration, configure
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire.system import simulate
from shiftfire.verification.verify import verify
from shiftfire_spec.address import FIRE_VMIN, Space, core_register_offset, parameter_offset
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_RANGE
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip

CONTROL, RANGE = core_register_offset(FIRE_CONTROL), core_register_offset(FIRE_RANGE)
ZERO = np.zeros(8, np.int64)
STEPS = 6


@pytest.fixture(scope="module")
def case() -> tuple[Program, IntArray]:
    """Floors of both kinds, counts on serial weights."""
    rng = np.random.default_rng(4)

    def dense(source: str, inputs: int) -> tuple[Synapses, ...]:
        return (Synapses(source, SynapseOp.DENSE, rng.integers(-8, 8, (8, inputs)), WeightFormat.INT4),)

    layers = (
        Layer("theta", Shape(8), dense("in", 16), MultiSpikeIf(np.arange(8) * 9 + 3, ZERO + 5, hi=5, v_max=9000), STEPS),
        Layer("constant", Shape(8), dense("theta", 8), MultiSpikeIf(ZERO + 2, ZERO + 5, hi=12, floor=-7, v_max=9000), STEPS),
    )
    network = Network("spikes", Input("in", Shape(16), STEPS, PayloadKind.COUNT, 0, 5), layers, "constant", Readout.NONE)
    return compile_network(network, odd_chip(), spread=False), rng.integers(0, 6, (4, STEPS, 16, 1, 1))


def tile_of(program: Program, layer: str) -> int:
    return next(core.tile for core in program.cores if core.layer == layer)


def test_without_a_fault_it_passes(case: tuple[Program, IntArray]) -> None:
    assert verify(*case).passed


@pytest.mark.parametrize(
    ("layer", "space", "address", "bit"),
    [
        ("theta", Space.REGISTER, CONTROL, FIRE_CONTROL.offset("op") + 3),
        ("theta", Space.REGISTER, CONTROL, FIRE_CONTROL.offset("floor_at_theta")),
        ("theta", Space.REGISTER, CONTROL, FIRE_CONTROL.offset("count_steps")),
        ("theta", Space.REGISTER, RANGE, FIRE_RANGE.offset("span")),
        ("theta", Space.PARAMETER, parameter_offset(1, 3, 4, threshold=True), 4),
        ("constant", Space.REGISTER, CONTROL, FIRE_CONTROL.offset("floor_at_theta")),  # -theta is above -7
        ("constant", Space.REGISTER, RANGE, FIRE_RANGE.offset("span") + 2),
        ("constant", Space.REGISTER, core_register_offset(FIRE_VMIN), 1),
    ],
)
def test_a_flipped_bit_is_found(case: tuple[Program, IntArray], layer: str, space: Space, address: int, bit: int) -> None:
    program, inputs = case
    verification = verify(program, inputs, fault=Fault(tile_of(program, layer), space, address, bit))
    first = verification.first_divergence
    assert not verification.passed and first is not None
    assert first.tile == tile_of(program, layer) and "rtl" in first.between


@pytest.mark.parametrize(("constant", "change"), [("step_cycles", 1), ("has_membrane", -1)])
def test_a_wrong_constant_in_the_kernels_is_found(
    case: tuple[Program, IntArray], monkeypatch: pytest.MonkeyPatch, constant: str, change: int
) -> None:
    def wrong(*arguments: Any, **options: Any) -> Configuration:
        right = configure(*arguments, **options)
        fire = right.fire.copy()
        fire[constant][tile_of(case[0], "theta")] += change
        return right._replace(fire=fire)

    monkeypatch.setattr(simulate, "configure", wrong)
    verification = verify(*case)
    assert not verification.passed
    assert verification.counter_differences or verification.first_divergence is not None
