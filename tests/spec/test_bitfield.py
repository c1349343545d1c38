"""Layouts against an independent bit-string model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shiftfire_spec import address, inject, packet, stream
from shiftfire_spec import core_program as program
from shiftfire_spec.bitfield import Field, Layout
from shiftfire_spec.errors import ContractError

LAYOUTS = (
    packet.FLIT,
    program.INSTRUCTION,
    stream.ROUTE,
    stream.AXIS_ENTRY,
    address.CONFIG_ADDRESS,
    *address.CORE_REGISTERS,
    *stream.GROUP_REGISTERS,
    inject.INJECT_EVENT,
    inject.INJECT_BEGIN,
    inject.INJECT_PLAY,
    inject.STORE,
    inject.ROOM,
    inject.COLLECT_STAMP,
)


def field_values(layout: Layout) -> st.SearchStrategy[dict[str, int]]:
    return st.fixed_dictionaries({f.name: st.integers(f.minimum, f.maximum) for f in layout})


def text_of(layout: Layout, values: dict[str, int]) -> str:
    """Word as a string of bits, built field by field: last field first."""
    return "".join(format(values[f.name] % 2**f.bits, f"0{f.bits}b") for f in reversed(list(layout)))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda x: x.name)
@given(data=st.data())
def test_pack_and_unpack(layout: Layout, data: st.DataObject) -> None:
    values = data.draw(field_values(layout))
    word = layout.pack(**values)
    assert word == int(text_of(layout, values), 2)
    assert dict(layout.unpack(word)) == values


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda x: x.name)
def test_fields_left_out_are_zero(layout: Layout) -> None:
    assert layout.pack() == 0
    assert set(layout.unpack(0).values()) == {0}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda x: x.name)
def test_range_error_names_layout_field_value_and_limits(layout: Layout) -> None:
    for field in layout:
        for value in (field.minimum - 1, field.maximum + 1):
            with pytest.raises(ContractError) as error:
                layout.pack(**{field.name: value})
            for part in (layout.name, field.name, str(value), str(field.minimum), str(field.maximum)):
                assert part in str(error.value)


def test_configuration_words_fit_the_bus() -> None:
    """Everything that the configuration chain writes, and every memory word, has at most 32 bits."""
    narrow = [layout for layout in LAYOUTS if layout is not packet.FLIT]
    assert all(layout.bits <= address.CONFIG_DATA_BITS for layout in narrow)


def test_unknown_field_and_twice_named_field_are_refused() -> None:
    with pytest.raises(ContractError, match="no field 'colour'"):
        packet.FLIT.pack(colour=1)
    with pytest.raises(ContractError, match="twice"):
        Layout("x", Field("a", 1, ""), Field("a", 2, ""))


def test_unpack_refuses_words_that_are_too_wide() -> None:
    for word in (-1, 1 << packet.FLIT.bits):
        with pytest.raises(ContractError, match="out of range"):
            packet.FLIT.unpack(word)


def test_signed_extremes_by_hand() -> None:
    layout = Layout("t", Field("u", 2, ""), Field("s", 3, "", signed=True))
    assert layout.pack(u=3, s=-4) == 0b100_11
    assert layout.pack(u=0, s=-1) == 0b111_00
    assert dict(layout.unpack(0b011_01)) == {"u": 1, "s": 3}
