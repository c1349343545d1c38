"""What is proven of queue and arbiter: wrappers with free inputs, reset included.

Each wrapper keeps its own account of what it saw on the ports and asserts the unit's promises against it. The asserts under
"induction" only tie that account to the unit's registers, so that k-induction closes; they are proven like the others.
"""

from amaranth.hdl import Assert, Assume, Elaboratable, Module, Mux, Signal, Value
from prover import registers
from shiftfire_hw.noc.arbiter import RoundRobin
from shiftfire_hw.noc.queue import Queue


class QueueProof(Elaboratable):
    """The n-th item pushed is the n-th popped, unchanged; ready exactly with room, valid exactly with an item.

    Any one item pushed may be watched (``mark`` is free): it must leave after exactly those that were there when it came.
    """

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.mark = Signal()
        self.inputs: list[Value] = [queue.i.valid, queue.i.payload, queue.o.ready, self.mark]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        queue, depth = self.queue, self.queue.depth
        unit = queue.elaborate(None)
        items = unit.submodules["items"] if depth > 1 else None
        peek = items.read_port(domain="comb") if items is not None else None
        m.submodules.unit = unit
        held, ahead = Signal(range(2 * depth + 2)), Signal(range(2 * depth + 2))
        watching, value = Signal(), Signal(queue.shape)
        push, pop = queue.i.valid & queue.i.ready, queue.o.valid & queue.o.ready
        m.d.sync += held.eq(held + push - pop)
        m.d.comb += [
            Assert(queue.level == held),
            Assert(held <= depth),
            Assert(queue.i.ready == (held < depth)),
            Assert(queue.o.valid == (held > 0)),
        ]
        with m.If(~watching & self.mark & push):
            m.d.sync += [watching.eq(1), value.eq(queue.i.payload), ahead.eq(held - pop)]
        with m.If(watching & pop):
            m.d.sync += [ahead.eq(ahead - 1), watching.eq(ahead != 0)]
            with m.If(ahead == 0):
                m.d.comb += Assert(queue.o.payload == value)
        # induction
        with m.If(watching):
            m.d.comb += Assert(ahead < held)
        if items is None or peek is None:
            with m.If(watching):
                m.d.comb += Assert(queue.o.payload == value)
        else:
            head, tail = items.read_ports[0].addr, items.write_ports[0].addr
            m.d.comb += [
                Assert(head < depth),
                Assert(tail == wrapped(head + held, depth)),
                peek.addr.eq(wrapped(head + ahead, depth)),
            ]
            with m.If(watching):
                m.d.comb += Assert(peek.data == value)
        return m


class ArbiterProof(Elaboratable):
    """One requester is granted, the first after the last winner, and one that keeps asking loses at most ``count - 1`` times."""

    def __init__(self, arbiter: RoundRobin) -> None:
        self.arbiter = arbiter
        self.watched = Signal(range(arbiter.count))  # any requester, the same throughout
        self.inputs: list[Value] = [arbiter.requests, arbiter.advance, self.watched]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        arbiter, count = self.arbiter, self.arbiter.count
        m.submodules.unit, inner = registers(arbiter.elaborate(None))
        requests, grant = arbiter.requests, arbiter.grant
        last = Signal(range(count), init=count - 1)
        losses = Signal(range(2 * count + 2))
        started, same = Signal(reset_less=True), Signal.like(self.watched, reset_less=True)
        m.d.sync += [started.eq(1), same.eq(self.watched)]
        m.d.comb += [
            Assume(self.watched < count),
            Assume(~started | (self.watched == same)),
            Assert((grant & (grant - 1)) == 0),
            Assert((grant & ~requests) == 0),
            Assert(grant.any() == requests.any()),
        ]
        for winner in range(count):
            for previous in range(count):
                between = sum(1 << ((previous + step) % count) for step in range(1, (winner - previous - 1) % count + 1))
                with m.If(grant[winner] & (last == previous)):
                    m.d.comb += Assert((requests & between) == 0)
            with m.If(grant[winner] & arbiter.advance):
                m.d.sync += last.eq(winner)
        mine = (1 << self.watched)[:count]
        with m.If(~(requests & mine).any()):
            m.d.sync += losses.eq(0)
        with m.Elif(arbiter.advance):
            m.d.sync += losses.eq(Mux((grant & mine).any(), 0, losses + 1))
        m.d.comb += Assert(losses < count)
        # induction
        for previous in range(count):
            with m.If(last == previous):
                m.d.comb += Assert(inner["after"] == ((1 << count) - (2 << previous)))
        before = Signal(range(2 * count))  # requesters that may still come first
        m.d.comb += [
            Assert(last < count),
            before.eq(Mux(self.watched > last, self.watched - last - 1, self.watched + count - last - 1)),
            Assert(losses + before < count),
        ]
        return m


def wrapped(index: Value, depth: int) -> Value:
    """``index`` modulo ``depth``, for an index below ``2 * depth``."""
    return Mux(index >= depth, index - depth, index)
