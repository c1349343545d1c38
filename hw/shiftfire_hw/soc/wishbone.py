"""Wishbone B4: the signatures of the SoC's buses, and how two of them are joined."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import In, Out, PureInterface, Signature
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..interface import TypedSignature

BYTES = MEMORY_WORD_BITS // 8
ADDRESS_BITS = 30  # of a word in 32 bits of byte addresses


class Wishbone(PureInterface):
    """Interface of `wishbone`."""

    cyc: Signal
    stb: Signal
    we: Signal
    adr: Signal
    sel: Signal
    dat_w: Signal
    dat_r: Signal
    ack: Signal
    err: Signal


class PipelinedWishbone(Wishbone):
    """Interface of `wishbone`, pipelined."""

    stall: Signal


def wishbone(address_bits: int = ADDRESS_BITS, *, pipelined: bool = False) -> Signature:
    """Signature of a bus of ``MEMORY_WORD_BITS`` bits with byte selects, from the master's side; ``adr`` counts words.

    Classic (standard) cycles: ``cyc`` and ``stb`` stay high, and the request stable, until the cycle with ``ack`` or ``err``, which ends the transfer;
    ``dat_r`` is valid with ``ack``. Every slave here answers one cycle after ``stb`` at the earliest.

    ``pipelined``: with ``stall`` low, a cycle with ``stb`` is a request; the requests are answered in order by one cycle of ``ack`` or ``err`` each, one
    cycle after the request or later. ``cyc`` stays high until the last answer.
    """
    members = {
        "cyc": Out(1),
        "stb": Out(1),
        "we": Out(1),
        "adr": Out(address_bits),
        "sel": Out(BYTES),
        "dat_w": Out(MEMORY_WORD_BITS),
        "dat_r": In(MEMORY_WORD_BITS),
        "ack": In(1),
        "err": In(1),
    }
    if pipelined:
        return TypedSignature(PipelinedWishbone, {**members, "stall": In(1)})
    return TypedSignature(Wishbone, members)


def forward_request(m: Module, source: Wishbone, target: Wishbone) -> None:
    """Drive the request of ``target`` with that of ``source``, all but ``cyc`` and ``stb``; the high address bits that ``target`` has not are dropped."""
    m.d.comb += [getattr(target, name).eq(getattr(source, name)) for name in ("we", "adr", "sel", "dat_w")]
