"""A core's fire engine with its encoder, alone."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import Out, connect, flipped
from shiftfire_spec.chip import ChipConfig

from ..core.bank_ports import FireBankPort
from ..core.encoder import EVENT, Encoder
from ..core.fire import Fire
from ..core.fire_command import FireCommand
from ..noc.config_write import ConfigWrite

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

    run: Signal
    core: data.View
    command: FireCommand
    config: ConfigWrite
    sums: FireBankPort
    o: stream.Interface

    def __init__(self, *, chip: ChipConfig) -> None:
        self.fire, self.encoder = Fire(chip=chip), Encoder(chip=chip)
        members = self.fire.signature.members
        super().__init__({**{name: members[name] for name in _PORTS}, "o": Out(stream.Signature(EVENT))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.fire, m.submodules.encoder = fire, encoder = self.fire, self.encoder
        m.d.comb += [fire.run.eq(self.run), fire.core.eq(self.core)]
        connect(m, flipped(self.command), fire.command)
        connect(m, flipped(self.config), fire.config)
        connect(m, fire.sums, flipped(self.sums))
        connect(m, fire.step, encoder.i)
        connect(m, encoder.o, flipped(self.o))
        return m
