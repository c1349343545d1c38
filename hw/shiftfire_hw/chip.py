"""The chip: I/O tile and mesh."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import ACTIVITY
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.packet import FLIT

from .io_tile.io_tile import IoTile, trace_link
from .io_tile.memory_port import memory_port
from .io_tile.registers import BUS_ADDRESS_BITS
from .layouts import struct
from .mesh import Mesh


class Chip(wiring.Component):
    """Register bus, memory port and interrupt of the I/O tile, with the mesh behind it; the members are those of :class:`IoTile` (``irq`` is its ``interrupt``, a word that Verilator reserves).

    ``trace_valid[n]`` with ``trace_flit[n]``: a packet of tile n's core enters the network in this cycle (``cycle``, while ``run``);
    ``trace_activity[n]``: what its engines do in this cycle.
    The trace outputs drive nothing; leave them open in a product.
    """

    bus_address: Any
    bus_write: Any
    bus_write_data: Any
    bus_read_data: Any
    memory: Any
    irq: Any
    run: Any
    cycle: Any
    trace_inject: Any
    trace_collect: Any
    trace_valid: Any
    trace_flit: Any
    trace_activity: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(
            {
                "bus_address": In(BUS_ADDRESS_BITS),
                "bus_write": In(1),
                "bus_write_data": In(MEMORY_WORD_BITS),
                "bus_read_data": Out(MEMORY_WORD_BITS),
                "memory": Out(memory_port()),
                "irq": Out(1),
                "run": Out(1),
                "cycle": Out(MEMORY_WORD_BITS),
                "trace_inject": Out(trace_link()),
                "trace_collect": Out(trace_link()),
                "trace_valid": Out(chip.tiles),
                "trace_flit": Out(struct(FLIT)).array(chip.tiles),
                "trace_activity": Out(struct(ACTIVITY)).array(chip.tiles),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.io_tile = io = IoTile(chip=self.chip)
        m.submodules.mesh = mesh = Mesh(chip=self.chip)
        for name in ("memory", "trace_inject", "trace_collect"):
            wiring.connect(m, getattr(io, name), wiring.flipped(getattr(self, name)))
        wiring.connect(m, io.o, mesh.io_in)
        wiring.connect(m, mesh.io_out, io.i)
        wiring.connect(m, io.chain_o, mesh.chain_in)
        wiring.connect(m, mesh.chain_out, io.chain_i)
        m.d.comb += [
            io.bus_address.eq(self.bus_address),
            io.bus_write.eq(self.bus_write),
            io.bus_write_data.eq(self.bus_write_data),
            self.bus_read_data.eq(io.bus_read_data),
            self.irq.eq(io.interrupt),
            self.run.eq(io.run),
            self.cycle.eq(io.cycle),
            mesh.run.eq(io.run),
            self.trace_valid.eq(mesh.trace_valid),
            *(self.trace_flit[n].eq(mesh.trace_flit[n]) for n in range(self.chip.tiles)),
            *(self.trace_activity[n].eq(mesh.trace_activity[n]) for n in range(self.chip.tiles)),
        ]
        return m
