"""The measured builds as a Markdown reference: ``python -m shiftfire.cost.board_render docs/reference/boards.json > docs/reference/boards.md``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..records.markdown import markdown_table
from .board_document import BoardsError, read_document

_NONE = "-"
_RESOURCES = {"luts": "LUT", "flip_flops": "FF", "block_rams": "block RAM", "dsps": "DSP"}

_HEAD = """# Boards reference

Rendered from `docs/reference/boards.json` by `python -m shiftfire.cost.board_render`; the figures are measured by `python -m shiftfire.cost.board_measure`
(`make boards` does both). Do not edit: `tests/boards` proves the page fresh. How to build and load them: [guide](../howto/boards.md).

No bitstream has run on a board yet.

"""
_NOTES = """
*Synthesised*: cells that Yosys maps to. *Placed*: what nextpnr packs them into; flip-flops of an iCE40 share logic cells with LUTs, and those that cannot take a cell
of their own, which counts as LUT here. The clock is the highest of the whole design, fabric and what is around it, from nextpnr's report for one seed; the slowest path says whether it is the
fabric's. DSP blocks are those of the whole design: 0 says that the fabric has none. *Fabric*: the chip by itself, where it is synthesised so.

"""


def _figures(name: str, step: str, found: Mapping[str, int], clock: str) -> list[object]:
    return [name, step, *(found.get(resource, _NONE) for resource in _RESOURCES), clock]


def _rows(name: str, report: Mapping[str, Any]) -> list[list[object]]:
    rows = [_figures(name, f"{report['device']} has", report["capacity"], f"{report['clock_mhz']:g} wanted")]
    if report["fabric"] is not None:
        rows.append(_figures("", "fabric, synthesised", report["fabric"], _NONE))
    rows.append(_figures("", "synthesised", report["mapped"], _NONE))
    if report["placed"] is not None:
        rows.append(_figures("", "placed", report["placed"], f"{min(report['clocks'].values()):g}"))
    return rows


def _says(name: str, report: Mapping[str, Any]) -> str:
    """A line about one board below the table."""
    tools = ", ".join(f"{tool} {version}" for tool, version in report["tools"].items())
    seconds = ", ".join(f"{stage} {value:.0f} s" for stage, value in report["seconds"].items())
    text = f"* `{name}`, chip `{report['chip']}`, seed {report['seed']}: {seconds}; {tools}."
    if report["unfit"] is not None:
        text += f" Not placed: {report['unfit']}."
    if report["critical"] is not None:
        where = "within the fabric" if report["critical"]["in_fabric"] else "not within the fabric alone"
        text += f" Slowest path {where}: from `{report['critical']['from']}` to `{report['critical']['to']}`."
    return text


def render_boards_reference(document: Mapping[str, Mapping[str, Any]]) -> str:
    """Text of ``docs/reference/boards.md``. Raises BoardsError when the document is not complete."""
    heads = ["board", "", *_RESOURCES.values(), "MHz"]
    try:
        table = markdown_table(heads, [row for name, report in document.items() for row in _rows(name, report)])
        says = "\n".join(_says(name, report) for name, report in document.items())
    except KeyError as error:
        raise BoardsError(f"the document of builds lacks {error}: run `make boards`") from None
    return _HEAD + table + "\n" + _NOTES + says + "\n"


def main(arguments: list[str]) -> int:
    """Exit code: 0, or 2 when there is no complete document at the path given."""
    try:
        if len(arguments) != 1:
            raise BoardsError("say where the figures are: python -m shiftfire.cost.board_render docs/reference/boards.json")
        sys.stdout.write(render_boards_reference(read_document(Path(arguments[0]))))
    except BoardsError as error:
        print(f"shiftfire.cost.board_render: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
