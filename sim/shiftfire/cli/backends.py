"""What `bench` can time."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..backends.find import find_backend
from ..compiler.program import Program
from ..system.plan import plan_run
from ..system.result import RunResult


class Execution(StrEnum):
    """An execution: the RTL in two ways."""

    GOLDEN = "golden"
    SIM = "sim"
    COCOTB = "cocotb"  # RTL in Verilator under cocotb
    NATIVE = "native"  # RTL in Verilator in the C++ harness of `verify`


def prepare(execution: Execution, program: Program) -> Callable[[NDArray[np.int64]], RunResult]:
    """Build what ``execution`` runs on, and return the function that runs inputs on it. Raises RunError."""
    backend = find_backend("rtl" if execution is Execution.NATIVE else execution.value)
    backend.prepare(program.chip)
    return lambda inputs: backend.run([plan_run(program, inputs)])[0]
