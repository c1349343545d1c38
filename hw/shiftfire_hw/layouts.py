"""The bridge from the contract's bit fields to Amaranth shapes."""

from amaranth.hdl import signed, unsigned
from amaranth.lib import data, stream
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.packet import FLIT


def struct(layout: Layout) -> data.StructLayout:
    """Amaranth struct with the fields of ``layout`` in the same bits: first field least significant, signed fields signed."""
    return data.StructLayout({field.name: signed(field.bits) if field.signed else unsigned(field.bits) for field in layout})


def register_struct(layouts: tuple[Layout, ...]) -> data.StructLayout:
    """One member per register, named as its layout."""
    return data.StructLayout({layout.name: struct(layout) for layout in layouts})


def flit_stream() -> stream.Signature:
    """Signature of a link: a stream of FLIT."""
    return stream.Signature(struct(FLIT))
