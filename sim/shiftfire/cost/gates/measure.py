"""Measures unit costs at gate level: ``python -m shiftfire.cost.gates.measure docs/reference/energy-units.json LIBERTY [STA]``.

LIBERTY is the Liberty file of the cells that units are mapped onto, STA the program of OpenSTA, for a second opinion. Needs the extra ``synthesis``; takes a few minutes.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path
from typing import Any

from shiftfire_hw.synthesis import tools
from shiftfire_hw.synthesis.cells import map_to_cells
from shiftfire_hw.synthesis.opensta import opensta_energy

from ...energy.gates.delays import library_delays
from ...energy.gates.energy import clock_energy, transition_energy
from ...energy.gates.errors import GateError
from ...energy.gates.library import Library, read_library
from ...energy.gates.netlist import Netlist, read_netlist
from ...energy.gates.simulate import Simulation
from ...energy.gates.streams import pack
from ...energy.gates.toggles import Toggles
from .document import UnitCostError, write_document
from .runs import SAMPLES, Runs
from .stimuli import Stimuli
from .units import FLIP_FLOP, GateUnit, gate_units

SLEW_NS = 0.12  # of every input: between the outputs' slews that the library's tables give for loads of one to three gates
UNIT_NS = 0.02  # steps of the simulation
_DIGITS = 4


def energy_per_operation(netlist: Netlist, library: Library, stimuli: Stimuli) -> dict[str, float]:
    """pJ of an operation, by the transitions that are counted (`Toggles`), without the clock."""
    delays = library_delays(netlist, library, slew=SLEW_NS, unit=UNIT_NS)
    simulation, toggles = Simulation(netlist, library, stimuli.streams, delays), Toggles(netlist.nets)
    widths = {name: len(nets) for name, nets in simulation.ports.items()}
    for cycle in range(stimuli.cycles):
        words = {name: pack(values[cycle], widths.get(name, 1)) for name, values in stimuli.values.items()}
        simulation.cycle(words, toggles if cycle >= stimuli.settling else None)
    energy = transition_energy(netlist, library, SLEW_NS)
    return {
        "settled_pj": round(energy.total(toggles.settled) / stimuli.operations, _DIGITS),
        "timed_pj": round(energy.total(toggles.timed) / stimuli.operations, _DIGITS),
    }


def measure_unit(unit: GateUnit, library: Library, liberty: Path, runs: Runs, sta: str | None) -> dict[str, Any]:
    """Cells and energy of a unit; with ``sta`` also what OpenSTA says where all operands are uniform."""
    mapped = map_to_cells(unit.build(), liberty)
    netlist = read_netlist(mapped, tools.TOP)
    cells = [library.cell(instance.kind) for instance in netlist.instances]
    traced = unit.traced(runs)
    return {
        "operation": unit.operation,
        "operands": unit.operands,
        "digest": unit.digest(),
        "cells": len(cells),
        "area_um2": round(sum(cell.area for cell in cells)),
        "flip_flops": sum(cell.register is not None for cell in cells),
        "traced": {
            "operations": traced.operations,
            "digest": traced.digest(),
            "zeros": {name: round(float((values == 0).mean()), 3) for name, values in traced.values.items()},
            **energy_per_operation(netlist, library, traced),
        },
        "random": energy_per_operation(netlist, library, unit.random()) if unit.random else None,
        "opensta_pj": round(opensta_energy(mapped, liberty, sta, SLEW_NS), _DIGITS) if sta and unit.uniform else None,
    }


def measure(path: Path, liberty: Path, sta: str | None) -> None:
    """Measure all units and write the document to ``path``. Raises UnitCostError, GateError, SynthesisError."""
    try:
        text = liberty.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UnitCostError(f"{liberty}: not readable ({error}); name a Liberty file: `make energy-units LIBERTY=file`") from None
    library, runs = read_library(text), Runs()
    units: dict[str, Any] = {}
    for name, unit in gate_units().items():
        start = time.monotonic()
        units[name] = measure_unit(unit, library, liberty, runs, sta)
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
    document = {
        "tools": tools.versions(),
        "library": {
            "name": library.name,
            "digest": hashlib.sha256(text.encode()).hexdigest()[:16],
            "voltage": library.voltage,
            "slew_ns": SLEW_NS,
            "unit_ns": UNIT_NS,
            "samples": SAMPLES,
        },
        "flip_flop": {"cell": FLIP_FLOP, "clock_pj": round(clock_energy(library, library.cell(FLIP_FLOP), SLEW_NS), _DIGITS)},
        "units": units,
    }
    write_document(path, document)


def main(arguments: list[str]) -> int:
    """Exit code: 0, or 2 when the arguments, the library or the tools are at fault."""
    try:
        if len(arguments) not in (2, 3):
            raise UnitCostError(
                "say where the figures go and which library: python -m shiftfire.cost.gates.measure docs/reference/energy-units.json LIBERTY [STA]"
            )
        measure(Path(arguments[0]), Path(arguments[1]), arguments[2] if arguments[2:] else None)
    except (UnitCostError, GateError, tools.SynthesisError) as error:
        print(f"shiftfire.cost.gates.measure: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
