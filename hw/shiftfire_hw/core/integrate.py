"""Integrate engine: sequencer, address generator, weight memory and lanes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, ResetInserter, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS, Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.core_program import INSTRUCTION
from shiftfire_spec.counters import Counter
from shiftfire_spec.packet import FLIT
from shiftfire_spec.weights import FORMATS, SLICES, WeightFormat

from ..layouts import struct
from .accumulators import bank_address, bank_word
from .address_generator import AddressGenerator, beat_layout
from .counters import COUNTER_BUMPS
from .lane import Lane
from .registers import GROUP_STRUCT
from .sequencer import Sequencer
from .weight_memory import WeightMemory


class Integrate(wiring.Component):
    """Executes the core's program: takes vectors from ``i`` into accumulator banks, hands banks to the fire engine.

    A beat issued in cycle t (stage B) reads its weights and accumulator word, has them in t+1 (stage C) and is added at the end of t+2 (stage D).
    ``bumps`` are this cycle's counter increments. Held in reset while ``run`` is low; memories keep their contents.
    The accumulators' integrate side is driven by ``acc_*``, in step with :class:`Accumulators`.
    """

    run: Any
    i: Any
    group_next: Any
    group: Any
    credit_request: Any
    credit_ready: Any
    fire_idle: Any
    fire_start: Any
    fire_first: Any
    fire_hold: Any
    bank: Any
    acc_read: Any
    acc_read_address: Any
    acc_read_data: Any
    acc_write: Any
    acc_write_address: Any
    acc_write_data: Any
    write: Any
    space: Any
    offset: Any
    word: Any
    bumps: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        address = bank_address(chip)
        super().__init__(
            {
                "run": In(1),
                "i": In(stream.Signature(struct(FLIT))),
                "group_next": Out(INSTRUCTION.field("group").bits),
                "group": In(GROUP_STRUCT),
                "credit_request": Out(1),
                "credit_ready": In(1),
                "fire_idle": In(1),
                "fire_start": Out(1),
                "fire_first": Out(1),
                "fire_hold": Out(1),
                "bank": Out(1),
                "acc_read": Out(1),
                "acc_read_address": Out(address),
                "acc_read_data": In(bank_word(chip)),
                "acc_write": Out(1),
                "acc_write_address": Out(address),
                "acc_write_data": Out(bank_word(chip)),
                "write": In(1),
                "space": In(CONFIG_ADDRESS.field("space").bits),
                "offset": In(CONFIG_ADDRESS.field("offset").bits),
                "word": In(CONFIG_DATA_BITS),
                "bumps": Out(COUNTER_BUMPS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        chip = self.chip
        sequencer, generator = Sequencer(chip=chip), AddressGenerator(chip=chip)
        m.submodules.sequencer = ResetInserter(~self.run)(sequencer)
        m.submodules.address_generator = ResetInserter(~self.run)(generator)
        m.submodules.weight_memory = weights = WeightMemory(chip=chip)
        m.d.comb += [
            sequencer.run.eq(self.run),
            sequencer.program_write.eq(self.write & (self.space == Space.PROGRAM)),
            sequencer.program_address.eq(self.offset),
            sequencer.program_data.eq(self.word),
            sequencer.sources.eq(self.group.group_control.sources),
            sequencer.load_rows.eq(self.group.group_load.rows),
            sequencer.end_seen.eq(generator.end_seen),
            sequencer.drained.eq(generator.drained),
            sequencer.credit_ready.eq(self.credit_ready),
            sequencer.fire_idle.eq(self.fire_idle),
            self.group_next.eq(sequencer.group_next),
            self.credit_request.eq(sequencer.credit_request),
            self.fire_start.eq(sequencer.fire_start),
            self.fire_first.eq(sequencer.fire_first),
            self.fire_hold.eq(sequencer.fire_hold),
            self.bank.eq(sequencer.bank),
            generator.group.eq(self.group),
            generator.group_index.eq(sequencer.group_index),
            generator.recode_write.eq(self.write & (self.space == Space.RECODE)),
            generator.recode_address.eq(self.offset),
            generator.recode_data.eq(self.word),
            generator.receiving.eq(sequencer.receiving),
            generator.loading.eq(sequencer.loading),
            generator.axis_write[0].eq(self.write & (self.space == Space.AXIS_Y)),
            generator.axis_write[1].eq(self.write & (self.space == Space.AXIS_X)),
            generator.axis_address.eq(self.offset),
            generator.axis_data.eq(self.word),
            weights.write.eq(self.write & (self.space == Space.WEIGHT)),
            weights.offset.eq(self.offset),
            weights.word.eq(self.word),
        ]
        wiring.connect(m, wiring.flipped(self.i), generator.i)

        # Stage B.
        beat: Any = generator.beat
        issue, adds = Signal(), Signal()  # a beat; one that adds to the accumulators
        m.d.comb += [
            issue.eq(generator.beat_valid & self.run),
            weights.read.eq(issue & (beat.weight_format != WeightFormat.ONE)),
            weights.read_format.eq(self.group.group_control.weight_format),
            weights.address.eq(beat.weight),
            weights.load.eq(beat.load),
            weights.lane.eq(beat.lane),
            weights.value.eq(beat.value),
            weights.clear.eq(sequencer.clear & self.run),
            weights.clear_base.eq(self.group.group_weight.base),
            weights.clear_index.eq(sequencer.clear_index),
            adds.eq(issue & ~beat.load),
            self.acc_read.eq(adds),
            self.acc_read_address.eq(beat.acc),
        ]
        self._add(m, adds, beat, weights)
        self._count(m, sequencer, generator, issue, adds)
        return m

    def _add(self, m: Module, adds: Signal, beat: Any, weights: WeightMemory) -> None:
        """Stages C, in which memories answer, and D, in which the lanes add."""
        chip = self.chip
        c: Any = Signal(beat_layout(chip), name="c")
        d: Any = Signal(beat_layout(chip), name="d")
        c_valid, d_valid, again = Signal(), Signal(), Signal()
        given: Any = Signal.like(weights.weights, name="given")
        sums: Any = Signal(bank_word(chip), name="sums")
        m.d.sync += [c_valid.eq(adds), c.eq(beat), d_valid.eq(c_valid), d.eq(c), given.eq(weights.weights)]
        m.d.comb += [
            again.eq(d_valid & (d.acc == c.acc)),  # what the beat in C has read is what the one in D replaces in this cycle
            self.acc_write.eq(d_valid),
            self.acc_write_address.eq(d.acc),
        ]
        for index in range(chip.lanes):
            m.submodules[f"lane{index}"] = lane = Lane(accumulator_bits=chip.accumulator_bits)
            m.d.sync += sums[index].eq(Mux(again, lane.o, self.acc_read_data[index]))
            m.d.comb += [
                lane.weight.eq(given[index]),
                lane.weight_format.eq(d.weight_format),
                lane.magnitude.eq(d.magnitude),
                lane.negative.eq(d.negative),
                lane.shift.eq(d.shift),
                lane.enable.eq(~d.one_lane | (d.lane == index)),
                lane.i.eq(sums[index]),
                self.acc_write_data[index].eq(lane.o),
            ]

    def _count(self, m: Module, sequencer: Sequencer, generator: AddressGenerator, issue: Signal, adding: Signal) -> None:
        beat: Any = generator.beat
        slices = Signal(unsigned((SLICES).bit_length()))
        with m.Switch(beat.weight_format):
            for fmt, info in FORMATS.items():
                with m.Case(fmt):
                    m.d.comb += slices.eq(info.bits)
        adds = Signal(range(self.chip.lanes + 1))
        m.d.comb += adds.eq(self.chip.lanes)
        with m.If(beat.one_lane):
            m.d.comb += adds.eq(1)
        strobes = {
            Counter.INTEGRATE_BUSY: issue | sequencer.clear,
            Counter.INTEGRATE_WAIT_EVENT: generator.waiting,
            Counter.INTEGRATE_WAIT_FIRE: sequencer.waiting_fire,
            Counter.EVENTS_IN: generator.spike_seen,
            Counter.VECTORS_IN: generator.end_seen,
            Counter.BEATS: adding,
            Counter.ACC_READS: adding,
            Counter.ACC_WRITES: adding,
        }
        m.d.comb += [self.bumps[counter.name].eq(strobe) for counter, strobe in strobes.items()]
        with m.If(issue):
            m.d.comb += self.bumps.WEIGHT_SLICES.eq(slices)
        with m.If(adding):
            m.d.comb += self.bumps.LANE_ADDS.eq(adds)
        with m.If(sequencer.clear):
            m.d.comb += self.bumps.WEIGHT_WRITES.eq(SLICES)
        with m.Elif(issue & beat.load):
            m.d.comb += self.bumps.WEIGHT_WRITES.eq(slices)
