"""Builds the boards and keeps their reports: ``python -m shiftfire.cost.board_measure docs/reference/boards.json [BOARD ...]``.

Every board with its own preset, and with a program of one instruction where it has a processor: the firmware's size changes no figure. Each report is
written as soon as it is known. Needs the extra ``boards``; takes a quarter of an hour and more, most of it for the ULX3S.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shiftfire_hw.boards.board import BOARDS, Board, find_board
from shiftfire_hw.boards.build import REPORT, build
from shiftfire_hw.boards.tools import BoardError
from shiftfire_spec.chip import load_chip
from shiftfire_spec.errors import ContractError

from .board_document import BoardsError, read_document, write_document

PROGRAM = (0x0000006F,)  # RISC-V: jump to itself


def measure_board(board: Board) -> dict[str, Any]:
    """The report of a board's build; when the chip does not fit, that of its synthesis, and why. Raises BoardError."""
    chip, program = load_chip(board.chip), PROGRAM if board.processor else ()
    with TemporaryDirectory(prefix="shiftfire-board-") as scratch:
        folder = Path(scratch)
        try:
            return build(board, chip, folder, firmware=program).as_dict() | {"unfit": None}
        except BoardError as error:
            report = folder / REPORT
            if not report.exists():
                raise
            return json.loads(report.read_text()) | {"unfit": str(error).replace(str(folder), "...")}


def measure(path: Path, names: list[str]) -> None:
    """Measure the named boards, or all, and put them into the document at ``path``. Raises BoardsError, BoardError, ContractError."""
    document = read_document(path)
    for board in [find_board(name) for name in names] or BOARDS:
        start = time.monotonic()
        document[board.name] = measure_board(board)
        write_document(path, {known.name: document[known.name] for known in BOARDS if known.name in document})
        print(f"{board.name}: {time.monotonic() - start:.0f} s", flush=True)


def main(arguments: list[str]) -> int:
    """Exit code: 0, or 2 when the arguments or the tools are at fault."""
    try:
        if not arguments:
            raise BoardsError(
                "say where the figures go: python -m shiftfire.cost.board_measure docs/reference/boards.json [BOARD ...]"
            )
        measure(Path(arguments[0]), arguments[1:])
    except (BoardsError, BoardError, ContractError) as error:
        print(f"shiftfire.cost.board_measure: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
