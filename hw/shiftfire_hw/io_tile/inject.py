"""Injection DMA: plays the injection program, and the stored vectors that it names, into the mesh; waits for the time of what it sends."""

from typing import Any

from amaranth.hdl import Const, Module, Mux, ResetInserter, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, INJECT_PLAY, MEMORY_WORD_BITS, InjectOp
from shiftfire_spec.packet import FLIT, SLOT_BITS, Kind

from ..layouts import flit_stream, struct
from .fetch import InjectFetch
from .memory_port import MemoryPort, memory_port

_WORD = data.UnionLayout(
    {"word": MEMORY_WORD_BITS, "event": struct(INJECT_EVENT), "begin": struct(INJECT_BEGIN), "play": struct(INJECT_PLAY)}
)


class InjectDma(Component):
    """Takes injection words from ``InjectFetch``, waits for slots, sends packets.

    Parameters
    ----------
    chip: ChipConfig
        ``inject_queue_depth``, ``slots``, ``timed_inputs`` and the bits of axons, tags and addresses are used.

    Members
    -------
    run: In(1)
        While low, all state is held at reset and nothing is requested or sent.
    base, count: In(memory_address_bits)
        First word and number of words of the program; stable while ``run`` is high.
    cycle: In(32)
        Register: the run cycle, for waits.
    memory: Out(memory_port())
        Reads only. ``req_valid`` depends on registers (and ``run``) only. Responses while ``run`` is low are dropped.
    credit_valid, credit_slot: In
        A CREDIT packet for ``credit_slot`` is taken in this cycle. Slots at or past ``slots`` are ignored.
    o: Out(flit_stream())
        To the mesh. ``valid`` and ``payload`` depend on registers (and ``run``) only.

    done: Out(1)
        Every word of the program has been taken.

    Registers, and their value at reset: those of ``InjectFetch``, whose queue gives the words and whose ``playing`` (0) tells where
    they come from; ``state`` (IDLE), ``tag``, ``mask``, ``more``, ``opened`` (0, one bit per slot). Each line is evaluated on the values at the
    start of the cycle and takes effect at its end; everything holds only while ``run`` is high:

    * state, looking at the head of the queue (none: nothing happens but in OPEN):

      | state | condition | does | next |
      | --- | --- | --- | --- |
      | IDLE | head is BEGIN | pop; tag = head.tag | MASK |
      | IDLE | head is a wait | pop | TIME_IDLE |
      | IDLE | head is anything else | pop (the word is lost) | IDLE |
      | MASK | head | pop; mask = the low ``slots`` bits of head | OPEN |
      | OPEN | ``opened & mask == mask`` | clear the bits of mask in opened | SEND |
      | OPEN | otherwise | | OPEN |
      | SEND | head is EVENT | ``o.valid``; when ``o.ready``: pop | SEND |
      | SEND | head is END, not playing | ``o.valid``; when ``o.ready``: pop | IDLE |
      | SEND | head is END, playing | ``o.valid``; when ``o.ready``: pop and ``back`` | more: SEND, else IDLE |
      | SEND | head is a wait, not playing | pop | TIME_SEND |
      | SEND | head is PLAY and no wait, not playing | pop; more = head.more | ADDRESS |
      | ADDRESS | head | pop and ``play``: words come from the address that head is, once draining is over | SEND |
      | SEND | head is anything else | pop (the word is lost) | SEND |
      | TIME_IDLE, TIME_SEND | ``cycle >= head`` | pop | IDLE, SEND |
      | TIME_IDLE, TIME_SEND | ``cycle < head`` | | the same |

      A *wait* is a PLAY with its wait bit, on a chip with ``timed_inputs``; others have neither that bit nor the states TIME_IDLE and
      TIME_SEND. So what follows a wait for cycle N is looked at in cycle N + 1 at the earliest, and no later than it would be
      behind two words that are lost when N is over by then.

    * a credit sets its bit in ``opened``, also in a cycle in which OPEN clears that bit. It counts for OPEN from the next cycle on.

    The END packet has axon and payload of its word; both kinds carry ``tag``, played or not.
    """

    run: Signal
    base: Signal
    count: Signal
    cycle: Signal
    memory: MemoryPort
    credit_valid: Signal
    credit_slot: Signal
    o: stream.Interface
    done: Signal

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "run": In(1),
                "base": In(chip.memory_address_bits),
                "count": In(chip.memory_address_bits),
                "cycle": In(MEMORY_WORD_BITS),
                "memory": Out(memory_port()),
                "credit_valid": In(1),
                "credit_slot": In(FLIT.field("payload").bits),
                "o": Out(flit_stream()),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Any:
        m = Module()
        m.submodules.fetch = fetch = InjectFetch(chip=self.chip)
        connect(m, fetch.memory, flipped(self.memory))
        m.d.comb += [
            fetch.run.eq(self.run),
            fetch.base.eq(self.base),
            fetch.count.eq(self.count),
            self.done.eq(fetch.done),
        ]
        self._elaborate_state(m, fetch)
        return ResetInserter(~self.run)(m)

    def _elaborate_state(self, m: Module, fetch: InjectFetch) -> None:
        head, word = fetch.o, data.View(_WORD, fetch.o.payload)
        tag = Signal(self.chip.tag_bits)
        mask, opened, clear, credit = (Signal(self.chip.slots, name=name) for name in ("mask", "opened", "clear", "credit"))
        op, packet, last, more = word.event.op, Signal(), Signal(), Signal()
        wait = (op == InjectOp.PLAY) & word.play.wait if self.chip.timed_inputs else Const(0)
        with m.If(self.credit_valid & (self.credit_slot < self.chip.slots)):
            m.d.comb += credit.eq(1 << self.credit_slot[:SLOT_BITS])
        m.d.sync += opened.eq((opened & ~clear) | credit)
        m.d.comb += [
            packet.eq((op == InjectOp.EVENT) | (op == InjectOp.END)),
            last.eq(self.o.valid & self.o.ready & (op == InjectOp.END)),
            fetch.back.eq(last & fetch.playing),
            self.o.payload.kind.eq(Mux(op == InjectOp.END, Kind.END, Kind.SPIKE)),
            self.o.payload.tag.eq(tag),
            self.o.payload.axon.eq(word.event.axon[: self.chip.axon_bits]),
            self.o.payload.payload.eq(word.event.payload),
        ]
        with m.FSM(name="state"):
            with m.State("IDLE"):
                m.d.comb += head.ready.eq(1)
                m.d.sync += tag.eq(word.begin.tag)
                with m.If(head.valid & (op == InjectOp.BEGIN)):
                    m.next = "MASK"
                if self.chip.timed_inputs:
                    with m.If(head.valid & wait):
                        m.next = "TIME_IDLE"
            with m.State("MASK"):
                m.d.comb += head.ready.eq(1)
                m.d.sync += mask.eq(head.payload)
                with m.If(head.valid):
                    m.next = "OPEN"
            with m.State("OPEN"):
                with m.If((opened & mask) == mask):
                    m.d.comb += clear.eq(mask)
                    m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += [
                    self.o.valid.eq(self.run & head.valid & packet),
                    head.ready.eq(~packet | self.o.ready),
                ]
                with m.If(last & ~(fetch.playing & more)):
                    m.next = "IDLE"
                with m.If(head.valid & (op == InjectOp.PLAY) & ~wait & ~fetch.playing):
                    m.d.sync += more.eq(word.play.more)
                    m.next = "ADDRESS"
                if self.chip.timed_inputs:
                    with m.If(head.valid & wait & ~fetch.playing):
                        m.next = "TIME_SEND"
            with m.State("ADDRESS"):
                m.d.comb += [head.ready.eq(1), fetch.play.eq(head.valid)]
                with m.If(head.valid):
                    m.next = "SEND"
            if self.chip.timed_inputs:
                for before in ("IDLE", "SEND"):
                    with m.State(f"TIME_{before}"):
                        m.d.comb += head.ready.eq(self.cycle >= head.payload)
                        with m.If(head.valid & head.ready):
                            m.next = before
