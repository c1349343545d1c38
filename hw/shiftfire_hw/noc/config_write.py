"""A configuration write as it reaches a tile's units."""

from __future__ import annotations

from amaranth.hdl import Signal, Value
from amaranth.lib.wiring import Out, PureInterface, Signature
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS, Space

from ..interface import TypedSignature


class ConfigWrite(PureInterface):
    """Interface of `config_write`."""

    write: Signal
    space: Signal
    offset: Signal
    word: Signal

    def to(self, space: Space) -> Value:
        """Whether this cycle has a write to ``space``."""
        return self.write & (self.space == space)


def config_write() -> Signature:
    """Signature of the writes, from the side of who writes.

    In a cycle with ``write``, ``word`` goes to ``offset`` (CONFIG_ADDRESS) of ``space`` (`Space`) at the end of the cycle. It cannot be held back; the unit
    that a space is no business of ignores it.
    """
    return TypedSignature(
        ConfigWrite,
        {
            "write": Out(1),
            "space": Out(CONFIG_ADDRESS.field("space").bits),
            "offset": Out(CONFIG_ADDRESS.field("offset").bits),
            "word": Out(CONFIG_DATA_BITS),
        },
    )
