"""What is proven of the router: a wrapper with free inputs, reset and table writes included."""

from typing import Any

from amaranth.hdl import Array, Assert, Assume, Cat, Const, Elaboratable, Module, Mux, Signal, Value
from fabric_proofs import wrapped
from prover import registers
from shiftfire_hw.noc.router import Router
from shiftfire_spec.packet import FLIT, PORTS, Port
from shiftfire_spec.stream import ROUTE

SOURCE_BITS = 3  # low payload bits; by assumption they name the input, so that a flit tells where it came from


class RouterProof(Elaboratable):
    """For any input (``source``) and any output (``target``), a branch: the flits that the output emits from that input are those
    that entered there and whose tag leads to the output, each once, unchanged and in order; nothing is granted without room; and a
    flit waits for at most ``PORTS * link_queue_depth`` cycles in which every output has room, so that it cannot be lost as the last.
    A router that says it is ``empty`` holds no flit that has yet to leave: a run that drains loses none.

    The branch, the flit that is watched on it (``mark``), the table's content and all inputs are free. With ``inductive`` the
    account is tied to the router's registers, so that k-induction closes.
    """

    def __init__(self, router: Router, *, inductive: bool) -> None:
        self.depth = router.chip.link_queue_depth
        self.router = router
        self.inductive = inductive
        self.mark = Signal()
        self.source, self.target = Signal(range(PORTS)), Signal(range(PORTS))  # the same throughout
        self.enters, self.leaves, self.watching = Signal(), Signal(), Signal()
        self.coming, self.going, self.flit = Signal(FLIT.bits), Signal(FLIT.bits), Signal(FLIT.bits)
        self.inside, self.ahead = Signal(range(2 * self.depth + 2)), Signal(range(2 * self.depth + 2))
        self.waited = Signal(range(2 * PORTS * (self.depth + 1)))
        self.place = Signal(range(self.depth + 1))  # where the watched flit is in its queue; only if inductive, like ``wanted``
        self.wanted = Signal(PORTS)  # what the head of the source still wants
        self.shadow = Array(Signal(ROUTE.bits, name=f"shadow_{tag}", reset_less=True) for tag in range(router.chip.tags))
        self.inputs: list[Value] = [self.mark, self.source, self.target]
        self.inputs += [router.table_address, router.table_data, router.table_write]
        for port in Port:
            self.inputs += [router.i[port].valid, Value.cast(router.i[port].payload), router.o[port].ready]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        unit = self.router.elaborate(None)
        queues = [_OpenQueue(unit.submodules[f"queue_{port.name.lower()}"]) for port in Port] if self.inductive else []
        peeks = [unit.submodules["table"].read_port(domain="comb") for _ in self.shadow]
        m.submodules.unit, inner = registers(unit)
        self._assume(m)
        self._branch(m)
        self._account(m)
        if self.inductive:
            for tag, peek in enumerate(peeks):
                m.d.comb += [peek.addr.eq(tag), Assert(peek.data == self.shadow[tag])]
            self._tie_queues(m, queues, inner)
            self._tie_arbiters(m, inner)
        return m

    def _assume(self, m: Module) -> None:
        """One branch throughout; flits name their input."""
        started = Signal(reset_less=True)
        m.d.sync += started.eq(1)
        for choice in (self.source, self.target):
            same = Signal.like(choice, reset_less=True)
            m.d.sync += same.eq(choice)
            m.d.comb += [Assume(choice < PORTS), Assume(~started | (choice == same))]
        for port in Port:
            arriving = self.router.i[port]
            m.d.comb += Assume(~arriving.valid | (arriving.payload.payload[:SOURCE_BITS] == port))

    def _branch(self, m: Module) -> None:
        """What enters and what leaves on the branch, seen on the ports only; and no grant without room."""
        router = self.router
        with m.If(router.table_write):
            m.d.sync += self.shadow[router.table_address].eq(router.table_data)
        for port in Port:
            with m.If(self.source == port):
                arriving = router.i[port]
                mask = self.shadow[arriving.payload.tag[: len(router.table_address)]]
                wants = arriving.valid & arriving.ready & mask.bit_select(self.target, 1)
                m.d.comb += [self.enters.eq(wants), self.coming.eq(arriving.payload)]
            moves = router.o[port].valid & router.o[port].ready
            origin = router.o[port].payload.payload[:SOURCE_BITS]
            m.d.comb += [
                Assert(router.granted[port] == moves),
                Assert(~router.o[port].valid | (origin < PORTS)),
            ]
            with m.If(self.target == port):
                m.d.comb += [self.leaves.eq(moves & (origin == self.source)), self.going.eq(router.o[port].payload)]

    def _account(self, m: Module) -> None:
        """The watched flit leaves after exactly those that were there when it came, and in time."""
        m.d.sync += self.inside.eq(self.inside + self.enters - self.leaves)
        m.d.comb += [Assert(~self.leaves | (self.inside > 0)), Assert(self.inside <= self.depth)]
        m.d.comb += Assert(~self.router.empty | (self.inside == 0))
        with m.If(~self.watching & self.mark & self.enters):
            m.d.sync += [self.watching.eq(1), self.flit.eq(self.coming), self.ahead.eq(self.inside - self.leaves)]
        with m.If(self.watching & self.leaves):
            m.d.sync += [self.ahead.eq(self.ahead - 1), self.watching.eq(self.ahead != 0)]
            with m.If(self.ahead == 0):
                m.d.comb += Assert(self.going == self.flit)
        with m.If(~self.watching):
            m.d.sync += self.waited.eq(0)
        with m.Elif(Cat(output.ready for output in self.router.o).all()):
            m.d.sync += self.waited.eq(self.waited + 1)
        m.d.comb += Assert(~self.watching | (self.waited < PORTS * self.depth))

    def _tie_queues(self, m: Module, queues: list["_OpenQueue"], inner: dict[str, Signal]) -> None:
        """Induction: what is inside is what the items of the input's queue still want; the watched one is at ``place``."""
        place = self.place
        for port in Port:
            queue = queues[port]
            queue.number_entries(m)
            for number, entry in enumerate(queue.entries):
                m.d.comb += Assert((queue.level <= number) | (entry.flit.payload[:SOURCE_BITS] == port))
            m.d.comb += Assert(queue.level <= self.depth)
            with m.If(self.source == port):
                served = inner[f"served_{port.name.lower()}"]
                wants = [
                    (queue.level > number) & (entry.mask & ~(served if number == 0 else 0)).bit_select(self.target, 1)
                    for number, entry in enumerate(queue.entries)
                ]
                m.d.comb += [Assert(self.inside == sum(wants)), self.wanted.eq(queue.entries[0].mask & ~served)]
                pops = queue.o.valid & queue.o.ready
                m.d.sync += place.eq(Mux(self.watching, place - pops, queue.level - pops))
                for number, entry in enumerate(queue.entries):
                    with m.If(self.watching & (place == number)):
                        m.d.comb += [
                            Assert(wants[number]),
                            Assert(entry.flit.as_value() == self.flit),
                            Assert(self.ahead == sum(wants[:number])),
                        ]
        m.d.comb += Assert(~self.watching | (place < self.depth))

    def _tie_arbiters(self, m: Module, inner: dict[str, Signal]) -> None:
        """Induction: an arbiter continues after the last winner, so what was waited and what may come first is bounded."""
        slowest: Value = Const(1)  # cycles with room everywhere until the input's head has left, at most
        own: Value = Const(0)  # the same of its branch to the target
        for port in Port:
            output = self.router.o[port]
            last, turn = Signal(range(PORTS), init=PORTS - 1, name=f"last_{port.name.lower()}"), Signal(range(2 * PORTS))
            with m.If(output.valid & output.ready):
                m.d.sync += last.eq(output.payload.payload[:SOURCE_BITS])
            for previous in range(PORTS):
                with m.If(last == previous):
                    m.d.comb += Assert(inner[f"arbiter_{port.name.lower()}.after"] == ((1 << PORTS) - (2 << previous)))
            m.d.comb += [
                Assert(last < PORTS),
                turn.eq(Mux(self.source > last, self.source - last, self.source + PORTS - last)),
            ]
            slowest = Mux(self.wanted[port] & (turn > slowest), turn, slowest)
            own = Mux(self.target == port, turn, own)
        left = Mux(self.place == 0, own, slowest + PORTS * self.place)
        m.d.comb += Assert(~self.watching | (self.waited + left <= PORTS * self.depth))


class _OpenQueue:
    """A router's input queue whose items can all be read: ``entries``, oldest first, as many as fit."""

    def __init__(self, queue: Any) -> None:
        self.o, self.level, self.depth = queue.o, queue.level, queue.depth
        self.entries: list[Any] = [queue.o.payload]
        module = queue.elaborate(None)
        if queue.depth > 1:
            self._items = module.submodules["items"]
            self._peeks = [self._items.read_port(domain="comb") for _ in range(queue.depth)]
            self.entries = [peek.data for peek in self._peeks]
        queue.elaborate = lambda platform: module

    def number_entries(self, m: Module) -> None:
        """Address the entries; Assert (induction) that the pointers fit the level."""
        if self.depth == 1:
            return
        head, tail = self._items.read_ports[0].addr, self._items.write_ports[0].addr
        m.d.comb += [Assert(head < self.depth), Assert(tail == wrapped(head + self.level, self.depth))]
        m.d.comb += [peek.addr.eq(wrapped(head + number, self.depth)) for number, peek in enumerate(self._peeks)]
