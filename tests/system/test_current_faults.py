"""verify must see currents, wide values and resets: a flipped bit of their registers in the RTL, a wrong constant in the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shiftfire.backends.fault import Fault
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.cycle.configuration import Configuration, configure
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.values import IntArray
from shiftfire.system import simulate
from shiftfire.verification.verify import verify
from shiftfire_spec.address import FIRE_IMAX, FIRE_IMIN, FIRE_VRESET, Space, core_register_offset
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_CURRENT_LEAK
from support.odd_chip import odd_chip

LIMITS = {"v_min": -2000, "v_max": 2000}


@pytest.fixture(scope="module")
def case() -> tuple[Program, IntArray]:
    """Neurons that use everything: a current that saturates, resets of both new ways, a membrane as output."""
    rng = np.random.default_rng(4)
    net = NetworkBuilder("currents", input=12, timesteps=8)
    owed = {"theta": 30, "delayed_reset": True, "i_min": -24, "i_max": 24}
    net.dense("owed", rng.integers(-7, 8, (8, 12)), neuron="cubalif", leak=3, current_leak=(2, -5), **owed, **LIMITS)
    old = {"old_current": True, "reset": "zero", "v_reset": -9, "i_min": -300, "i_max": 300}
    net.dense("old", rng.integers(-7, 8, (8, 8)), neuron="cubalif", theta=8, leak=4, current_leak=3, **old, **LIMITS)
    net.dense("out", rng.integers(-7, 8, (6, 8)), neuron="cubali", leak=4, current_leak=2, i_min=-300, i_max=300, **LIMITS)
    return compile_network(net.build(), odd_chip(), spread=False), (rng.random((4, 8, 12)) < 0.5).astype(np.int64)


def tile_of(program: Program, layer: str) -> int:
    return next(core.tile for core in program.cores if core.layer == layer)


def test_without_a_fault_it_passes(case: tuple[Program, IntArray]) -> None:
    assert verify(*case, membranes=True).passed


@pytest.mark.parametrize(
    ("layer", "register", "field", "bit"),
    [
        ("owed", FIRE_CONTROL, "op", 0),  # CUBALI
        ("owed", FIRE_CONTROL, "delayed_reset", 0),
        ("owed", FIRE_CONTROL, "old_current", 0),
        ("owed", FIRE_CONTROL, "count_steps", 0),
        ("owed", FIRE_IMAX, "value", 4),
        ("owed", FIRE_IMIN, "value", 4),
        ("owed", FIRE_CURRENT_LEAK, "enable1", 0),
        ("old", FIRE_CONTROL, "old_current", 0),
        ("old", FIRE_VRESET, "value", 2),
        ("old", FIRE_CURRENT_LEAK, "shift0", 0),
        ("out", FIRE_CONTROL, "op", 1),  # LI
        ("out", FIRE_CURRENT_LEAK, "negative0", 0),
    ],
)
def test_a_flipped_bit_is_found(case: tuple[Program, IntArray], layer: str, register: Layout, field: str, bit: int) -> None:
    program, inputs = case
    fault = Fault(tile_of(program, layer), Space.REGISTER, core_register_offset(register), register.offset(field) + bit)
    verification = verify(program, inputs, fault=fault, membranes=True)
    membrane, first = verification.first_membrane_divergence, verification.first_divergence
    assert not verification.passed
    if first is not None:
        assert first.tile == tile_of(program, layer) and "rtl" in first.between
    else:  # what is stored differs, and no spike tells
        assert membrane is not None and membrane.layer.startswith(layer)


def test_a_current_that_only_the_membranes_show_is_found() -> None:
    """Neurons that never fire: no packet tells that their current is another, and their membrane takes it a step later."""
    net = NetworkBuilder("silent", input=4, timesteps=5)
    limits = {"i_min": -40, "i_max": 60, "v_min": -99, "v_max": 99}
    net.dense("only", np.eye(4), neuron="cubalif", theta=5000, current_leak=2, old_current=True, **limits)
    program, inputs = compile_network(net.readout("none").build(), odd_chip()), np.ones((2, 5, 4), np.int64)
    fault = Fault(
        tile_of(program, "only"), Space.REGISTER, core_register_offset(FIRE_CURRENT_LEAK), FIRE_CURRENT_LEAK.offset("shift0")
    )
    assert verify(program, inputs, fault=fault).passed
    found = verify(program, inputs, fault=fault, membranes=True)
    assert not found.passed and found.membrane_mismatches
    first = found.first_membrane_divergence
    assert first is not None and first.layer == "only (current)"
    assert "layer only, sample 0, timestep 4, channel 0, row 0, column 0: the current is" in first.sentence()


@pytest.mark.parametrize(("constant", "change"), [("step_cycles", 1), ("has_membrane", -1)])
def test_a_wrong_constant_in_the_kernels_is_found(
    case: tuple[Program, IntArray], monkeypatch: pytest.MonkeyPatch, constant: str, change: int
) -> None:
    def wrong(*arguments: Any, **options: Any) -> Configuration:
        right = configure(*arguments, **options)
        fire = right.fire.copy()
        fire[constant][tile_of(case[0], "owed")] += change
        return right._replace(fire=fire)

    monkeypatch.setattr(simulate, "configure", wrong)
    verification = verify(*case)
    assert not verification.passed
    assert verification.counter_differences or verification.first_divergence is not None
