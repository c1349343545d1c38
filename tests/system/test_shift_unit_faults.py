"""verify must see the shift units: a flipped bit in the RTL, a wrong constant in the kernels."""

from typing import Any

import numpy as np
import pytest
from shiftfire.backends.fault import Fault
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.cycle.configuration import Configuration, configure
from shiftfire.golden.ptsoftmax import count_table
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.neurons.shiftlif import ShiftLif
from shiftfire.network.neurons.table import Table
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, Shape
from shiftfire.system import simulate
from shiftfire.verification.verify import verify
from shiftfire_spec.address import Space, core_register_offset, parameter_offset
from shiftfire_spec.fire import FIRE_CONTROL
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.shift_units import BSPN_CODES, FIRE_UNITS, LevelRounding, UnitOutput
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip

UNITS = core_register_offset(FIRE_UNITS)
ZERO = np.zeros(8, np.int64)


@pytest.fixture(scope="module")
def case() -> tuple[Program, IntArray]:
    """A chain of all four units and a count with levels; two segments per core in the first two layers."""
    rng = np.random.default_rng(4)

    def dense(source: str, inputs: int) -> tuple[Synapses, ...]:
        return (Synapses(source, SynapseOp.DENSE, rng.integers(-8, 8, (8, inputs)), WeightFormat.INT4),)

    codes = np.arange(BSPN_CODES) - 16
    layers = (
        Layer(
            "norm",
            Shape(8),
            dense("in", 16),
            Bspn(ZERO, ZERO + 4, ZERO, ZERO + 1, 4, guard=0, output=UnitOutput.TABLE, codes=codes),
        ),
        Layer("softmax", Shape(8), dense("norm", 8), Ptsoftmax(ZERO, 4, 4, counts=count_table(4))),
        Layer("lif", Shape(8), dense("softmax", 8), ShiftLif(ZERO + 5, ZERO + 9, 3, LevelRounding.LINEAR, v_min=-9000, v_max=9000)),
        Layer("table", Shape(8), dense("lif", 8), Table(ZERO, 2, np.arange(32) - 9)),
        Layer("count", Shape(8), dense("table", 8), Count(ZERO + 40, ZERO, -2, 2, levels=np.array([-27, -9, 0, 9, 27]))),
    )
    network = Network("units", Input("in", Shape(16), 1, PayloadKind.COUNT, 0, 15), layers, "count", Readout.NONE)
    return compile_network(network, odd_chip(), spread=False), rng.integers(0, 16, (6, 16, 1, 1))


def tile_of(program: Program, layer: str) -> int:
    return next(core.tile for core in program.cores if core.layer == layer)


def test_without_a_fault_it_passes(case: tuple[Program, IntArray]) -> None:
    assert verify(*case).passed


@pytest.mark.parametrize(
    ("layer", "space", "address", "bit"),
    [
        ("norm", Space.TABLE, 3, 1),
        ("norm", Space.REGISTER, UNITS, FIRE_UNITS.offset("guard")),
        ("norm", Space.REGISTER, UNITS, FIRE_UNITS.offset("segment_groups") + 1),
        ("norm", Space.PARAMETER, parameter_offset(0, 0, 4, threshold=True), 6),
        ("softmax", Space.TABLE, 3, 0),
        ("softmax", Space.REGISTER, core_register_offset(FIRE_CONTROL), FIRE_CONTROL.offset("shift")),
        ("softmax", Space.REGISTER, UNITS, FIRE_UNITS.offset("rule")),
        ("lif", Space.REGISTER, UNITS, FIRE_UNITS.offset("level_rounding")),
        ("lif", Space.PARAMETER, parameter_offset(1, 3, 4, threshold=True), 1),
        ("table", Space.TABLE, 31, 0),
        ("count", Space.TABLE, 4, 2),
        ("count", Space.REGISTER, core_register_offset(FIRE_CONTROL), FIRE_CONTROL.offset("levels")),
    ],
)
def test_a_flipped_bit_is_found(case: tuple[Program, IntArray], layer: str, space: Space, address: int, bit: int) -> None:
    program, inputs = case
    verification = verify(program, inputs, fault=Fault(tile_of(program, layer), space, address, bit))
    first = verification.first_divergence
    assert not verification.passed and first is not None
    assert first.tile == tile_of(program, layer) and "rtl" in first.between


@pytest.mark.parametrize(("layer", "constant", "change"), [("softmax", "step_cycles", 1), ("lif", "has_membrane", -1)])
def test_a_wrong_constant_in_the_kernels_is_found(
    case: tuple[Program, IntArray], monkeypatch: pytest.MonkeyPatch, layer: str, constant: str, change: int
) -> None:
    def wrong(*arguments: Any, **options: Any) -> Configuration:
        right = configure(*arguments, **options)
        fire = right.fire.copy()
        fire[constant][tile_of(case[0], layer)] += change
        return right._replace(fire=fire)

    monkeypatch.setattr(simulate, "configure", wrong)
    verification = verify(*case)
    assert not verification.passed
    assert verification.counter_differences or verification.first_divergence is not None
