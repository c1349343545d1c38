"""What a prediction needs to know of a compiled network; it needs no image."""

from __future__ import annotations

from dataclasses import dataclass

from shiftfire_spec.chip import ChipConfig

from ..compiler.mapping.streams import connect
from ..compiler.program import Connections, CoreSlice, InjectionOrder, Program
from ..network.graph import Network


@dataclass(frozen=True, eq=False)
class Mapped:
    """A network on the cores of a chip."""

    network: Network
    chip: ChipConfig
    cores: tuple[CoreSlice, ...]
    connections: Connections
    order: InjectionOrder


def mapped_of(program: Program) -> Mapped:
    """The mapping of a program."""
    connections = connect(program.network, program.cores, program.chip)
    return Mapped(program.network, program.chip, program.cores, connections, program.order)
