"""Integrate engine: sequencer, address generator, weight memory and lanes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, ResetInserter, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.stream import RING
from shiftfire_spec.weights import FORMATS, SLICES, WeightFormat

from ..layouts import flit_stream, struct
from ..noc.config_write import ConfigWrite, config_write
from .address_generator import AddressGenerator, beat_layout
from .bank_ports import IntegrateBankPort, bank_address, bank_word, integrate_bank_port, ring_address
from .counters import COUNTER_BUMPS
from .credit import CreditRequest, credit_request
from .fire_command import FireCommand, fire_command
from .group_select import GroupSelect, group_select
from .lane import Lane
from .ring import Ring
from .sequencer import Sequencer
from .weight_memory import WeightMemory


def ring_layout(chip: ChipConfig) -> data.StructLayout:
    """What a beat does with the ring: it ``uses`` the word at ``address``, and ``moves`` it to that of the bank at ``bank`` instead of adding."""
    return data.StructLayout({"uses": 1, "moves": 1, "address": ring_address(chip), "bank": bank_address(chip)})


class Integrate(wiring.Component):
    """Executes the core's program: takes vectors into accumulator banks, hands banks to the fire engine.

    A beat issued in cycle t (stage B) reads its weights and accumulator word, has them in t+1 (stage C) and is added at the end of t+2 (stage D).

    Parameters
    ----------
    chip: ChipConfig
        The chip.

    Members
    -------
    run: In(1)
        While low, all but the memories is held in reset.
    i: In(flit_stream())
        SPIKEs and ENDs.
    group: Out(group_select())
        The present stream group.
    ring: In(RING)
        The core's register of the ring.
    credit: Out(credit_request())
        Asks for the group's CREDIT.
    fire: Out(fire_command())
        Hands banks over.
    sums: Out(integrate_bank_port(chip))
        The accumulators.
    config: In(config_write())
        Writes to the program, the weights, the axis and the recode tables.
    idle: Out(1)
        A vector is open and stages A and B are empty, as is ``i``; or the program stands at a HALT.
    bumps: Out(COUNTER_BUMPS)
        Counter increments of this cycle.
    """

    run: Signal
    i: stream.Interface
    group: GroupSelect
    ring: data.View
    credit: CreditRequest
    fire: FireCommand
    sums: IntegrateBankPort
    config: ConfigWrite
    idle: Signal
    bumps: data.View

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "run": In(1),
                "i": In(flit_stream()),
                "group": Out(group_select()),
                "ring": In(struct(RING)),
                "credit": Out(credit_request()),
                "fire": Out(fire_command()),
                "sums": Out(integrate_bank_port(chip)),
                "config": In(config_write()),
                "idle": Out(1),
                "bumps": Out(COUNTER_BUMPS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        chip = self.chip
        sequencer, generator = Sequencer(chip=chip), AddressGenerator(chip=chip)
        m.submodules.sequencer = ResetInserter(~self.run)(sequencer)
        m.submodules.address_generator = ResetInserter(~self.run)(generator)
        m.submodules.weight_memory = weights = WeightMemory(chip=chip)
        group = self.group.registers
        m.d.comb += [
            sequencer.run.eq(self.run),
            sequencer.sources.eq(group.group_control.sources),
            sequencer.load_rows.eq(group.group_load.rows),
            sequencer.end_seen.eq(generator.end_seen),
            sequencer.drained.eq(generator.drained),
            sequencer.chain.eq(generator.chain),
            *(unit.ring.eq(self.ring) for unit in (sequencer, generator)),
            generator.ring_base.eq(sequencer.ring_base),
            generator.steps_left.eq(sequencer.steps_left),
            self.group.next.eq(sequencer.group_next),
            self.sums.bank.eq(sequencer.fire.bank),
            generator.group.eq(group),
            generator.group_index.eq(sequencer.group_index),
            generator.receiving.eq(sequencer.receiving),
            generator.loading.eq(sequencer.loading),
            generator.discarding.eq(sequencer.discarding),
            self.idle.eq(generator.waiting | sequencer.halted),
        ]
        wiring.connect(m, wiring.flipped(self.i), generator.i)
        wiring.connect(m, sequencer.credit, wiring.flipped(self.credit))
        wiring.connect(m, sequencer.fire, wiring.flipped(self.fire))
        wiring.connect(m, wiring.flipped(self.config), sequencer.config, generator.config, weights.config)

        # Stage B.
        beat = generator.beat
        issue, adds = Signal(), Signal()  # a beat; one that adds to the accumulators
        m.d.comb += [
            issue.eq(generator.beat_valid & self.run),
            weights.read.eq(issue & (beat.weight_format != WeightFormat.ONE)),
            weights.read_format.eq(Mux(sequencer.clear, group.group_control.weight_format, beat.weight_format)),
            weights.address.eq(beat.weight),
            weights.load.eq(beat.load),
            weights.lane.eq(beat.lane),
            weights.value.eq(beat.value),
            weights.clear.eq(sequencer.clear & self.run),
            weights.clear_base.eq(group.group_weight.base),
            weights.clear_index.eq(sequencer.clear_index),
            adds.eq(issue & ~beat.load),
            self.sums.read.eq(adds),
            self.sums.read_address.eq(beat.acc),
        ]
        self._add(m, adds, beat, weights, self._ring(m, sequencer, beat, adds))
        self._count(m, sequencer, generator, issue, adds)
        return m

    def _ring(self, m: Module, sequencer: Sequencer, beat: Any, adds: Signal) -> tuple[Ring, Any] | None:
        """The ring, read in stage B, and what is done with its word: None on chips without one."""
        chip = self.chip
        if not chip.delay_words:
            return None
        m.submodules.ring = ring = Ring(chip=chip)
        b: Any = Signal(ring_layout(chip), name="b_ring")
        m.d.comb += [
            b.moves.eq(sequencer.step & self.run),
            b.uses.eq((adds & beat.ahead) | b.moves),
            b.address.eq(Mux(b.moves, sequencer.ring_base + sequencer.step_index, beat.ring)),
            b.bank.eq(Mux(b.moves, sequencer.step_index, beat.acc)),
            ring.read.eq(b.uses),
            ring.read_address.eq(b.address),
        ]
        return ring, b

    def _add(self, m: Module, adds: Signal, beat: Any, weights: WeightMemory, ring: tuple[Ring, Any] | None) -> None:
        """Stages C, in which memories answer, and D, in which the lanes add, or hand a word of the ring on to the bank."""
        chip = self.chip
        c: Any = Signal(beat_layout(chip), name="c")
        d: Any = Signal(beat_layout(chip), name="d")
        c_valid, d_valid, again = Signal(), Signal(), Signal()
        given: Any = Signal.like(weights.weights, name="given")
        sums: Any = Signal(bank_word(chip), name="sums")
        read: Any = Signal(bank_word(chip), name="read")
        moved: Any = Signal()
        m.d.sync += [c_valid.eq(adds), c.eq(beat), d_valid.eq(c_valid), d.eq(c), given.eq(weights.weights)]
        m.d.comb += [
            again.eq(d_valid & (d.acc == c.acc)),  # what the beat in C has read is what the one in D replaces in this cycle
            self.sums.write.eq(d_valid),
            self.sums.write_address.eq(d.acc),
            read.eq(self.sums.read_data),
        ]
        if ring is not None:
            memory, b = ring
            rc: Any = Signal(ring_layout(chip), name="c_ring")
            rd: Any = Signal(ring_layout(chip), name="d_ring")
            m.d.sync += [rc.eq(b), rd.eq(rc)]
            m.d.comb += [
                moved.eq(rd.moves),
                again.eq(d_valid & (rd.uses == rc.uses) & Mux(rc.uses, rd.address == rc.address, d.acc == c.acc)),
                read.eq(Mux(rc.uses, memory.read_data, self.sums.read_data)),
                self.sums.write.eq((d_valid & ~rd.uses) | rd.moves),
                self.sums.write_address.eq(rd.bank),
                memory.write.eq(rd.uses),
                memory.write_address.eq(rd.address),
            ]
        for index in range(chip.lanes):
            m.submodules[f"lane{index}"] = lane = Lane(accumulator_bits=chip.accumulator_bits)
            m.d.sync += sums[index].eq(Mux(again, lane.o, read[index]))
            m.d.comb += [
                lane.weight.eq(given[index]),
                lane.weight_format.eq(d.weight_format),
                lane.magnitude.eq(d.magnitude),
                lane.negative.eq(d.negative),
                lane.shift.eq(d.shift),
                lane.enable.eq((~d.one_lane | (d.lane == index)) & ~moved),
                lane.i.eq(sums[index]),
                self.sums.write_data[index].eq(lane.o),
            ]
            if ring is not None:
                m.d.comb += ring[0].write_data[index].eq(Mux(moved, 0, lane.o))

    def _count(self, m: Module, sequencer: Sequencer, generator: AddressGenerator, issue: Signal, adding: Signal) -> None:
        beat = generator.beat
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
            Counter.INTEGRATE_BUSY: issue | sequencer.clear | sequencer.step,
            Counter.INTEGRATE_WAIT_EVENT: generator.waiting,
            Counter.INTEGRATE_WAIT_FIRE: sequencer.waiting_fire & ~self.fire.stalled,
            Counter.INTEGRATE_WAIT_DOWNSTREAM: sequencer.waiting_fire & self.fire.stalled,
            Counter.EVENTS_IN: generator.spike_seen,
            Counter.VECTORS_IN: generator.end_seen,
            Counter.BEATS: adding,
            Counter.ACC_READS: adding | sequencer.step,
        }
        m.d.comb += [self.bumps[counter.name].eq(strobe) for counter, strobe in strobes.items()]
        m.d.comb += self.bumps.ACC_WRITES.eq(Mux(sequencer.step, 2, adding))  # the bank's word, and the ring's
        with m.If(issue):
            m.d.comb += self.bumps.WEIGHT_SLICES.eq(slices)
        with m.If(adding):
            m.d.comb += self.bumps.LANE_ADDS.eq(adds)
        with m.If(sequencer.clear):
            m.d.comb += self.bumps.WEIGHT_WRITES.eq(SLICES)
        with m.Elif(issue & beat.load):
            m.d.comb += self.bumps.WEIGHT_WRITES.eq(slices)
