"""What toggles in the integer arithmetic of a dense machine: the order of computing decides which operands follow each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Toggling:
    """Names of constants: of a ``multiply``-ication whose activation is not zero, and of adding (``add``) its product to a sum.

    ``adds_zeros``: whether a product of zero takes an addition as well, because another sum comes with it. Measured at gate level, docs/reference/energy-units.md.
    """

    multiply: str
    add: str
    adds_zeros: bool


ONE_OUTPUT = Toggling("multiply_bit_pair", "add_product", adds_zeros=False)
"""All products of one output, one after the other: zeros in between clear the multiplier, and leave the sum alone."""
ONE_OUTPUT_NO_ZEROS = Toggling("multiply_bit_pair_steady", "add_product", adds_zeros=False)
"""The same without the zeros."""
ONE_WEIGHT = Toggling("multiply_bit_pair_steady", "add_partial_sum", adds_zeros=True)
"""All products of one weight, one after the other: each with another sum."""
