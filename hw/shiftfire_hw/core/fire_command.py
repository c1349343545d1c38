"""What the sequencer tells the fire engine."""

from __future__ import annotations

from amaranth.hdl import Signal
from amaranth.lib.wiring import In, Out, PureInterface, Signature

from ..interface import TypedSignature


class FireCommand(PureInterface):
    """Interface of `fire_command`."""

    start: Signal
    first: Signal
    hold: Signal
    bank: Signal
    idle: Signal
    stalled: Signal


def fire_command() -> Signature:
    """Signature of the hand-over of a bank, from the sequencer's side.

    ``start`` strobes, only while ``idle``, with ``first`` (membranes start from their initial value), ``hold`` (the bank is not cleared) and ``bank``, which
    is at other times the bank that integrates. ``idle`` is low from the next cycle on, until the last step of the bank has left.
    ``stalled`` says that a finished step waits for the encoder.
    """
    return TypedSignature(
        FireCommand, {"start": Out(1), "first": Out(1), "hold": Out(1), "bank": Out(1), "idle": In(1), "stalled": In(1)}
    )
