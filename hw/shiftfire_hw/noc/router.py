"""Five-port multicast router."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import ceil_log2
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import FLIT, PORTS, Port
from shiftfire_spec.stream import ROUTE

from ..layouts import flit_stream, struct
from .arbiter import RoundRobin
from .queue import Queue


class Router(Component):
    """Sends every flit to all ports in its tag's mask, one cycle per hop.

    Parameters
    ----------
    chip: ChipConfig
        ``tags`` and ``link_queue_depth`` are used.

    Members (arrays are in the order of ``Port``)
    ---------------------------------------------
    i: In(stream(FLIT)).array(PORTS)
        ``ready`` depends on registers only. The route mask is looked up in the cycle in which the flit is accepted.
        Only the low bits of the tag that address the table are looked at; a tag at or past ``tags`` has no defined route.
    o: Out(stream(FLIT)).array(PORTS)
        ``valid`` and ``payload`` do not depend on any ``ready``; the ``ready`` inputs must not depend on ``valid``. While an
        output waits for ``ready`` a new flit may take the turn, so payload and source may change before the transfer.
    granted: Out(PORTS)
        Bit p: output p moves a flit in this cycle.
    empty: Out(1)
        No input queue holds a flit.
    table_address, table_data, table_write: In
        Write port of the tag table, one ROUTE word per tag. A flit accepted in the cycle of the write sees the old word.

    In every cycle the head of each input queue wants ``mask & ~served``. Each output that is ready picks one of the heads that
    want it, round-robin from the input after its last winner (reset: input 0 first); only a transfer moves that pointer. A head
    whose last wanted outputs are granted in this cycle, or that wants none, is popped and ``served`` cleared; otherwise the
    grants join ``served``.

    Reset: queues empty, pointers and ``served`` as above. A reset leaves the table as it is; its initial content is 0 (drop).
    """

    i: list[stream.Interface]
    o: list[stream.Interface]
    granted: Signal
    empty: Signal
    table_address: Signal
    table_data: Signal
    table_write: Signal

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "i": In(flit_stream()).array(PORTS),
                "o": Out(flit_stream()).array(PORTS),
                "granted": Out(PORTS),
                "empty": Out(1),
                "table_address": In(ceil_log2(chip.tags)),
                "table_data": In(ROUTE.bits),
                "table_write": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        queues = self._elaborate_inputs(m)
        m.d.comb += self.empty.eq(~Cat(queue.o.valid for queue in queues).any())
        wanted = [Signal(PORTS, name=f"wanted_{port.name.lower()}") for port in Port]
        grants = [Signal(PORTS, name=f"grant_{port.name.lower()}") for port in Port]  # per output: the input it takes from
        for port in Port:
            self._elaborate_output(m, port, queues, wanted, grants[port])
        for port in Port:
            served = Signal(PORTS, name=f"served_{port.name.lower()}")
            moved = Signal(PORTS, name=f"moved_{port.name.lower()}")
            left = Signal(PORTS, name=f"left_{port.name.lower()}")
            head = queues[port].o
            m.d.comb += [
                wanted[port].eq(Mux(head.valid, head.payload.mask & ~served, 0)),
                moved.eq(Cat(self.granted[output] & grants[output][port] for output in Port)),
                left.eq(wanted[port] & ~moved),
                head.ready.eq(~left.any()),
            ]
            m.d.sync += served.eq(Mux(left.any(), served | moved, 0))
        return m

    def _elaborate_inputs(self, m: Module) -> list[Queue]:
        """One queue per input; the mask enters it beside the flit."""
        m.submodules.table = table = Memory(shape=ROUTE.bits, depth=self.chip.tags, init=[])
        write = table.write_port()
        m.d.comb += [write.addr.eq(self.table_address), write.data.eq(self.table_data), write.en.eq(self.table_write)]
        routed = data.StructLayout({"flit": struct(FLIT), "mask": ROUTE.bits})
        queues = []
        for port in Port:
            queue = Queue(shape=routed, depth=self.chip.link_queue_depth)
            m.submodules[f"queue_{port.name.lower()}"] = queue
            lookup = table.read_port(domain="comb")
            source = self.i[port]
            m.d.comb += [
                lookup.addr.eq(source.payload.tag),
                queue.i.payload.flit.eq(source.payload),
                queue.i.payload.mask.eq(lookup.data),
                queue.i.valid.eq(source.valid),
                source.ready.eq(queue.i.ready),
            ]
            queues.append(queue)
        return queues

    def _elaborate_output(self, m: Module, port: Port, queues: list[Queue], wanted: list[Signal], grant: Signal) -> None:
        """Arbiter and multiplexer of one output."""
        arbiter = RoundRobin(count=PORTS)
        m.submodules[f"arbiter_{port.name.lower()}"] = arbiter
        target = self.o[port]
        m.d.comb += [
            arbiter.requests.eq(Cat(wants[port] for wants in wanted)),
            arbiter.advance.eq(self.granted[port]),
            grant.eq(arbiter.grant),
            target.valid.eq(arbiter.requests.any()),
            self.granted[port].eq(target.valid & target.ready),
        ]
        for source in Port:
            with m.If(grant[source]):
                m.d.comb += target.payload.eq(queues[source].o.payload.flit)
