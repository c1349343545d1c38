"""The core: ingress -> integrate -> fire -> encode -> egress."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, ResetInserter
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS, Space
from shiftfire_spec.chip import ChipConfig

from ..layouts import flit_stream
from ..noc.queue import Queue
from .accumulators import Accumulators
from .counters import COUNTER_BUMPS
from .egress import Egress
from .encoder import EVENT, Encoder
from .fire import Fire
from .ingress import Ingress
from .integrate import Integrate
from .registers import CoreRegisters


class Core(wiring.Component):
    """One core (docs/architecture.md section 3).

    ``i``: packets from the router's local output, taken while the ingress queue has room. ``o``: packets to the router's local input.
    While ``run`` is low all control state is held at reset. ``write`` with ``space``, ``offset``, ``word`` configures, whether ``run`` is
    high or not; ``bumps`` are the counter increments of this cycle.
    """

    run: Any
    i: Any
    o: Any
    write: Any
    space: Any
    offset: Any
    word: Any
    bumps: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "run": In(1),
                "i": In(flit_stream()),
                "o": Out(flit_stream()),
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
        reset = ResetInserter(~self.run)
        registers, integrate, fire = CoreRegisters(chip=chip), Integrate(chip=chip), Fire(chip=chip)
        encoder, egress, accumulators = Encoder(chip=chip), Egress(chip=chip), Accumulators(chip=chip)
        ingress = Ingress(chip=chip)
        egress_queue = Queue(shape=EVENT, depth=chip.egress_queue_depth)
        m.submodules.registers = registers
        m.submodules.integrate = integrate
        m.submodules.accumulators = accumulators
        m.submodules.fire = fire
        m.submodules.ingress = reset(ingress)
        m.submodules.encoder = reset(encoder)
        m.submodules.egress_queue = reset(egress_queue)
        m.submodules.egress = reset(egress)
        core: Any = registers.core

        self._configure(m, registers, integrate, fire)
        m.d.comb += [
            integrate.run.eq(self.run),
            fire.run.eq(self.run),
            egress.opened_set.eq(ingress.opened_set),
            egress.opened_slot.eq(ingress.opened_slot),
            # registers
            registers.group_next.eq(integrate.group_next),
            integrate.group.eq(registers.group),
            fire.core.eq(core),
            egress.port.eq(core.port_control),
            egress.slots.eq(core.port_slots),
            egress.credit.eq(registers.group.group_credit),
            # integrate to egress and fire
            egress.credit_request.eq(integrate.credit_request),
            integrate.credit_ready.eq(egress.credit_ready),
            fire.start.eq(integrate.fire_start),
            fire.first.eq(integrate.fire_first),
            fire.hold.eq(integrate.fire_hold),
            fire.bank.eq(integrate.bank),
            integrate.fire_idle.eq(fire.idle),
            # fire to encoder
            encoder.step.eq(fire.step),
            encoder.step_valid.eq(fire.step_valid),
            fire.step_ready.eq(encoder.step_ready),
        ]
        wiring.connect(m, wiring.flipped(self.i), ingress.i)
        wiring.connect(m, ingress.o, integrate.i)
        wiring.connect(m, encoder.o, egress_queue.i)
        wiring.connect(m, egress_queue.o, egress.i)
        wiring.connect(m, egress.o, wiring.flipped(self.o))
        self._connect_banks(m, accumulators, integrate, fire)
        for field in COUNTER_BUMPS.members:
            m.d.comb += self.bumps[field].eq(integrate.bumps[field] + fire.bumps[field] + egress.bumps[field])
        return m

    def _configure(self, m: Module, registers: CoreRegisters, integrate: Integrate, fire: Fire) -> None:
        m.d.comb += [
            registers.write.eq(self.write & (self.space == Space.REGISTER)),
            registers.offset.eq(self.offset),
            registers.word.eq(self.word),
            integrate.write.eq(self.write),
            integrate.space.eq(self.space),
            integrate.offset.eq(self.offset),
            integrate.word.eq(self.word),
            fire.parameter_write.eq(self.write & (self.space == Space.PARAMETER)),
            fire.table_write.eq(self.write & (self.space == Space.TABLE)),
            fire.offset.eq(self.offset),
            fire.word.eq(self.word),
        ]

    @staticmethod
    def _connect_banks(m: Module, accumulators: Accumulators, integrate: Integrate, fire: Fire) -> None:
        m.d.comb += [
            accumulators.bank.eq(integrate.bank),
            accumulators.read.eq(integrate.acc_read),
            accumulators.read_address.eq(integrate.acc_read_address),
            integrate.acc_read_data.eq(accumulators.read_data),
            accumulators.write.eq(integrate.acc_write),
            accumulators.write_address.eq(integrate.acc_write_address),
            accumulators.write_data.eq(integrate.acc_write_data),
            accumulators.fire_owns.eq(~fire.idle),
            accumulators.fire_bank.eq(fire.fire_bank),
            accumulators.fire_read.eq(fire.acc_read),
            accumulators.fire_read_address.eq(fire.acc_read_address),
            fire.acc_read_data.eq(accumulators.fire_read_data),
            accumulators.fire_clear.eq(fire.acc_clear),
            accumulators.fire_clear_address.eq(fire.acc_clear_address),
        ]
