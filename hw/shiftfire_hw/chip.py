"""The chip: I/O tile and mesh."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import ACTIVITY
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.packet import FLIT

from .io_tile.io_tile import IoTile, TraceLink, trace_link
from .io_tile.memory_port import MemoryPort, memory_port
from .io_tile.registers import BUS_ADDRESS_BITS
from .layouts import struct
from .membrane_trace import membrane_trace
from .mesh import Mesh


def chip_ports(chip: ChipConfig, *, trace_membrane: bool = False) -> wiring.Signature:
    """Signature of `Chip`."""
    return wiring.Signature(
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
            **({"trace_membrane": Out(membrane_trace(chip)).array(chip.tiles)} if trace_membrane else {}),
        }
    )


class Chip(wiring.Component):
    """The I/O tile with the mesh behind it.

    Parameters
    ----------
    chip: ChipConfig
        The chip.
    trace_membrane: bool
        Adds ports that show every membrane as it is written, for a simulation; a product has none.

    Members
    -------
    bus_address: In(BUS_ADDRESS_BITS), bus_write: In(1), bus_write_data: In(32), bus_read_data: Out(32)
        Register bus; see `IoTile`.
    memory: Out(memory_port())
        The memory of both DMA engines.
    irq: Out(1)
        Pending interrupt: the I/O tile's ``interrupt``, a word that Verilator reserves.
    run: Out(1), cycle: Out(32)
        A run goes on, and its cycle.
    trace_inject: Out(trace_link()), trace_collect: Out(trace_link())
        Packets between I/O tile and mesh.
    trace_valid: Out(tiles), trace_flit: Out(FLIT).array(tiles)
        Bit n with element n: a packet of tile n's core enters the network in this cycle.
    trace_activity: Out(ACTIVITY).array(tiles)
        What the engines of tile n do in this cycle.
    trace_membrane: Out(membrane_trace(chip)).array(tiles)
        With the parameter of that name only: the membranes that tile n writes in this cycle.

    The trace outputs drive nothing; leave them open in a product.
    """

    bus_address: Signal
    bus_write: Signal
    bus_write_data: Signal
    bus_read_data: Signal
    memory: MemoryPort
    irq: Signal
    run: Signal
    cycle: Signal
    trace_inject: TraceLink
    trace_collect: TraceLink
    trace_valid: Signal
    trace_flit: list[data.View]
    trace_activity: list[data.View]
    trace_membrane: list[data.View]

    def __init__(self, *, chip: ChipConfig, trace_membrane: bool = False) -> None:
        self.chip = chip
        self.traced = trace_membrane
        super().__init__(chip_ports(chip, trace_membrane=trace_membrane))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.io_tile = io = IoTile(chip=self.chip)
        m.submodules.mesh = mesh = Mesh(chip=self.chip, trace_membrane=self.traced)
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
            io.idle.eq(mesh.idle),
            self.trace_valid.eq(mesh.trace_valid),
            *(self.trace_flit[n].eq(mesh.trace_flit[n]) for n in range(self.chip.tiles)),
            *(self.trace_activity[n].eq(mesh.trace_activity[n]) for n in range(self.chip.tiles)),
        ]
        if self.traced:
            m.d.comb += [self.trace_membrane[n].eq(mesh.trace_membrane[n]) for n in range(self.chip.tiles)]
        return m
