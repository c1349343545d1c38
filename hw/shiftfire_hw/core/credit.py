"""Credits: asked for by the sequencer, and those that arrive from other cores."""

from __future__ import annotations

from amaranth.hdl import Signal
from amaranth.lib.wiring import In, Out, PureInterface, Signature
from shiftfire_spec.packet import SLOT_BITS

from ..interface import TypedSignature


class CreditRequest(PureInterface):
    """Interface of `credit_request`."""

    request: Signal
    ready: Signal


def credit_request() -> Signature:
    """Signature of the request to send a CREDIT of the present stream group, from the sequencer's side.

    ``request`` stays high until a cycle with ``ready``, in which the CREDIT is sent. ``ready`` may be high without a request.
    """
    return TypedSignature(CreditRequest, {"request": Out(1), "ready": In(1)})


class SlotOpening(PureInterface):
    """Interface of `slot_opening`."""

    opened: Signal
    slot: Signal


def slot_opening() -> Signature:
    """Signature of a CREDIT's arrival, from the ingress's side: ``opened`` strobes with the ``slot`` that opens."""
    return TypedSignature(SlotOpening, {"opened": Out(1), "slot": Out(SLOT_BITS)})
