"""The three executions by name. Imports are lazy: golden needs no compiler of kernels, sim needs no RTL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..compiler.program import Program
from ..system.plan import RunError
from ..system.result import RunResult

Progress = Callable[[int, int], None]


class Backend(StrEnum):
    """An execution of a program."""

    SIM = "sim"
    GOLDEN = "golden"
    RTL = "rtl"


def run_backend(
    backend: Backend, program: Program, inputs: NDArray[np.int64], *, trace: bool = False, progress: Progress | None = None
) -> RunResult:
    """Run ``inputs`` on the named execution."""
    if backend is Backend.GOLDEN:
        from ..system.reference import run_golden

        return run_golden(program, inputs, trace=trace)
    if backend is Backend.SIM:
        from ..system.simulate import run_sim

        return run_sim(program, inputs, trace=trace, progress=progress)
    with rtl_errors():
        from ..verify.rtl import run_rtl

        return run_rtl(program, inputs, trace=trace, progress=progress)


@contextmanager
def rtl_errors() -> Iterator[None]:
    """What the RTL's tools raise, as a RunError: the commands must not need those tools to know their exceptions."""
    from shiftfire_hw.testing.toolchain import RtlError

    try:
        yield
    except RtlError as error:
        raise RunError(f"{error}\n(`shiftfire doctor` checks the tools)") from error
