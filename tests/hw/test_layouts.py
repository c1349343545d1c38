"""Amaranth structs hold the contract's fields in the contract's bits."""

import random

import pytest
from amaranth.hdl import Const
from shiftfire_hw.layouts import flit_stream, struct
from shiftfire_spec import address, fire, inject, packet, stream
from shiftfire_spec import core_program as program
from shiftfire_spec.bitfield import Layout


def every_layout() -> list[Layout]:
    """All layouts of the contract, by looking for them."""
    modules = (address, fire, inject, packet, program, stream)
    return list({id(item): item for module in modules for item in vars(module).values() if isinstance(item, Layout)}.values())


@pytest.mark.parametrize("layout", every_layout(), ids=lambda layout: layout.name)
def test_packs_like_the_contract(layout):
    rng = random.Random(layout.name)
    shape = struct(layout)
    assert shape.size == layout.bits
    for trial in range(20):
        low_high = [(field.minimum, field.maximum) for field in layout]
        pick = {0: lambda limits: limits[0], 1: lambda limits: limits[1]}.get(trial, lambda limits: rng.randint(*limits))
        values = {field.name: pick(limits) for field, limits in zip(layout, low_high, strict=True)}
        word = layout.pack(**values)
        assert Const.cast(shape.const(values)).value == word
        back = shape.from_bits(word)
        assert {field.name: Const.cast(back[field.name]).value for field in layout} == values


def test_all_layouts_are_found():
    assert len(every_layout()) >= 25


def test_link_carries_a_flit():
    assert flit_stream().members["payload"].shape == struct(packet.FLIT)
