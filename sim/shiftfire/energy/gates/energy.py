"""What the transitions of a netlist cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import GateError
from .library import Cell, Library
from .loads import net_loads
from .netlist import Netlist
from .toggles import Counts


@dataclass(frozen=True, eq=False)
class TransitionEnergy:
    """pJ of one rise and one fall of every net (nets,)."""

    rise: NDArray[np.float64]
    fall: NDArray[np.float64]

    def total(self, counts: Counts) -> float:
        """pJ of all transitions counted."""
        return float(self.rise @ counts.rises + self.fall @ counts.falls)


def transition_energy(netlist: Netlist, library: Library, slew: float) -> TransitionEnergy:
    """C V^2 / 2 of the pins on a net, and the internal energy of the cell that drives it and of the pins that have their own. The clock's net makes no transitions in `Simulation`: see `clock_energy`. ``slew`` in ns is that of all inputs."""
    load = net_loads(netlist, library)
    rise = load * library.voltage**2 / 2
    fall = rise.copy()
    for instance in netlist.instances:
        cell = library.cell(instance.kind)
        powers = {pin: output.power for pin, output in cell.outputs.items()} | cell.inputs
        for pin, power in powers.items():
            net = instance.pins[pin]
            up, down = power.energy(float(load[net]), slew)
            rise[net] += up
            fall[net] += down
    return TransitionEnergy(rise, fall)


def clock_energy(library: Library, cell: Cell, slew: float) -> float:
    """pJ of one clock cycle of a flip-flop that keeps its value: its clock pin's C V^2 and what a rise and a fall take inside. Raises GateError for other cells."""
    if cell.register is None:
        raise GateError(f"cell {cell.name} is no flip-flop: it has no clock; name one that is")
    clock = cell.register.clock
    return cell.capacitances[clock] * library.voltage**2 + sum(cell.inputs[clock].energy(0.0, slew))
