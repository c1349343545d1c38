"""The registers of the present stream group, and who chooses it."""

from __future__ import annotations

from amaranth.hdl import Signal
from amaranth.lib import data
from amaranth.lib.wiring import In, Out, PureInterface, Signature
from shiftfire_spec.core_program import INSTRUCTION
from shiftfire_spec.stream import GROUP_REGISTERS

from ..interface import TypedSignature
from ..layouts import register_struct

GROUP_STRUCT = register_struct(GROUP_REGISTERS)


class GroupSelect(PureInterface):
    """Interface of `group_select`."""

    next: Signal
    registers: data.View


def group_select() -> Signature:
    """Signature of the look-up of a stream group, from the side of who chooses: ``registers`` are those of the group ``next`` of the cycle before."""
    return TypedSignature(GroupSelect, {"next": Out(INSTRUCTION.field("group").bits), "registers": In(GROUP_STRUCT)})
