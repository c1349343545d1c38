"""Delays of the gates of a netlist."""

from __future__ import annotations

from .library import Library
from .loads import net_loads
from .netlist import Netlist

Delays = list[dict[str, int]]
"""Of every instance, by output pin: at least 1."""


def unit_delays(netlist: Netlist, library: Library) -> Delays:
    """One unit of time for every output."""
    return [dict.fromkeys(library.cell(instance.kind).outputs, 1) for instance in netlist.instances]


def library_delays(netlist: Netlist, library: Library, *, slew: float, unit: float) -> Delays:
    """The library's delays, mean of rises and falls from all inputs, in units of ``unit`` ns, for inputs of ``slew`` ns and the loads that outputs have."""
    loads = net_loads(netlist, library)
    found = []
    for instance in netlist.instances:
        outputs = library.cell(instance.kind).outputs.items()
        found.append({pin: max(1, round(output.delay(float(loads[instance.pins[pin]]), slew) / unit)) for pin, output in outputs})
    return found
