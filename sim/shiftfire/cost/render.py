"""The cost document as a Markdown reference: ``python -m shiftfire.cost.render docs/reference/cost.json > docs/reference/cost.md``."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shiftfire_hw.synthesis.designs import CHIP, ENTRY_BITS, LANES, MULTIPLIER_BITS, ROW, TILE
from shiftfire_spec.chip import load_chip
from shiftfire_spec.packet import PAYLOAD_BITS
from shiftfire_spec.shift_units import PTSOFTMAX_ROW_ENTRIES

from ..records.markdown import markdown_table
from .document import CostError, read_document

_NONE = "-"

_HEAD = """# Cost reference

Rendered from `docs/reference/cost.json` by `python -m shiftfire.cost.render`; the figures are measured by `python -m shiftfire.cost.measure`
(`make cost` does both). Do not edit: `tests/cost` proves page and figures fresh.

Each shift-based unit stands beside a design with multipliers that does the same job, written for this comparison
(`hw/shiftfire_hw/baselines`): as many entries per cycle, as long rows, the same streams, the same buffering in the same memories.
"""

_METHOD = """## How it was measured

* *Area*: the unit alone, synthesised by Yosys (`synth_ecp5`) and packed by nextpnr, without pads. LUT counts LUT4 sites: logic, carry chains, distributed
  RAM. BRAM counts 18-kbit blocks (DP16KD), DSP counts MULT18X18D blocks. *LUT without DSP*: the same reference with `-nodsp`.
* *Clock*: the unit between registers (inputs from a shift register, outputs captured and folded by a registered tree of exclusive ors), placed and routed on
  {device}, speed grade {speed_grade}, with a target of {target_mhz:g} MHz that nothing reaches; seeds {seeds}. The table gives the median and the range.
* *Cycles*: counted in simulation without stalls. Latency is from a row's first beat in to its first result out; cycles per row is the distance of
  two rows in steady state. Entries per second are those cycles at the median clock.
* Tools: {tools}.

What no figure here says: power (see [energy](energy.md)); area on an ASIC. An FPGA has its multiplier blocks whether they are used or not, so a DSP costs
nothing until they run out; the columns without DSP are nearer to what a multiplier costs where there is none, and LUTs build it badly.
"""

_SHORT = """## In short

Shift-based over reference: below 1 the shift-based unit is smaller, or slower. What each line does and does not show is said under the tables.

{table}
"""

_SOFTMAX = """## Softmax

{lanes} entries of {bits} bits per beat, rows of up to {entries} entries, three passes over a row in block RAM.

{table}

* PTSOFTMAX emits powers of two (and counts of them through a loaded table); the reference emits 8-bit probabilities from an exponent table in block RAM, one
  division per row and one multiplication per entry. Both scale the scores with a shifter per lane.
* The reference is pipelined; PTSOFTMAX gives a result in the cycle in which its entries leave the buffer, as a step of a core has one cycle. The clock column says more
  about that than about shifts.
"""

_NORM = """## Normalisation

{lanes} entries per beat, {row} channels per row, entries of {bits} bits unless said otherwise; a group is buffered while it is summed.

{table}

* BSPN emits y, its nearest power of two and a code (through a table, or requantised); the reference emits y and a requantised code. So BSPN is charged for outputs
  that the reference does not have. The reference subtracts the mean, BSPN does not.
* BSPN normalises groups; layer norm as published normalises the whole row, which takes a longer buffer and wider sums.
* An entry of {bits} bits is wider than an operand of the multiplier block; with {narrow}-bit entries it fits.
* As with softmax, the reference is pipelined and BSPN is not.
"""

_LANES = """## Lanes

{lanes} lanes, {bits}-bit sums in and out of registers; weight memory and accumulators, which are the same for both, are left out.

{table}

* A cycle of the lane array is a *beat*: one spike, or one set bit of a graded payload. A graded payload takes one beat on 1-bit weights; on wider weights it takes as
  many beats as its magnitude has ones: {mean:g} on average over all {payload}-bit values, {payload} at most. The MAC array takes one cycle for any activation, zeros included; zeros
  never reach the lane array.
* A lane takes every weight format (1, 2, 4 and 8 bits) and shifts by 0 to 31; a MAC takes one format and no shift.
* So the table does not say which array finishes a layer first, or with less area for the same work: that depends on how sparse and how graded its input is.
"""

_MULTISPIKE = """## Multi-spike IF

The unit that the option `multispike` of a chip adds to each fire lane, with sums of {bits} bits and membranes of {membrane} ({chip}).

{table}

* The unit divides the membrane bit by bit, a cycle each; leak and sum are those of LIF and not in the first line.
"""

_FIRE = """## Currents, wide values, resets, refractory periods

The fire engine and the encoder of a core with {lanes} fire lanes, sums of {bits} bits and {membrane}-bit membranes ({chip}, without its other options), and with the options that change them.

{table}

* Memories of parameters, membranes and currents are in it. `currents` has the second one; current and membrane go through one leak and one integrator, so a step takes two cycles.
* `wide_values` forms the digits of every lane's membrane and holds them in the encoder; it widens the receivers' exponents by a bit, too, which is not in the table.
* `refractory` has a memory of four bits per neuron.

"""

_OPTIONS = """## Options of a chip

What each option adds to a tile (router and core) of {chip}: the tile with all options that {chip} has takes {luts} LUT, {flip_flops} FF and {block_rams} BRAM; less what it
takes without the option.

{table}

* An option that another one needs cannot be left out alone and has no line. Area only; how fast chips are is on the page of the [boards](boards.md).
* Yosys shares logic across a tile, so the lines need not add up.
"""

_ERRORS_SOFTMAX = """## Error of softmax

Against softmax in double precision to base 2, which softmax to base e becomes when its scores are scaled by log2 e; scores with 8 fraction bits. *random*: normal scores,
rows of 2 to 512 entries, standard deviations of 1/4 to 8 octaves. *adversarial*: equal entries of every number, and
one to three entries next to whole octaves above equal others, whose number is where the denominator steps. Maximum / root mean square of the absolute error of a probability.

{table}

The root mean square of the exact probabilities is {scales}. The adversarial rows with the largest
errors: {worst}.

{sums}

* The sum is of the exact powers of two, before the smallest become zero. Known envelopes: NEAREST_UP 0.75 to 1.5, CEIL 0.5 to 1. The ratio is of a probability to the exact
  one; for NEAREST_UP it lies between 3/8 and 3.
* The reference's row sums are off because its probabilities have 8 bits: long flat rows round up or down all together.
* The reference's largest error is that of a probability of 1, of which 8 bits hold 255/256.
* Largest errors are the largest found, not proven bounds. They are of the unit's arithmetic, not of a network's accuracy: networks are trained with these very
  probabilities.
"""

_ERRORS_NORM = """## Error of normalisation

Maximum / root mean square of the absolute error of an entry of y, for a layer with gamma of 1/2 to 2, whose mean squares were taken from centred rows. *y*: before the last
rounding; *power*: the power of two that is sent. Root mean square of the exact result, for scale, in the last rows.

{table}

* *same group scale*: PowerNorm with the group's power of two as BSPN takes it, but an exact channel weight: what rounding weight and result costs.
  *PowerNorm*: the group divided by its exact mean magnitude. *layer norm*: mean subtracted, divided by the standard deviation; a different function, so that
  rows with a mean, single entries and equal entries are far apart by definition.
* centred, shifted: normal entries of many sizes, without and with a mean of one standard deviation; steps: equal magnitudes at powers of two and beside them;
  one-hot: one entry per group; equal: all entries of the row equal.
* BSPN's errors are those of a different normalisation, with which networks are trained, not of a faulty one.
"""

_ERROR_ROWS_SOFTMAX: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "PTSOFTMAX, NEAREST_UP, power of two": ("NEAREST_UP", "pow2"),
        "PTSOFTMAX, NEAREST_UP, 4-bit count": ("NEAREST_UP", "count"),
        "PTSOFTMAX, CEIL, power of two": ("CEIL", "pow2"),
        "PTSOFTMAX, CEIL, 4-bit count": ("CEIL", "count"),
        "fixed-point softmax, 8 bits": ("reference", "probability"),
        "PTSOFTMAX, NEAREST_UP, power of two, against base e of the same scores": ("NEAREST_UP", "pow2_base_e"),
    }
)
_ERROR_ROWS_NORM: Mapping[str, str] = MappingProxyType(
    {
        "BSPN y, against same group scale": "y_same_scale",
        "BSPN power, against same group scale": "power_same_scale",
        "BSPN y, against PowerNorm": "y_power_norm",
        "BSPN power, against PowerNorm": "power_power_norm",
        "BSPN y, against layer norm of the group": "y_layer_norm",
        "BSPN power, against layer norm of the group": "power_layer_norm",
        "fixed-point layer norm of the group": "reference_group",
        "fixed-point layer norm of the row": "reference_row",
    }
)
_SCALE_ROWS_NORM: Mapping[str, str] = MappingProxyType(
    {"scale: PowerNorm": "y_power_norm", "scale: layer norm of the group": "y_layer_norm"}
)


def _designs(document: Mapping[str, Any], *prefixes: str) -> dict[str, Mapping[str, Any]]:
    """Designs whose name begins with a prefix, those without DSP blocks left out."""
    designs = document["designs"]
    return {name: designs[name] for name in designs if name.startswith(prefixes) and not name.endswith("_nodsp")}


def _area_cells(document: Mapping[str, Any], name: str) -> list[object]:
    area = document["designs"][name]["area"]
    without = document["designs"].get(f"{name}_nodsp")
    without_dsp = without["area"]["luts"] if without else area["luts"]
    return [area["luts"], without_dsp, area["flip_flops"], area["block_rams"], area["dsps"]]


def _clock_cell(design: Mapping[str, Any]) -> str:
    mhz = design["clock"]["mhz"]
    return f"{_megahertz(design):.1f} ({min(mhz):.1f} to {max(mhz):.1f})"


def _row_cells(design: Mapping[str, Any]) -> list[str]:
    """Latency, cycles and speed for every length of row."""
    cells = []
    for length, cycles in design["cycles"].items():
        cells += [str(cycles["latency"]), str(cycles["row"]), f"{_megahertz(design) * int(length) / cycles['row']:.0f}"]
    return cells


_AREA_HEADS = ("design", "LUT", "LUT without DSP", "FF", "BRAM", "DSP", "clock, MHz")


def _unit_table(document: Mapping[str, Any], *prefixes: str) -> str:
    designs = _designs(document, *prefixes)
    heads = list(_AREA_HEADS)
    for length in next(iter(designs.values()))["cycles"]:
        heads += [f"latency, row of {length}", f"cycles per row of {length}", f"million entries/s, rows of {length}"]
    rows = [[d["title"], *_area_cells(document, name), _clock_cell(d), *_row_cells(d)] for name, d in designs.items()]
    return markdown_table(heads, rows)


_PAIRS = (
    ("ptsoftmax", "softmax"),
    ("bspn", "layer_norm"),
    ("bspn", "layer_norm_row"),
    ("bspn_narrow", "layer_norm_narrow"),
    ("lanes", "mac4"),
    ("lanes", "mac8"),
)


def _megahertz(design: Mapping[str, Any]) -> float:
    return statistics.median(design["clock"]["mhz"])


def _short_table(document: Mapping[str, Any]) -> str:
    """Every pair in ratios; entries per second for the longest row."""
    rows = []
    for ours, reference in _PAIRS:
        a, b = (document["designs"][name] for name in (ours, reference))
        without = document["designs"][f"{reference}_nodsp"]["area"]["luts"]
        clock = _megahertz(a) / _megahertz(b)
        longest = max(a["cycles"], key=int, default=None)
        entries = clock * b["cycles"][longest]["row"] / a["cycles"][longest]["row"] if longest else None
        luts = a["area"]["luts"]
        rows.append(
            [
                f"{a['title']} / {b['title']}",
                f"{luts / b['area']['luts']:.2f}",
                f"{luts / without:.2f}",
                f"{a['area']['dsps']} / {b['area']['dsps']}",
                f"{clock:.2f}",
                f"{entries:.2f}" if entries else _NONE,
            ]
        )
    return markdown_table(["pair", "LUT", "LUT, the reference without DSP", "DSP", "clock", "entries/s"], rows)


def _pair(record: Mapping[str, Any]) -> str:
    return f"{record['max']:g} / {record['rms']:g}"


def _span(values: list[float] | None) -> str:
    return _NONE if values is None else f"{values[0]:g} to {values[1]:g}"


def _softmax_errors(errors: Mapping[str, Any]) -> str:
    families = list(errors["reference"])
    rows = [
        [title, *(_pair(errors[unit][family][output]) for family in families)]
        for title, (unit, output) in _ERROR_ROWS_SOFTMAX.items()
    ]
    heads = ["row sum and ratio", *(f"{what}, {family}" for what in ("row sum", "ratio") for family in families)]
    sums = [
        [unit, *(_span(errors[unit][family].get(what)) for what in ("row_sum", "ratio") for family in families)] for unit in errors
    ]
    worst = "; ".join(
        f"{unit}: {errors[unit]['adversarial'][output]['worst']}"
        for unit, output in (("NEAREST_UP", "pow2"), ("CEIL", "pow2"), ("reference", "probability"))
    )
    scales = ", ".join(
        f"{errors['reference'][family]['probability']['scale']:g} ({family}, {errors['reference'][family]['rows']} rows)"
        for family in families
    )
    table = markdown_table(["unit", *families], rows)
    return _ERRORS_SOFTMAX.format(table=table, scales=scales, worst=worst, sums=markdown_table(heads, sums))


def _norm_errors(errors: Mapping[str, Any]) -> str:
    families = list(errors["reference_row"])
    rows = [[title, *(_pair(errors[name][family]) for family in families)] for title, name in _ERROR_ROWS_NORM.items()]
    rows += [[title, *(f"{errors[name][family]['scale']:g}" for family in families)] for title, name in _SCALE_ROWS_NORM.items()]
    heads = [f"{family.replace('_', '-')} ({errors['reference_row'][family]['rows']} rows)" for family in families]
    return _ERRORS_NORM.format(table=markdown_table(["unit and measure", *heads], rows))


def _method(document: Mapping[str, Any]) -> str:
    flow = document["flow"]
    return _METHOD.format(
        device=flow["device"],
        speed_grade=flow["speed_grade"],
        target_mhz=flow["target_mhz"],
        seeds=", ".join(str(seed) for seed in flow["seeds"]),
        tools=", ".join(f"{name} {version}" for name, version in document["tools"].items()),
    )


def _lanes(document: Mapping[str, Any]) -> str:
    chip = load_chip(CHIP)
    rows = [[d["title"], *_area_cells(document, name), _clock_cell(d)] for name, d in _designs(document, "lanes", "mac").items()]
    return _LANES.format(
        table=markdown_table(_AREA_HEADS, rows),
        lanes=chip.lanes,
        bits=chip.accumulator_bits,
        payload=PAYLOAD_BITS,
        mean=PAYLOAD_BITS / 2,
    )


def _multispike(document: Mapping[str, Any]) -> str:
    chip = load_chip(CHIP)
    rows = [[d["title"], *_area_cells(document, name), _clock_cell(d)] for name, d in _designs(document, "multispike").items()]
    sizes = {"chip": CHIP, "bits": chip.accumulator_bits, "membrane": chip.membrane_bits}
    return _MULTISPIKE.format(table=markdown_table(_AREA_HEADS, rows), **sizes)


def _fire(document: Mapping[str, Any]) -> str:
    chip = load_chip(CHIP)
    rows = [[d["title"], *_area_cells(document, name), _clock_cell(d)] for name, d in _designs(document, "fire").items()]
    sizes = {"chip": CHIP, "lanes": chip.fire_lanes, "bits": chip.accumulator_bits, "membrane": chip.membrane_bits}
    return _FIRE.format(table=markdown_table(_AREA_HEADS, rows), **sizes)


def _options(document: Mapping[str, Any]) -> str:
    tiles = _designs(document, TILE)
    whole, keys = tiles.pop(TILE)["area"], ("luts", "flip_flops", "block_rams")
    rows = [
        [f"`{name.removeprefix(f'{TILE}_')}`", *(whole[key] - tile["area"][key] for key in keys)] for name, tile in tiles.items()
    ]
    return _OPTIONS.format(
        table=markdown_table(["option", "LUT", "FF", "BRAM"], rows), chip=CHIP, **{key: whole[key] for key in keys}
    )


def render_cost_reference(document: Mapping[str, Any]) -> str:
    """Text of ``docs/reference/cost.md``. Raises CostError when the document is not complete."""
    sizes = {"lanes": LANES, "bits": ENTRY_BITS, "entries": PTSOFTMAX_ROW_ENTRIES, "row": ROW, "narrow": MULTIPLIER_BITS}
    try:
        return "\n".join(
            [
                _HEAD,
                _SHORT.format(table=_short_table(document)),
                _method(document),
                _SOFTMAX.format(table=_unit_table(document, "ptsoftmax", "softmax"), **sizes),
                _NORM.format(table=_unit_table(document, "bspn", "layer_norm"), **sizes),
                _lanes(document),
                _multispike(document),
                _fire(document),
                _options(document),
                _softmax_errors(document["errors"]["softmax"]),
                _norm_errors(document["errors"]["norm"]),
            ]
        )
    except KeyError as error:
        raise CostError(f"the cost document lacks {error}: measure it with python -m shiftfire.cost.measure") from None


def main(arguments: list[str]) -> int:
    """Exit code: 0, or 2 when there is no complete document at the path given."""
    try:
        if len(arguments) != 1:
            raise CostError("say where the figures are: python -m shiftfire.cost.render docs/reference/cost.json")
        sys.stdout.write(render_cost_reference(read_document(Path(arguments[0]))))
    except CostError as error:
        print(f"shiftfire.cost.render: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
