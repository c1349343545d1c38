"""The I/O tile's memory port."""

from amaranth.hdl import Signal
from amaranth.lib.wiring import In, Out, PureInterface, Signature
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..interface import TypedSignature


class MemoryPort(PureInterface):
    """Interface of `memory_port`."""

    req_valid: Signal
    req_ready: Signal
    req_write: Signal
    req_address: Signal
    req_data: Signal
    rsp_valid: Signal
    rsp_data: Signal


def memory_port() -> Signature:
    """Signature of a port to a word-addressed memory, from the side of the requester.

    A request moves in a cycle with ``req_valid`` and ``req_ready`` high. Each read is answered in order, one cycle or more after
    its request, by one cycle of ``rsp_valid``, which the requester cannot hold back. Writes are not answered; a later request
    sees them. ``req_ready`` must not depend on ``req_valid``. Addresses count words of ``MEMORY_WORD_BITS`` bits.
    """
    return TypedSignature(
        MemoryPort,
        {
            "req_valid": Out(1),
            "req_ready": In(1),
            "req_write": Out(1),
            "req_address": Out(MEMORY_WORD_BITS),
            "req_data": Out(MEMORY_WORD_BITS),
            "rsp_valid": In(1),
            "rsp_data": In(MEMORY_WORD_BITS),
        },
    )
