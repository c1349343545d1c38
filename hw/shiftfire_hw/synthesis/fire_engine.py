"""A core's fire engine with its encoder, alone."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import Out, connect, flipped
from shiftfire_spec.chip import ChipConfig

from ..core.encoder import EVENT, Encoder
from ..core.fire import Fire

_PORTS = ("run", "core", "command", "config", "sums")


class FireEngine(wiring.Component):
    """`Fire` and `Encoder` of a chip, as a core wires them, memories of parameters and membranes included; accumulators and registers are outside.

    Parameters
    ----------
    chip: ChipConfig
        The chip.

    Members
    -------
    run, core, command, config, sums: as of `Fire`
    o: Out(stream(EVENT))
        Events.
    """

    o: stream.Interface

    def __init__(self, *, chip: ChipConfig) -> None:
        self.fire, self.encoder = Fire(chip=chip), Encoder(chip=chip)
        members = self.fire.signature.members
        super().__init__({**{name: members[name] for name in _PORTS}, "o": Out(stream.Signature(EVENT))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ports: Any = self
        m.submodules.fire, m.submodules.encoder = fire, encoder = self.fire, self.encoder
        m.d.comb += [fire.run.eq(ports.run), fire.core.eq(ports.core)]
        connect(m, flipped(ports.command), fire.command)
        connect(m, flipped(ports.config), fire.config)
        connect(m, fire.sums, flipped(ports.sums))
        connect(m, fire.step, encoder.i)
        connect(m, encoder.o, flipped(self.o))
        return m
