"""A tile: router, core, counters, and a node of the configuration chain."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, ResetInserter, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.events import ACTIVITY, ACTIVITY_COUNTERS
from shiftfire_spec.packet import FLIT, Port

from .core.core import Core
from .core.counters import Counters
from .layouts import flit_stream, struct
from .membrane_trace import membrane_trace
from .noc.config_chain import ConfigLink, ConfigNode, config_link
from .noc.router import Router

LINKS = tuple(port for port in Port if port is not Port.LOCAL)
FLIT_COUNTERS = {
    Port.NORTH: Counter.FLITS_NORTH,
    Port.EAST: Counter.FLITS_EAST,
    Port.SOUTH: Counter.FLITS_SOUTH,
    Port.WEST: Counter.FLITS_WEST,
    Port.LOCAL: Counter.FLITS_LOCAL,
}


def tile_ports(membranes: data.StructLayout | None = None) -> wiring.Signature:
    """Signature of `Tile`, the same for every chip; but ``membranes`` is the layout of what one with ``trace_membrane`` shows."""
    return wiring.Signature(
        {
            "tile_id": In(CONFIG_ADDRESS.field("tile").bits),
            "run": In(1),
            "link_in": In(flit_stream()).array(len(LINKS)),
            "link_out": Out(flit_stream()).array(len(LINKS)),
            "chain_in": In(config_link()),
            "chain_out": Out(config_link()),
            "idle": Out(1),
            "trace_valid": Out(1),
            "trace_flit": Out(struct(FLIT)),
            "trace_activity": Out(struct(ACTIVITY)),
            **({} if membranes is None else {"trace_membrane": Out(membranes)}),
        }
    )


class Tile(wiring.Component):
    """Router and core, with a register of the configuration chain between its neighbours.

    Parameters
    ----------
    chip: ChipConfig
        The chip.
    trace_membrane: bool
        Adds a port that shows every membrane as it is written.

    Members
    -------
    tile_id: In(8)
        Number of this tile; constant.
    run: In(1)
        While low, router and core are held in reset but for memories and registers.
    link_in: In(flit_stream()).array(4), link_out: Out(flit_stream()).array(4)
        In the order of `Port`: NORTH, EAST, SOUTH, WEST.
    chain_in: In(config_link()), chain_out: Out(config_link())
        Configuration chain; latency one cycle.
    idle: Out(1)
        Register: in the cycle before, the router's queues were empty and the core was quiet. Low on chips without feedback.
    trace_valid: Out(1), trace_flit: Out(FLIT)
        A packet of the core enters the network in this cycle.
    trace_activity: Out(ACTIVITY)
        What the engines do in this cycle.
    trace_membrane: Out(membrane_trace(chip))
        With the parameter of that name only: the membranes that are written in this cycle.
    """

    tile_id: Signal
    run: Signal
    link_in: list[stream.Interface]
    link_out: list[stream.Interface]
    chain_in: ConfigLink
    chain_out: ConfigLink
    idle: Signal
    trace_valid: Signal
    trace_flit: data.View
    trace_activity: data.View
    trace_membrane: data.View

    def __init__(self, *, chip: ChipConfig, trace_membrane: bool = False) -> None:
        self.chip = chip
        self.traced = trace_membrane
        super().__init__(tile_ports(membrane_trace(chip) if trace_membrane else None))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        router = Router(chip=self.chip)
        m.submodules.router = ResetInserter(~self.run)(router)  # every run starts alike
        m.submodules.core = core = Core(chip=self.chip, trace_membrane=self.traced)
        m.submodules.node = node = ConfigNode()
        for port in LINKS:
            wiring.connect(m, wiring.flipped(self.link_in[port]), router.i[port])
            wiring.connect(m, router.o[port], wiring.flipped(self.link_out[port]))
        wiring.connect(m, core.o, router.i[Port.LOCAL])
        wiring.connect(m, router.o[Port.LOCAL], core.i)
        wiring.connect(m, node.config, core.config)
        wiring.connect(m, wiring.flipped(self.chain_in), node.i)
        wiring.connect(m, node.o, wiring.flipped(self.chain_out))
        m.d.comb += [
            node.tile_id.eq(self.tile_id),
            core.run.eq(self.run),
            router.table_write.eq(node.config.to(Space.ROUTE)),
            router.table_address.eq(node.config.offset),
            router.table_data.eq(node.config.word),
            self.trace_valid.eq(core.o.valid & core.o.ready),
            self.trace_flit.eq(core.o.payload),
        ]
        if self.chip.feedback:
            m.d.sync += self.idle.eq(self.run & router.empty & core.quiet)
        if self.chip.counter_bits:
            self._count(m, router, core, node)
        for engine, activities in ACTIVITY_COUNTERS.items():
            for activity, counted in activities.items():
                with m.If(Cat(core.bumps[counter.name] for counter in counted).any()):
                    m.d.comb += self.trace_activity[engine.name.lower()].eq(activity)
        if self.traced:
            m.d.comb += self.trace_membrane.eq(core.trace_membrane)
        return m

    def _count(self, m: Module, router: Router, core: Core, node: ConfigNode) -> None:
        """The counters, and what reads them."""
        m.submodules.counters = counters = Counters(chip=self.chip)
        m.d.comb += [
            node.read_data.eq(Mux(node.config.space == Space.COUNTER, counters.value, 0)),
            counters.run.eq(self.run),
            counters.clear.eq(node.config.to(Space.COUNTER)),
            counters.index.eq(node.config.offset),
            counters.bumps.eq(Cat(core.bumps)),
        ]
        for port, counter in FLIT_COUNTERS.items():
            m.d.comb += counters.bumps[counter.name].eq(router.granted[port])
