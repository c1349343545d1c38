"""The link's CRC-32, a bit per cycle."""

from amaranth.hdl import Const, Module, Signal
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.link import LINK_CRC_BYTES, LINK_CRC_POLYNOMIAL

CRC_BITS = 8 * LINK_CRC_BYTES
_ONES = (1 << CRC_BITS) - 1


def _residue() -> int:
    """The register after anything that ends with its own CRC. Taking 32 bits equals adding them to the register first and taking zeros; the CRC is the register inverted, so that gives all ones."""
    register = _ONES
    for _ in range(CRC_BITS):
        register = register >> 1 ^ (LINK_CRC_POLYNOMIAL if register & 1 else 0)
    return register


class LinkCrc(Component):
    """Register of a reflected CRC.

    Members
    -------
    start: In(1)
        The register becomes all ones; wins against ``step``.
    step: In(1), bit: In(1)
        Take ``bit``, the least significant of a byte first.
    out: In(1)
        With ``step``: shift the register out instead.
    low: Out(8)
        The next byte of the CRC of what was taken: the inverted low bits of the register.
    intact: Out(1)
        What was taken ends with its own CRC.
    """

    start: Signal
    step: Signal
    bit: Signal
    out: Signal
    low: Signal
    intact: Signal

    def __init__(self) -> None:
        super().__init__({"start": In(1), "step": In(1), "bit": In(1), "out": In(1), "low": Out(8), "intact": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        register, feedback = Signal(CRC_BITS, init=_ONES), Signal()
        m.d.comb += [
            feedback.eq((register[0] ^ self.bit) & ~self.out),
            self.low.eq(~register),
            self.intact.eq(register == _residue()),
        ]
        with m.If(self.start):
            m.d.sync += register.eq(_ONES)
        with m.Elif(self.step):
            m.d.sync += register.eq(register[1:] ^ (Const(LINK_CRC_POLYNOMIAL, CRC_BITS) & feedback.replicate(CRC_BITS)))
        return m
