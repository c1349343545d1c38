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
    "comparison": "compare",
    "lif_step": "leaky_step",
    "count_step": "division_step",
    "ptsoftmax": "softmax_entry",
    "bspn": "norm_channel",
    **dict.fromkeys(("lane", "lane_digits", "lane_powers"), "lane_operation"),
    "addition_skipping": "add_product",
    "addition_weight": "add_partial_sum",
}
_OF_NONZERO = {"addition_output": ("add_product", "multiply_4x3"), "addition_pixels": ("add_product", "multiply_4x4")}
"""Additions of which only those count whose product is not zero, and the unit whose trace says how many are."""
_PAIRS = {
    "multiply_4x3": ("multiply_bit_pair", 12),
    "multiply_4x3_skipping": ("multiply_bit_pair_steady", 12),
    "multiply_4x3_weight": ("multiply_bit_pair_steady", 12),
    "multiply_4x4": ("multiply_bit_pair", 16),
    "multiply_8x4": ("multiply_bit_pair", 32),
    "multiply_8x8": ("multiply_bit_pair", 64),
}
"""Constant of a pair of operand bits, and how many pairs."""


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


def table_ratios(table: EnergyTable, document: Mapping[str, Any]) -> dict[str, float]:
    """What the energy constants say of the units that have one, nominal values; of products, as many as the trace has that are not zero.

    The clock of a flip-flop is not among them: the constant has the clock's tree in it, which a netlist has not.
    """
    addition = table.constant("accumulate").value

    def ratio(constant: str) -> float:
        return table.constant(constant).value / addition

    def taken(unit: str) -> float:
        """Share of a trace's products that are not zero."""
        return 1 - document["units"][unit]["traced"]["zeros"]["activation"]

    plain = {name: ratio(constant) for name, constant in _CONSTANTS.items()}
    sums = {name: ratio(constant) * taken(unit) for name, (constant, unit) in _OF_NONZERO.items()}
    products = {name: ratio(constant) * pairs * taken(name) for name, (constant, pairs) in _PAIRS.items()}
    return plain | sums | products


def within(measured: float, said: float) -> bool:
    """Whether the table's figure is at most `WITHIN` away from the measured one."""
    return abs(said / measured - 1) <= WITHIN
