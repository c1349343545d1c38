"""Sequencer: executes the core's program and hands banks to the fire engine."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Array, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.core_program import INSTRUCTION, LOOP_COUNTERS, Opcode
from shiftfire_spec.stream import GROUP_CONTROL, GROUP_LOAD

from ..layouts import struct


class Sequencer(wiring.Component):
    """Program control of the integrate engine (docs/architecture.md section 3, "Integrate").

    One instruction per cycle in EXEC. The core holds it in reset between runs, with ``run`` low (pc 0, EXEC, bank 0, loop counters 0). The program's memory is read
    a cycle ahead: it must not be written in the cycle before a run.

    ``group_index``: the present stream group; ``group_next``: what it is in the next cycle. ``credit_request`` is high in OPEN until ``credit_ready``. ``receiving`` is high in RECEIVE. ``end_seen`` is a strobe: an END
    leaves stage A. ``drained``: stage B is empty. ``fire_start`` strobes with ``fire_first`` and ``fire_hold``, only while ``fire_idle``;
    ``bank`` is the bank that integrates (and that a FIRE in this cycle hands over). ``waiting_fire``: a FIRE waits.
    ``loading``: the vector of the present group is stored as weights (LOAD). ``clear`` strobes once per row of the group's ``load_rows``, with ``clear_index``
    counting from 0, before the group is opened. Chips without dynamic weights have no LOAD and stay where one stands.
    """

    run: Any
    program_write: Any
    program_address: Any
    program_data: Any
    sources: Any
    load_rows: Any
    group_index: Any
    group_next: Any
    loading: Any
    clear: Any
    clear_index: Any
    credit_request: Any
    credit_ready: Any
    receiving: Any
    end_seen: Any
    drained: Any
    fire_idle: Any
    fire_start: Any
    fire_first: Any
    fire_hold: Any
    bank: Any
    waiting_fire: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "run": In(1),
                "program_write": In(1),
                "program_address": In(INSTRUCTION.field("target").bits),
                "program_data": In(INSTRUCTION.bits),
                "sources": In(GROUP_CONTROL.field("sources").bits),
                "load_rows": In(GROUP_LOAD.field("rows").bits),
                "group_index": Out(INSTRUCTION.field("group").bits),
                "group_next": Out(INSTRUCTION.field("group").bits),
                "loading": Out(1),
                "clear": Out(1),
                "clear_index": Out(GROUP_LOAD.field("rows").bits),
                "credit_request": Out(1),
                "credit_ready": In(1),
                "receiving": Out(1),
                "end_seen": In(1),
                "drained": In(1),
                "fire_idle": In(1),
                "fire_start": Out(1),
                "fire_first": Out(1),
                "fire_hold": Out(1),
                "bank": Out(1),
                "waiting_fire": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.program = program = Memory(shape=struct(INSTRUCTION), depth=self.chip.program_words, init=[])
        write, read = program.write_port(), program.read_port()
        pc = Signal(range(self.chip.program_words))
        following = Signal.like(pc)  # pc of the next cycle
        m.d.comb += [
            write.en.eq(self.program_write),
            write.addr.eq(self.program_address),
            write.data.eq(self.program_data),
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

        with m.FSM():
            with m.State("EXEC"):
                self._execute(m, pc, following, instruction, counters)
            if self.chip.dynamic_weights:
                with m.State("CLEAR"):
                    m.d.comb += self.clear.eq(1)
                    m.d.sync += self.clear_index.eq(self.clear_index + 1)
                    with m.If(self.clear_index + 1 >= self.load_rows):
                        m.next = "OPEN"
            with m.State("OPEN"):
                m.d.comb += self.credit_request.eq(1)
                m.d.sync += ends.eq(0)
                with m.If(self.credit_ready):
                    m.next = "RECEIVE"
            with m.State("RECEIVE"):
                m.d.comb += self.receiving.eq(1)
                with m.If(self.end_seen):
                    m.d.sync += ends.eq(ends_next)
                    with m.If(ends_next == self.sources):
                        m.next = "DRAIN"
            with m.State("DRAIN"), m.If(self.drained):
                m.next = "EXEC"
        return m

    def _execute(self, m: Module, pc: Signal, following: Signal, instruction: Any, counters: Any) -> None:
        """One instruction in EXEC."""
        with m.Switch(instruction.opcode):
            with m.Case(Opcode.ACC):
                m.d.comb += [following.eq(pc + 1), self.group_next.eq(instruction.group)]
                m.d.sync += self.loading.eq(0)
                m.next = "OPEN"
            if self.chip.dynamic_weights:
                with m.Case(Opcode.LOAD):
                    m.d.comb += [following.eq(pc + 1), self.group_next.eq(instruction.group)]
                    m.d.sync += [self.loading.eq(1), self.clear_index.eq(0)]
                    m.next = "CLEAR"
            with m.Case(Opcode.FIRE):
                m.d.comb += [
                    self.fire_start.eq(self.fire_idle),
                    self.fire_first.eq(instruction.first),
                    self.fire_hold.eq(instruction.hold),
                    self.waiting_fire.eq(~self.fire_idle),
                ]
                with m.If(self.fire_idle):
                    m.d.comb += following.eq(pc + 1)
                    m.d.sync += self.bank.eq(self.bank ^ ~instruction.hold)
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
