"""Fetch of the injection DMA: which words it gets, from the program or from where something is stored."""

from amaranth.hdl import Module, Mux, ResetInserter, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..noc.queue import Queue
from .memory_port import MemoryPort, memory_port


class InjectFetch(Component):
    """Prefetches injection words; turns from the program to what is stored elsewhere and back.

    Parameters
    ----------
    chip: ChipConfig
        ``inject_queue_depth`` is the depth of the queue of words. Addresses and counts have ``memory_address_bits``.

    Members
    -------
    run: In(1)
        While low nothing is requested; whoever owns this holds it at reset.
    base, count: In(memory_address_bits)
        First word and number of words of the program; stable while ``run`` is high.
    memory: Out(memory_port())
        Reads only. ``req_valid`` depends on registers (and ``run``) only.
    o: Out(stream(32))
        The oldest word.
    playing: Out(1)
        Register: words come from what is stored, not from the program.
    done: Out(1)
        The program has been played: ``playing`` and ``draining`` are low, ``requested = count``, ``reserved = 0``.
    play: In(1)
        The word that is popped in this cycle is the address to go on from. Only while ``playing`` is low.
    back: In(1)
        The word that is popped in this cycle is the END of what is played. Only while ``playing`` is high.

    Registers, all 0 or empty at reset: ``requested`` (words of the program), ``pointer`` (address of the next word to play), ``playing``, ``draining``,
    ``reserved`` (words asked for and not popped), ``in_flight`` (words asked for and not answered), a Queue of words. On
    the values at the start of the cycle, while ``run`` is high:

    * fetch: ``req_valid = not draining and (playing or requested != count) and reserved < inject_queue_depth``; address = ``pointer``
      when playing, else ``base + requested``. Accepted: reserved + 1, in_flight + 1, and pointer + 1 or requested + 1.
    * a response: in_flight - 1; it is pushed into the queue, or lost while draining. A pop: reserved - 1.
    * ``play`` or ``back``: the queue is empty and draining is 1 from the next cycle on, whatever is pushed in this cycle, and a request
      accepted in this cycle is in flight like the others. playing = play. ``play`` sets ``pointer`` to the popped word, and ``requested`` to the
      number of the word after it, where the program goes on.
    * draining: nothing is requested. With in_flight = 0: draining = 0 and reserved = 0. So draining lasts one cycle when nothing was in
      flight, and the first request follows it.

    Up to ``inject_queue_depth`` words past an END or an address are read and lost.
    """

    run: Signal
    base: Signal
    count: Signal
    memory: MemoryPort
    o: stream.Interface
    playing: Signal
    done: Signal
    play: Signal
    back: Signal

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "run": In(1),
                "base": In(chip.memory_address_bits),
                "count": In(chip.memory_address_bits),
                "memory": Out(memory_port()),
                "o": Out(stream.Signature(MEMORY_WORD_BITS)),
                "playing": Out(1),
                "done": Out(1),
                "play": In(1),
                "back": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth = self.chip.inject_queue_depth
        requested, pointer = Signal.like(self.count), Signal.like(self.base)
        reserved, in_flight = Signal(range(depth + 1)), Signal(range(depth + 1))
        draining, turn, accepted, pop = Signal(), Signal(), Signal(), Signal()
        address = Signal.like(self.base)
        words = Queue(shape=MEMORY_WORD_BITS, depth=depth)
        m.submodules.words = ResetInserter(turn)(words)
        more = self.playing | (requested != self.count)
        m.d.comb += [
            self.memory.req_valid.eq(self.run & ~draining & more & (reserved < depth)),
            address.eq(Mux(self.playing, pointer, self.base + requested)),
            self.memory.req_address.eq(address),
            accepted.eq(self.memory.req_valid & self.memory.req_ready),
            words.i.valid.eq(self.memory.rsp_valid & ~draining),
            words.i.payload.eq(self.memory.rsp_data),
            self.o.valid.eq(words.o.valid),
            self.o.payload.eq(words.o.payload),
            words.o.ready.eq(self.o.ready),
            pop.eq(words.o.valid & words.o.ready),
            turn.eq(self.play | self.back),
            self.done.eq(~(more | draining) & (reserved == 0)),
        ]
        m.d.sync += [
            requested.eq(requested + (accepted & ~self.playing)),
            pointer.eq(pointer + (accepted & self.playing)),
            reserved.eq(reserved + accepted - pop),
            in_flight.eq(in_flight + accepted - self.memory.rsp_valid),
        ]
        with m.If(turn):
            m.d.sync += [draining.eq(1), self.playing.eq(self.play)]
        with m.If(self.play):
            m.d.sync += [
                requested.eq(requested - (reserved - 1)[: len(reserved)]),
                pointer.eq(words.o.payload),
            ]  # what is popped is reserved
        with m.If(draining & (in_flight == 0)):
            m.d.sync += [draining.eq(0), reserved.eq(0)]
        return m
