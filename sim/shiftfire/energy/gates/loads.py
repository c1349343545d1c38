"""What the nets of a netlist carry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .library import Library
from .netlist import Netlist


def net_loads(netlist: Netlist, library: Library) -> NDArray[np.float64]:
    """Capacitance in pF of the pins on every net (nets,). Wires have none: nothing is placed."""
    loads = np.zeros(netlist.nets)
    for instance in netlist.instances:
        for pin, capacitance in library.cell(instance.kind).capacitances.items():
            loads[instance.pins[pin]] += capacitance
    return loads
