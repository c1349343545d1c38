"""The executions by name. Imports are lazy: golden needs no compiler of kernels, sim needs no RTL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..compiler.mapping.rounds import Schedule
from ..compiler.program import Program
from ..host.link import Link
from ..host.serial_port import open_serial_port
from ..system.plan import RunError, plan_rounds
from ..system.result import RunResult
from .compilation import compilation_notice

if TYPE_CHECKING:
    from ..verify.waves import Waves

Progress = Callable[[int, int], None]


class Execution(StrEnum):
    """What `bench` can time: the RTL in two ways."""

    GOLDEN = "golden"
    SIM = "sim"
    COCOTB = "cocotb"  # RTL in Verilator under cocotb
    NATIVE = "native"  # RTL in Verilator in the C++ harness of `verify`


class Backend(StrEnum):
    """An execution of a program."""

    SIM = "sim"
    GOLDEN = "golden"
    RTL = "rtl"
    BOARD = "board"


@dataclass(frozen=True)
class BoardPort:
    """Where the board is, and how many seconds it may take for what should be over at once."""

    name: str
    baud: int
    seconds: float

    @contextmanager
    def connect(self) -> Iterator[Link]:
        """The link to the board. Raises RunError."""
        with open_serial_port(self.name, self.baud) as port:
            yield Link(port)


def run_backend(
    backend: Backend,
    program: Program,
    inputs: NDArray[np.int64],
    *,
    trace: bool = False,
    progress: Progress | None = None,
    board: BoardPort | None = None,
    waves: Waves | None = None,
) -> RunResult:
    """Run ``inputs`` on the named execution; ``board`` is for Backend.BOARD, ``waves`` for Backend.RTL."""
    if backend is Backend.BOARD:
        from ..host.execute import run_board

        assert board is not None
        with board.connect() as link:
            return run_board(program, inputs, link, trace=trace, progress=progress, phase_seconds=board.seconds)
    if backend is Backend.GOLDEN:
        from ..system.golden_run import run_golden

        return run_golden(program, inputs, trace=trace)
    if backend is Backend.SIM:
        from ..system.simulate import run_sim

        with compilation_notice():
            return run_sim(program, inputs, trace=trace, progress=progress)
    with rtl_errors():
        from ..verify.rtl import run_rtl

        return run_rtl(program, inputs, trace=trace, progress=progress, waves=waves)


def run_rounds(
    backend: Backend,
    schedule: Schedule,
    inputs: NDArray[np.int64],
    *,
    trace: bool = False,
    progress: Progress | None = None,
    board: BoardPort | None = None,
    waves: Waves | None = None,
) -> tuple[RunResult, ...]:
    """Run ``inputs`` on the named execution, round after round; ``board`` and ``waves`` as in `run_backend`. Raises RunError when RTL or board do not come to the end."""
    plans = plan_rounds(schedule, inputs)
    if backend is Backend.BOARD:
        from ..host.execute import run_board_rounds

        assert board is not None
        with board.connect() as link:
            return run_board_rounds(plans, link, trace=trace, progress=progress, phase_seconds=board.seconds)
    if backend is Backend.GOLDEN:
        from ..system.golden_run import golden_result

        return tuple(golden_result(plan, trace=trace) for plan in plans)
    if backend is Backend.SIM:
        from ..system.simulate import simulate_rounds

        with compilation_notice():
            return simulate_rounds(plans, trace=trace, progress=progress)
    with rtl_errors():
        from ..verify.rtl import run_rtl_rounds

        results = run_rtl_rounds(plans, trace=trace, progress=progress, waves=waves)
    if len(results) < len(plans):
        raise RunError(f"the RTL did not end round {len(results) - 1} of {len(plans)}")
    return results


def prepare(execution: Execution, program: Program) -> Callable[[NDArray[np.int64]], RunResult]:
    """Build what ``execution`` runs on, and return the function that runs inputs on it. Raises RunError."""
    if execution is Execution.COCOTB:
        with rtl_errors():
            from shiftfire_hw.testing.cocotb_chip import build_cocotb_chip

            from ..verify.cocotb_run import run_cocotb_rtl

            return rtl_errors()(partial(run_cocotb_rtl, program, built=build_cocotb_chip(program.chip)))
    if execution is Execution.NATIVE:
        with rtl_errors():
            from shiftfire_hw.testing.chip_harness import build_harness

            build_harness(program.chip)
        return partial(run_backend, Backend.RTL, program)
    return partial(run_backend, Backend(execution.value), program)


@contextmanager
def rtl_errors() -> Iterator[None]:
    """What the RTL's tools raise, as a RunError: the commands must not need those tools to know their exceptions."""
    from shiftfire_hw.testing.toolchain import RtlError

    try:
        yield
    except RtlError as error:
        raise RunError(f"{error}\n(`shiftfire doctor` checks the tools)") from error
