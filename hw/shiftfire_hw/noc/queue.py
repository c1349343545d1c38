"""First-in first-out queue of any depth: the interface between all units."""

from amaranth.hdl import Module, Mux, ShapeLike, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out


class Queue(Component):
    """Queue of ``depth`` items of ``shape`` in distributed RAM (asynchronous read), or one register when ``depth`` is 1.

    Parameters
    ----------
    shape: shape-like
        Shape of an item.
    depth: int
        Items that fit, at least 1; no power of two needed. ValueError otherwise.

    Members
    -------
    i: In(stream(shape))
        ``ready = level < depth``.
    o: Out(stream(shape))
        ``valid = level > 0``; the payload is the oldest item, undefined while not valid.
    level: Out(range(depth + 1))
        Items held at the start of the cycle.

    ``ready``, ``valid`` and ``level`` depend on registers only. An item pushed in cycle t is visible from t+1 at the earliest.
    One push and one pop per cycle; a full queue takes nothing in the cycle of a pop (depth 1: one item every two cycles).
    Reset: empty.
    """

    i: stream.Interface
    o: stream.Interface
    level: Signal

    def __init__(self, *, shape: ShapeLike, depth: int) -> None:
        if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
            raise ValueError(f"queue depth = {depth!r} is not a positive integer")
        self.shape = shape
        self.depth = depth
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape)), "level": Out(range(depth + 1))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        push, pop = Signal(), Signal()
        m.d.comb += [
            self.i.ready.eq(self.level < self.depth),
            self.o.valid.eq(self.level > 0),
            push.eq(self.i.valid & self.i.ready),
            pop.eq(self.o.valid & self.o.ready),
        ]
        with m.If(push & ~pop):
            m.d.sync += self.level.eq(self.level + 1)
        with m.If(pop & ~push):
            m.d.sync += self.level.eq(self.level - 1)
        if self.depth == 1:
            item = Signal(self.shape)
            m.d.comb += self.o.payload.eq(item)
            with m.If(push):
                m.d.sync += item.eq(self.i.payload)
        else:
            self._elaborate_memory(m, push, pop)
        return m

    def _elaborate_memory(self, m: Module, push: Signal, pop: Signal) -> None:
        """Ring buffer; the pointers wrap at ``depth``."""
        m.submodules.items = items = Memory(shape=self.shape, depth=self.depth, init=[])
        write, read = items.write_port(), items.read_port(domain="comb")
        head, tail = Signal(range(self.depth)), Signal(range(self.depth))
        m.d.comb += [
            write.addr.eq(tail),
            write.data.eq(self.i.payload),
            write.en.eq(push),
            read.addr.eq(head),
            self.o.payload.eq(read.data),
        ]
        for pointer, step in ((tail, push), (head, pop)):
            with m.If(step):
                m.d.sync += pointer.eq(Mux(pointer == self.depth - 1, 0, pointer + 1))
