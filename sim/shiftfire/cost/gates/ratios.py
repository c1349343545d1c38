"""Unit costs as multiples of the reference's, measured and as the table of energy constants has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...energy.table import EnergyTable
from .units import REFERENCE

WITHIN = 0.3
CLOCK = "flip_flop_clock"
_CONSTANTS = {
    "comparison": ("compare",),
    "lif_step": ("leaky_step",),
    "count_step": ("compare", "subtract"),
    "ptsoftmax": ("accumulate",) * 2
    + ("compare",) * 3
    + ("subtract",) * 2,  # as the neurons' `operations`, without biases, as with COUNT
    "bspn": ("accumulate",) * 3 + ("compare",) * 4 + ("subtract",) * 2,
    CLOCK: ("flip_flop_clock",),
    **dict.fromkeys(("lane", "lane_digits", "lane_powers"), ("lane_operation",)),
    **dict.fromkeys(("addition_output", "addition_skipping", "addition_weight", "addition_pixels"), ("accumulate",)),
}
_PAIRS = {
    **dict.fromkeys(("multiply_4x3", "multiply_4x3_skipping", "multiply_4x3_weight"), 12),
    "multiply_4x4": 16,
    "multiply_8x4": 32,
    "multiply_8x8": 64,
}  # of operand bits


@dataclass(frozen=True)
class Ratio:
    """Energy of an operation over that of the reference on operands of the same kind; None where it was not measured so.

    traced: on operands of runs, with glitches. settled: on those, without. random: uniform operands, with glitches. opensta: likewise, both figures OpenSTA's.
    """

    traced: float
    settled: float
    random: float | None
    opensta: float | None


def measured_ratios(document: Mapping[str, Any]) -> dict[str, Ratio]:
    """Of every unit of the document, and of `CLOCK`, which knows no operands."""
    reference = document["units"][REFERENCE]
    ratios = {name: _ratio(record, reference) for name, record in document["units"].items()}
    clock, traced = document["flip_flop"]["clock_pj"], reference["traced"]
    return ratios | {
        CLOCK: Ratio(clock / traced["timed_pj"], clock / traced["settled_pj"], clock / reference["random"]["timed_pj"], None)
    }


def _ratio(record: Mapping[str, Any], reference: Mapping[str, Any]) -> Ratio:
    own, of = record["traced"], reference["traced"]
    return Ratio(
        traced=own["timed_pj"] / of["timed_pj"],
        settled=own["settled_pj"] / of["settled_pj"],
        random=record["random"]["timed_pj"] / reference["random"]["timed_pj"] if record["random"] else None,
        opensta=record["opensta_pj"] / reference["opensta_pj"] if record["opensta_pj"] and reference["opensta_pj"] else None,
    )


def table_ratios(table: EnergyTable) -> dict[str, float]:
    """What the energy constants say of the units that have one, nominal values."""
    addition, pair = table.constant("accumulate").value, table.constant("multiply_bit_pair").value
    sums = {name: sum(table.constant(constant).value for constant in constants) for name, constants in _CONSTANTS.items()}
    products = {name: pair * pairs for name, pairs in _PAIRS.items()}
    return {name: energy / addition for name, energy in (sums | products).items()}


def within(measured: float, said: float) -> bool:
    """Whether the table's figure is at most `WITHIN` away from the measured one."""
    return abs(said / measured - 1) <= WITHIN
