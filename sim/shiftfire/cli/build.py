"""``shiftfire build``: a board's bitstream."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ..api import InputError, RunError
from ..cost.budget import Line, compare, read_budgets
from . import options
from .chips import described
from .console import output

DEFAULT_BUDGETS = Path("fpga/budgets.toml")
OVER_BUDGET = 1


def build(
    board: Annotated[str, typer.Argument(help="ulx3s, icebreaker or tangnano20k.", metavar="BOARD")],
    chip: Annotated[
        str | None, typer.Option("--chip", help="Chip preset or path of a TOML description; the board's own preset without it.")
    ] = None,
    changes: options.Changes = None,
    firmware: Annotated[
        Path | None,
        typer.Option(help="ELF file of the firmware, for a board with a processor; from `make firmware`.", metavar="FILE"),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for bitstream, report and logs; build/BOARD without it.", metavar="DIR"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the placer.", metavar="N")] = 1,
    budgets: Annotated[
        Path | None,
        typer.Option(help=f"Budgets to compare with; {DEFAULT_BUDGETS} without it, when there is such a file.", metavar="FILE"),
    ] = None,
    synthesis_only: Annotated[bool, typer.Option("--synthesis-only", help="Neither place and route nor make a bitstream.")] = False,
) -> None:
    """Build a board's bitstream, with Yosys and nextpnr from PyPI, and show what it takes.

    Exit code 1: a budget is exceeded; 2: a mistake, a tool is missing, or the chip does not fit.
    """
    from shiftfire_hw.boards import build as flow  # lazy: the other commands do without the RTL
    from shiftfire_hw.boards.board import find_board
    from shiftfire_hw.boards.tools import BoardError
    from shiftfire_hw.soc.elf import read_firmware

    chosen = find_board(board)
    if chosen.processor and firmware is None:
        raise InputError(
            f"board {board} has a processor: give it a program with --firmware firmware/build/firmware.elf (`make firmware`)"
        )
    if firmware is not None and not chosen.processor:
        raise InputError(f"board {board} has no processor: leave --firmware {firmware} out")
    limits = read_budgets(budgets or DEFAULT_BUDGETS) if budgets or DEFAULT_BUDGETS.exists() else {}
    target = folder or Path("build") / board
    words = read_firmware(firmware) if firmware is not None else ()
    try:
        with _stages(flow.STAGES) as stage:
            report = flow.build(
                chosen,
                described(chip or chosen.chip, changes),
                target,
                firmware=words,
                seed=seed,
                place=not synthesis_only,
                stage=stage,
            )
    except BoardError as error:
        raise RunError(str(error)) from None
    lines = compare(report.as_dict(), limits)
    _show(report, lines, target / flow.REPORT)
    if report.bitstream is not None:
        print(f"bitstream {target / report.bitstream}; to load it: {chosen.program.format(target / report.bitstream)}")
    if not all(line.kept for line in lines):
        raise typer.Exit(OVER_BUDGET)


@contextmanager
def _stages(names: tuple[str, ...]) -> Iterator[Callable[[str], None]]:
    """Says on standard error which stage is under way; nothing when that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    with Console(stderr=True).status("") as status:
        yield lambda name: status.update(f"{name} ({names.index(name) + 1} of {len(names)})")


def _show(report: Any, lines: list[Line], path: Path) -> None:
    table = Table(title=f"chip {report.chip} on {report.board} ({report.device})")
    for head in ("step", "resource", "figure", "device", "budget", ""):
        table.add_column(head, justify="left" if head in ("step", "resource") else "right")
    for line in lines:
        has = report.capacity.get(line.resource, "")
        budget = "-" if line.budget is None else f"{line.budget:g}"
        table.add_row(
            line.step, line.resource.replace("_", " "), f"{line.figure:g}", str(has), budget, "" if line.kept else "exceeded"
        )
    console = output(None)
    console.print(table)
    if report.clocks:
        clocks = ", ".join(f"{name} {mhz:g} MHz" for name, mhz in report.clocks.items())
        console.print(f"the chip's clock is {report.clock_mhz:g} MHz; highest clocks: {clocks}", markup=False)
    console.print(f"report {path}", markup=False)
