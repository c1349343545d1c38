"""The three executions by name. Imports are lazy: golden needs no compiler of kernels, sim needs no RTL."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..compiler.program import Program
from ..system.result import RunResult

Progress = Callable[[int, int], None]


class Backend(StrEnum):
    """An execution of a program."""

    SIM = "sim"
    GOLDEN = "golden"
    RTL = "rtl"


def run_backend(
    backend: Backend, program: Program, inputs: NDArray[np.integer], *, trace: bool = False, progress: Progress | None = None
) -> RunResult:
    """Run ``inputs`` on the named execution."""
    if backend is Backend.GOLDEN:
        from ..system.reference import run_golden

        return run_golden(program, inputs, trace=trace)
    if backend is Backend.SIM:
        from ..system.simulate import run_sim

        return run_sim(program, inputs, trace=trace, progress=progress)
    from ..verify.rtl import run_rtl

    return run_rtl(program, inputs, trace=trace, progress=progress)
