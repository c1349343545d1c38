"""Faults: what is flipped, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.backends.fault import WRITABLE, Fault, FaultError
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.network.random_dense import random_dense_network
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from support.odd_chip import odd_chip


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_network(random_dense_network((6, 4, 3), 1, 0.5, 0), odd_chip())


@pytest.mark.parametrize("bit", [0, 7, 31])
@pytest.mark.parametrize("space", [Space.REGISTER, Space.PROGRAM, Space.ROUTE, Space.WEIGHT, Space.PARAMETER])
def test_one_bit_of_one_word_is_flipped(program: Program, space: Space, bit: int) -> None:
    before = program.image.copy()
    address = next(int(a) for a in before[:, 0] if CONFIG_ADDRESS.read("space", int(a)) == space)
    tile, offset = CONFIG_ADDRESS.read("tile", address), CONFIG_ADDRESS.read("offset", address)
    after = Fault(tile, space, offset, bit).apply(program)
    assert np.array_equal(program.image, before)
    changed = np.argwhere(after != before)
    assert [int(before[place, 0]) for place, _ in changed] == [address] and changed[0, 1] == 1
    assert int(after[tuple(changed[0])] ^ before[tuple(changed[0])]) == 1 << bit


@pytest.mark.parametrize("name", WRITABLE)
def test_memories_by_name(name: str) -> None:
    assert Fault.parse(f"3:{name.upper()}:0x10:2") == Fault(3, WRITABLE[name], 16, 2)


@pytest.mark.parametrize(
    "text", ["", "0:weight:1", "0:weight:1:2:3", "0:counter:1:2", "0:nothing:1:2", "0:weight:one:2", "0:weight:1:2.5"]
)
def test_what_is_no_fault(text: str) -> None:
    with pytest.raises(FaultError, match=f"fault {text!r}"):
        Fault.parse(text)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(0, Space.WEIGHT, 0, 32), "bit 32 is out of range 0..31"),
        (Fault(0, Space.WEIGHT, 0, -1), "bit -1 is out of range"),
        (Fault(6, Space.WEIGHT, 0, 0), "tile 6 is out of range 0..5"),
        (Fault(0, Space.WEIGHT, 5000, 0), r"word 5000 of weight in tile 0 is not used by this program; used: 0\.\.\d+"),
        (Fault(5, Space.WEIGHT, 0, 0), "word 0 of weight in tile 5 is not used by this program; used: none"),
    ],
)
def test_what_the_program_does_not_hold(program: Program, fault: Fault, message: str) -> None:
    with pytest.raises(FaultError, match=message):
        fault.apply(program)
