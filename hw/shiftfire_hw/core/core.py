"""The core: ingress -> integrate -> fire -> encode -> egress."""

from __future__ import annotations

from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from shiftfire_spec.chip import ChipConfig

from ..layouts import flit_stream
from ..membrane_trace import membrane_trace
from ..noc.config_write import ConfigWrite, config_write
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

    Parameters
    ----------
    chip: ChipConfig
        The chip.
    trace_membrane: bool
        Adds a port that shows every membrane as it is written.

    Members
    -------
    run: In(1)
        While low, all control state is held at reset.
    i: In(flit_stream())
        Packets from the router's local output, taken while the ingress queue has room.
    o: Out(flit_stream())
        Packets to the router's local input.
    config: In(config_write())
        Writes to the core's spaces, whether ``run`` is high or not.
    quiet: Out(1)
        Nothing in the core moves before a packet comes: every queue and engine is empty but for a vector that is open.
    bumps: Out(COUNTER_BUMPS)
        Counter increments of this cycle.
    trace_membrane: Out(membrane_trace(chip))
        With the parameter of that name only: as of `Fire`.
    """

    run: Signal
    i: stream.Interface
    o: stream.Interface
    config: ConfigWrite
    quiet: Signal
    bumps: data.View
    trace_membrane: data.View

    def __init__(self, *, chip: ChipConfig, trace_membrane: bool = False) -> None:
        self.chip = chip
        self.traced = trace_membrane
        super().__init__(
            {
                "run": In(1),
                "i": In(flit_stream()),
                "o": Out(flit_stream()),
                "config": In(config_write()),
                "quiet": Out(1),
                "bumps": Out(COUNTER_BUMPS),
                **({"trace_membrane": Out(membrane_trace(chip))} if trace_membrane else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        chip = self.chip
        reset = ResetInserter(~self.run)
        registers, integrate, fire = CoreRegisters(chip=chip), Integrate(chip=chip), Fire(chip=chip, trace_membrane=self.traced)
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
        connect(m, flipped(self.config), registers.config, integrate.config, fire.config)
        connect(m, flipped(self.i), ingress.i)
        connect(m, ingress.o, integrate.i)
        connect(m, ingress.slot, egress.slot)
        connect(m, integrate.group, registers.group)
        connect(m, integrate.credit, egress.credit)
        connect(m, integrate.sums, accumulators.integrate)
        connect(m, integrate.fire, fire.command)
        connect(m, fire.sums, accumulators.fire)
        connect(m, fire.step, encoder.i)
        connect(m, encoder.o, egress_queue.i)
        connect(m, egress_queue.o, egress.i)
        connect(m, egress.o, flipped(self.o))
        m.d.comb += [
            integrate.run.eq(self.run),
            fire.run.eq(self.run),
            integrate.ring.eq(registers.ring),
            fire.core.eq(registers.core),
            egress.port.eq(registers.core.port_control),
            egress.slots.eq(registers.core.port_slots),
            egress.group_credit.eq(registers.group.registers.group_credit),
            self.quiet.eq(integrate.idle & fire.command.idle & ~(ingress.o.valid | encoder.o.valid | egress_queue.o.valid)),
            *(self.bumps[f].eq(integrate.bumps[f] + fire.bumps[f] + egress.bumps[f]) for f in COUNTER_BUMPS.members),
        ]
        if self.traced:
            m.d.comb += self.trace_membrane.eq(fire.trace_membrane)
        return m
