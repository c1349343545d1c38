"""Round-robin arbiter."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out


class RoundRobin(Component):
    """Grants one of ``count`` requests: the first requester after the last winner, cyclically.

    Parameters
    ----------
    count: int
        Requesters, at least 1. ValueError otherwise.

    Members
    -------
    requests: In(count)
        Bit i: requester i wants the grant.
    advance: In(1)
        The grant is used in this cycle: the winner becomes the last winner. Without a request it does nothing.
    grant: Out(count)
        One-hot in the cycle of the requests (combinational), 0 without any.

    Reset: requester 0 comes first.
    """

    requests: Signal
    advance: Signal
    grant: Signal

    def __init__(self, *, count: int) -> None:
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"arbiter count = {count!r} is not a positive integer")
        self.count = count
        super().__init__({"requests": In(count), "advance": In(1), "grant": Out(count)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        after = Signal(self.count)  # bit i: requester i comes after the last winner
        first = Signal(self.count)
        m.d.comb += first.eq(self.requests & after)
        with m.If(first.any()):
            m.d.comb += self.grant.eq(first & -first)
        with m.Else():
            m.d.comb += self.grant.eq(self.requests & -self.requests)
        with m.If(self.advance & self.requests.any()):
            m.d.sync += after.eq(~(self.grant | (self.grant - 1)))
        return m
