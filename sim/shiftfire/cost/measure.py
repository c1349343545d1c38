"""Measures what the cost table shows: ``python -m shiftfire.cost.measure docs/reference/cost.json [NAME ...]``.

NAME is a design of `shiftfire_hw.synthesis.designs`, or ``errors``; all of them when none is given. Every figure is written as soon as it is known, so a run can be
stopped and gone on with. Needs the extra ``synthesis``; takes about an hour.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shiftfire_hw.synthesis import tools
from shiftfire_hw.synthesis.cycles import measure_cycles
from shiftfire_hw.synthesis.designs import DESIGNS, LANES

from .document import CostError, read_document, write_document
from .errors import measure_errors

ERRORS = "errors"


def measure_design(name: str) -> dict[str, Any]:
    """Area, clock and cycles of a design. Without DSP blocks only the area: that is what such a netlist is for; so where no seeds are given."""
    design = DESIGNS[name]
    record: dict[str, Any] = {
        "title": design.title,
        "shift_based": design.shift_based,
        "allow_dsp": design.allow_dsp,
        "digest": design.digest(),
        "area": asdict(tools.measure_area(design.build(), allow_dsp=design.allow_dsp)),
    }
    if design.allow_dsp and design.seeds:
        record["clock"] = asdict(tools.measure_clock(design.build(), seeds=design.seeds))
        record["lanes"] = LANES if design.rows else None
        record["cycles"] = {str(row): asdict(measure_cycles(design.build(), beats=row // LANES)) for row in design.rows}
    return record


def flow() -> dict[str, Any]:
    """What placing and routing depends on besides the tools."""
    return {
        "device": tools.DEVICE,
        "speed_grade": tools.SPEED_GRADE,
        "target_mhz": tools.TARGET_MHZ,
        "seeds": list(tools.SEEDS),
    }


def measure(path: Path, names: list[str]) -> None:
    """Measure the named designs (and errors) and put them into the document at ``path``. Raises CostError, SynthesisError."""
    unknown = sorted(set(names) - {*DESIGNS, ERRORS})
    if unknown:
        raise CostError(f"no design {', '.join(unknown)}; there are {', '.join(DESIGNS)}, and {ERRORS}")
    document, origin = read_document(path), {"tools": tools.versions(), "flow": flow()}
    if document["designs"] and any(document[section] != origin[section] for section in origin):
        raise CostError(f"{path}: measured with other tools or another flow; delete it and measure everything again")
    document.update(origin)
    for name in names or [*DESIGNS, ERRORS]:
        start = time.monotonic()
        if name == ERRORS:
            document[ERRORS] = measure_errors()
        else:
            document["designs"][name] = measure_design(name)
            document["designs"] = {known: document["designs"][known] for known in DESIGNS if known in document["designs"]}
        write_document(path, document)
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)


def main(arguments: list[str]) -> int:
    """Exit code: 0, or 2 when the arguments or the tools are at fault."""
    try:
        if not arguments:
            raise CostError("say where the figures go: python -m shiftfire.cost.measure docs/reference/cost.json [NAME ...]")
        measure(Path(arguments[0]), arguments[1:])
    except (CostError, tools.SynthesisError) as error:
        print(f"shiftfire.cost.measure: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
