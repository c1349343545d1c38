"""Measured unit costs as a Markdown reference: ``python -m shiftfire.cost.gates.render docs/reference/energy-units.json > docs/reference/energy-units.md``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shiftfire_spec.chip import load_chip

from ...energy.table import EnergyTable, load_table
from ...records.markdown import markdown_table
from .document import UnitCostError, read_document
from .ratios import CLOCK, WITHIN, Ratio, measured_ratios, table_ratios, within
from .units import CHIP, REFERENCE

_NONE = "-"

_HEAD = """# Unit costs at gate level

Rendered from `docs/reference/energy-units.json` by `python -m shiftfire.cost.gates.render`; the figures are measured by `make energy-units`. Do not edit: `tests/cost` proves
page and figures fresh.

What an operation takes, as a multiple of a 24-bit addition: so the technology cancels as far as it can. The [energy constants](energy.md#constants) are such multiples times the energy of an
addition at 22 nm.

## How it is measured

1. Yosys maps the unit, as the RTL has it, onto the cells of an open library ({library}, 180 nm, {voltage:g} V). Nothing is placed: wires have no capacitance.
2. The mapped netlist is simulated, 64 streams to a word, on **traced** operands: what the unit sees, in order, in golden runs of the first {samples} test samples of shipped models. Gates have
   the library's delays in steps of {unit_ps:g} ps and swallow pulses that are shorter than those (inertial delays), so glitches are counted. *Settled* counts only what is different when all has settled.
3. A transition of a net costs C V^2 / 2 of the pins on it, and the internal energy that the library says for the cell that drives it (mean of all inputs and conditions, input slew {slew_ps:g} ps).
   The clock is told apart.

`make energy-units` does all that. The library comes from Debian's package `qflow-tech-osu018`, which it downloads into `build/`; `make energy-units LIBERTY=cells.lib` takes another. It is neither
shipped nor kept here. `STA=sta` adds OpenSTA's figures.

## Ratios

"""

_READ = """
*Traced* is the figure to use. *Random*: uniform operands, against the addition of uniform operands. *Table*: what the energy constants say, nominal; *apart*: how far that is from the traced figure,
**bold** where it is more than {within:.0%}.

"""

_NOTES = """
* **Operands decide as much as gates do.** The additions of lanes are as dear as those of random numbers, because lanes go from one sum to an unrelated one in each beat. A unit that stays with
  one output adds small products to the same sum, and {zeros:.0%} of the activations of spikes and {pixel_zeros:.0%} of the pixels are 0: such an addition takes {output:.0%} or {pixels:.0%} of the reference,
  {skipping:.0%} where zeros are skipped, {weight:.0%} where sums come and go (weight-stationary). So it is with multiplications. The energy constants follow
  that: what is zero costs the dense machines nothing but for the sums that come and go, and each order of computing has its own price of a pair of operand bits. *Table* has as many
  products as the trace has that are not zero.
* COUNT, PTSOFTMAX and BSPN are without the addition of the bias, in the figures and in the table's.
* The LIF step has hardware for {leak_terms} leak terms, of which one is used.
* A flip-flop takes {clock:.3f} additions per clock cycle, whether or not its value changes ({cell}: {clock_pj:.2f} pJ, clock pin and inside). The clock's tree is not in it; the constant `flip_flop_clock` takes it to be as much again.
* The router has {router_bits:,} flip-flops: its clock takes {router_clock:.0f} additions every cycle, {router_times:.0f} times what a flit takes.

## How good that is

* Glitches: traced figures divided by settled ones are {least:.2f} to {most:.2f}. Delays of another library would move the ratios by a part of that.
* Simulation and Python's arithmetic agree on values, and toggles on a netlist worked by hand (`tests/energy/gates`).
{opensta}* One synthesis by one tool for one library: Yosys' adders look ahead; a ripple adder, or one in full-adder cells, is cheaper. The same holds for both sides of each ratio.
* Low voltage, wires, clock trees and leakage change ratios as well; none of that is here. Take a ratio as good to about 30 %, and absolute energies at 180 nm as no more than they are.
"""


def _figure(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3g}"


def _apart(measured: float, said: float | None) -> str:
    if said is None:
        return _NONE
    text = f"{said / measured - 1:+.0%}"
    return text if within(measured, said) else f"**{text}**"


def _ratio_row(record: Mapping[str, Any], ratio: Ratio, said: float | None) -> list[str]:
    figures = [_figure(value) for value in (ratio.traced, ratio.settled, ratio.random, said)]
    return [record["operation"], record["operands"], *figures, _apart(ratio.traced, said)]


def _unit_row(record: Mapping[str, Any]) -> list[object]:
    traced, random = record["traced"], record["random"]
    picojoule = [
        traced["settled_pj"],
        traced["timed_pj"],
        *((random["settled_pj"], random["timed_pj"]) if random else (None, None)),
    ]
    counts = [record[name] for name in ("cells", "flip_flops")]
    return [
        record["operation"],
        *counts,
        f"{traced['operations']:,}",
        *(_figure(value) for value in (*picojoule, record["opensta_pj"])),
    ]


def _opensta(document: Mapping[str, Any], ratios: Mapping[str, Ratio]) -> str:
    """How far OpenSTA's figures are; nothing where there are none."""
    rows = {
        name: (record["opensta_pj"] / record["random"]["timed_pj"], ratios[name].random, ratios[name].opensta)
        for name, record in document["units"].items()
        if record["opensta_pj"]
    }
    if not rows:
        return ""
    factors = [factor for factor, _, _ in rows.values()]
    said = ", ".join(
        f"{document['units'][name]['operation']} {_figure(theirs)} (here {_figure(ours)})"
        for name, (_, ours, theirs) in rows.items()
        if name != REFERENCE
    )
    return (
        f"* OpenSTA, which spreads activities through the netlist as if all signals were independent, gives {min(factors):.1f} to {max(factors):.1f} times the random figures here."
        f" Its ratios: {said}.\n"
    )


def render_unit_costs(document: Mapping[str, Any], table: EnergyTable) -> str:
    """Text of ``docs/reference/energy-units.md``. Raises UnitCostError when the document is not complete."""
    try:
        return _render(document, table)
    except KeyError as error:
        raise UnitCostError(f"the document of unit costs lacks {error}: run `make energy-units`") from None


def _render(document: Mapping[str, Any], table: EnergyTable) -> str:
    units, library, ratios, said = document["units"], document["library"], measured_ratios(document), table_ratios(table, document)
    text = _HEAD.format(
        library=library["name"],
        voltage=library["voltage"],
        samples=library["samples"],
        unit_ps=1000 * library["unit_ns"],
        slew_ps=1000 * library["slew_ns"],
    )
    heads = ("operation", "operands", "traced", "traced, settled", "random", "table", "apart")
    rows = units | {CLOCK: {"operation": "flip-flop, clocked for one cycle", "operands": "any"}}
    text += markdown_table(heads, (_ratio_row(record, ratios[name], said.get(name)) for name, record in rows.items())) + "\n"
    text += _READ.format(within=WITHIN)
    picojoule = ("settled", "with glitches")
    heads = (
        "operation",
        "cells",
        "flip-flops",
        "operations",
        *(f"{kind}, {count}" for kind in ("traced", "random") for count in picojoule),
    )
    text += f"In {library['name']}, pJ:\n\n" + markdown_table((*heads, "OpenSTA"), map(_unit_row, units.values())) + "\n"
    glitches = [record["traced"]["timed_pj"] / record["traced"]["settled_pj"] for record in units.values()]
    clock = ratios[CLOCK].traced
    router = units["router"]
    return text + _NOTES.format(
        **{order: ratios[f"addition_{order}"].traced for order in ("output", "skipping", "weight", "pixels")},
        zeros=units["multiply_4x3"]["traced"]["zeros"]["activation"],
        pixel_zeros=units["multiply_4x4"]["traced"]["zeros"]["activation"],
        leak_terms=load_chip(CHIP).leak_terms,
        clock=clock,
        cell=document["flip_flop"]["cell"],
        clock_pj=document["flip_flop"]["clock_pj"],
        router_bits=router["flip_flops"],
        router_clock=clock * router["flip_flops"],
        router_times=clock * router["flip_flops"] / ratios["router"].traced,
        least=min(glitches),
        most=max(glitches),
        opensta=_opensta(document, ratios),
    )


def main(arguments: list[str]) -> int:
    """Exit code: 0, or 2 when there is no complete document at the path given."""
    try:
        if len(arguments) != 1:
            raise UnitCostError("say where the figures are: python -m shiftfire.cost.gates.render docs/reference/energy-units.json")
        sys.stdout.write(render_unit_costs(read_document(Path(arguments[0])), load_table()))
    except UnitCostError as error:
        print(f"shiftfire.cost.gates.render: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
