"""Sequencer: executes the core's program and hands banks to the fire engine."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Array, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.core_program import INSTRUCTION, LOOP_COUNTERS, Opcode
from shiftfire_spec.stream import GROUP_LOAD, RING

from ..layouts import struct
from ..noc.config_write import ConfigWrite, config_write
from ..settled_memory import settled_memory
from .address_generator import chain_layout
from .bank_ports import ring_address
from .credit import CreditRequest, credit_request
from .fire_command import FireCommand, fire_command


class Sequencer(wiring.Component):
    """Program control of the integrate engine (docs/architecture.md section 3, "Integrate").

    One instruction per cycle in EXEC. The core holds it in reset between runs, with ``run`` low (pc 0, EXEC, bank 0, loop counters 0). Chips without
    dynamic weights have no LOAD and stay where one stands, so do those without ``delay_words`` with STEP; chips without feedback keep no ``discard``
    bit of their instructions.

    Parameters
    ----------
    chip: ChipConfig
        ``program_words``, ``dynamic_weights``, ``feedback``, ``chains`` and ``delay_words`` are used.

    Members
    -------
    run: In(1)
        While low, the first instruction is fetched again and again.
    config: In(config_write())
        Writes to Space.PROGRAM. The program's memory is read a cycle ahead: it must not be written in the cycle before a run.
    sources: In(chip.source_bits)
        ENDs that end a vector of the present stream group.
    load_rows: In(GROUP_LOAD.rows)
        Weight rows that a LOAD of the group clears first.
    ring: In(RING)
        The core's register of the ring.
    ring_base: Out(ring_address(chip)), steps_left: Out(INSTRUCTION.count)
        Where the ring holds the sums of the present step, and how many steps of the sample are still to come; 0 without ``delay_words``.
    step: Out(1), step_index: Out(RING.words)
        Strobes for each word of the present step, which moves from the ring to the bank, and counts them from 0.
    chain: In(chain_layout())
        Within a vector: the next group of a chain is the present one in the next cycle, or the one that the instruction named is again. Chips without
        chains ignore it.
    group_index: Out(INSTRUCTION.group)
        The present stream group.
    group_next: Out(INSTRUCTION.group)
        What it is in the next cycle.
    loading: Out(1)
        The vector of the present group is stored as weights (LOAD).
    discarding: Out(1)
        The vector of the present group is taken and dropped (ACC with ``discard``).
    clear: Out(1)
        Strobes once per row of ``load_rows``, before the group is opened.
    clear_index: Out(GROUP_LOAD.rows)
        Counts those rows from 0.
    credit: Out(credit_request())
        ``request`` is high in OPEN.
    receiving: Out(1)
        High in RECEIVE.
    end_seen: In(1)
        Strobes as an END leaves stage A.
    drained: In(1)
        Stage B is empty.
    fire: Out(fire_command())
        A bank is handed over; the other integrates from the next cycle on, unless it is held.
    waiting_fire: Out(1)
        A FIRE waits.
    halted: Out(1)
        A HALT stands at the program counter.
    """

    run: Signal
    config: ConfigWrite
    sources: Signal
    load_rows: Signal
    ring: data.View
    ring_base: Signal
    steps_left: Signal
    step: Signal
    step_index: Signal
    chain: data.View
    group_index: Signal
    group_next: Signal
    loading: Signal
    discarding: Signal
    clear: Signal
    clear_index: Signal
    credit: CreditRequest
    receiving: Signal
    end_seen: Signal
    drained: Signal
    fire: FireCommand
    waiting_fire: Signal
    halted: Signal

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "run": In(1),
                "config": In(config_write()),
                "sources": In(chip.source_bits),
                "load_rows": In(GROUP_LOAD.field("rows").bits),
                "ring": In(struct(RING)),
                "ring_base": Out(ring_address(chip)),
                "steps_left": Out(INSTRUCTION.field("count").bits),
                "step": Out(1),
                "step_index": Out(RING.field("words").bits),
                "chain": In(chain_layout()),
                "group_index": Out(INSTRUCTION.field("group").bits),
                "group_next": Out(INSTRUCTION.field("group").bits),
                "loading": Out(1),
                "discarding": Out(1),
                "clear": Out(1),
                "clear_index": Out(GROUP_LOAD.field("rows").bits),
                "credit": Out(credit_request()),
                "receiving": Out(1),
                "end_seen": In(1),
                "drained": In(1),
                "fire": Out(fire_command()),
                "waiting_fire": Out(1),
                "halted": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.program = program = settled_memory(self._instruction(), self.chip.program_words)
        write, read = program.write_port(), program.read_port()
        pc = Signal(range(self.chip.program_words))
        following = Signal.like(pc)  # pc of the next cycle
        m.d.comb += [
            write.en.eq(self.config.to(Space.PROGRAM)),
            write.addr.eq(self.config.offset),
            write.data.eq(self.config.word),
            following.eq(pc),
            read.addr.eq(Mux(self.run, following, 0)),
        ]
        m.d.sync += pc.eq(following)
        instruction: Any = read.data
        counters = Array(Signal(INSTRUCTION.field("count").bits, name=f"loop{i}") for i in range(LOOP_COUNTERS))
        ends = Signal.like(self.sources)
        ends_next = Signal(len(ends))
        m.d.comb += [ends_next.eq(ends + 1), self.group_next.eq(self.group_index)]
        m.d.sync += self.group_index.eq(self.group_next)
        opened = Signal.like(self.group_index)  # the group that the last ACC or LOAD named

        with m.FSM():
            with m.State("EXEC"):
                self._execute(m, pc, following, instruction, counters)
                m.d.sync += opened.eq(self.group_next)
            if self.chip.dynamic_weights:
                with m.State("CLEAR"):
                    m.d.comb += self.clear.eq(1)
                    m.d.sync += self.clear_index.eq(self.clear_index + 1)
                    with m.If(self.clear_index + 1 >= self.load_rows):
                        m.next = "OPEN"
            if self.chip.delay_words:
                with m.State("STEP"):
                    m.d.comb += self.step.eq(1)
                    m.d.sync += self.step_index.eq(self.step_index + 1)
                    with m.If(self.step_index + 1 >= self.ring.words):
                        m.next = "DRAIN"
            with m.State("OPEN"):
                m.d.comb += self.credit.request.eq(1)
                m.d.sync += ends.eq(0)
                with m.If(self.credit.ready):
                    m.next = "RECEIVE"
            with m.State("RECEIVE"):
                m.d.comb += self.receiving.eq(1)
                if self.chip.chains:
                    with m.If(self.chain.next):
                        m.d.comb += self.group_next.eq(self.group_index + 1)
                    with m.If(self.chain.back):
                        m.d.comb += self.group_next.eq(opened)
                with m.If(self.end_seen):
                    m.d.sync += ends.eq(ends_next)
                    with m.If(ends_next == self.sources):
                        m.next = "DRAIN"
            with m.State("DRAIN"), m.If(self.drained):
                m.next = "EXEC"
        return m

    def _instruction(self) -> data.StructLayout:
        """What of an INSTRUCTION this chip keeps: without feedback, all but its last bit."""
        members = struct(INSTRUCTION).members
        return data.StructLayout({name: shape for name, shape in members.items() if name != "discard" or self.chip.feedback})

    def _execute(self, m: Module, pc: Signal, following: Signal, instruction: Any, counters: Any) -> None:
        """One instruction in EXEC."""
        m.d.comb += self.halted.eq(instruction.opcode == Opcode.HALT)
        with m.Switch(instruction.opcode):
            with m.Case(Opcode.ACC):
                m.d.comb += [following.eq(pc + 1), self.group_next.eq(instruction.group)]
                m.d.sync += self.loading.eq(0)
                if self.chip.feedback:
                    m.d.sync += self.discarding.eq(instruction.discard)
                m.next = "OPEN"
            if self.chip.dynamic_weights:
                with m.Case(Opcode.LOAD):
                    m.d.comb += [following.eq(pc + 1), self.group_next.eq(instruction.group)]
                    m.d.sync += [self.loading.eq(1), self.discarding.eq(0), self.clear_index.eq(0)]
                    m.next = "CLEAR"
            if self.chip.delay_words:
                with m.Case(Opcode.STEP):
                    m.d.comb += following.eq(pc + 1)
                    with m.If(instruction.first):
                        m.d.sync += self.steps_left.eq(instruction.count)
                    with m.Else():
                        self._next_step(m)
                        m.next = "STEP"
            with m.Case(Opcode.FIRE):
                m.d.comb += [
                    self.fire.start.eq(self.fire.idle),
                    self.fire.first.eq(instruction.first),
                    self.fire.hold.eq(instruction.hold),
                    self.waiting_fire.eq(~self.fire.idle),
                ]
                with m.If(self.fire.idle):
                    m.d.comb += following.eq(pc + 1)
                    m.d.sync += self.fire.bank.eq(self.fire.bank ^ ~instruction.hold)
            with m.Case(Opcode.LOOP):
                counter = counters[instruction.group[0]]
                with m.If(counter + 1 == instruction.count):
                    m.d.comb += following.eq(pc + 1)
                    m.d.sync += counter.eq(0)
                with m.Else():
                    m.d.comb += following.eq(instruction.target)
                    m.d.sync += counter.eq(counter + 1)
            with m.Case(Opcode.JUMP):
                m.d.comb += following.eq(instruction.target)

    def _next_step(self, m: Module) -> None:
        """The present step is the next one."""
        following = Signal(len(self.ring.length) + 1)
        m.d.comb += following.eq(self.ring_base + self.ring.words)
        m.d.sync += [
            self.steps_left.eq(self.steps_left - 1),
            self.ring_base.eq(Mux(following >= self.ring.length, following - self.ring.length, following)),
            self.step_index.eq(0),
        ]
