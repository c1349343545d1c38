"""The bus of the link unit: whole words, one transfer at a time."""

from amaranth.hdl import Signal
from amaranth.lib.wiring import In, Out, PureInterface, Signature
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..interface import TypedSignature
from .wishbone import ADDRESS_BITS


class LinkBus(PureInterface):
    """Interface of `link_bus`."""

    valid: Signal
    write: Signal
    address: Signal
    write_data: Signal
    done: Signal
    fault: Signal
    read_data: Signal


def link_bus() -> Signature:
    """Signature of the bus, from the side of the master.

    ``valid`` stays high, and the request stable, until the cycle with ``done``, which may be the first; ``address`` counts words of the SoC's byte addresses.
    With ``done``: ``fault`` says that nothing was done, else ``read_data`` is the word read.
    """
    return TypedSignature(
        LinkBus,
        {
            "valid": Out(1),
            "write": Out(1),
            "address": Out(ADDRESS_BITS),
            "write_data": Out(MEMORY_WORD_BITS),
            "done": In(1),
            "fault": In(1),
            "read_data": In(MEMORY_WORD_BITS),
        },
    )
