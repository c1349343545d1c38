"""PTSILU and PTSOFTPLUS: exact tables over a quantised argument (SpikySpace, arXiv 2601.02411)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import numpy as np
from shiftfire_spec.fire import Rounding
from shiftfire_spec.shift_units import TABLE_ARGUMENT_BITS, TABLE_VALUE_BITS

from ..network.neurons.table import Table
from ..network.values import IntArray
from .requant import rounding_shift

ENTRIES = 1 << TABLE_ARGUMENT_BITS
DIGITS = 60
SILU_BREAK, SILU_OFFSET = Decimal("-1.791995"), Decimal("-0.228245")  # the published constants, which leave a step of 4.2e-7


def ptsilu(x: Decimal) -> Decimal:
    """``-2**x`` below the break, ``2**(-x-1) + x + offset`` from it on. PTSILU(0) is 0.271755, not 0."""
    return -(Decimal(2) ** x) if x < SILU_BREAK else Decimal(2) ** (-x - 1) + x + SILU_OFFSET


def ptsoftplus(x: Decimal) -> Decimal:
    """``2**x`` below ``log2(1 / ln 2)``, ``x + 1 / ln 2 - log2(1 / ln 2)`` from it on: continuous with its derivative."""
    ln2 = Decimal(2).ln()
    joint = -ln2.ln() / ln2
    return Decimal(2) ** x if x < joint else x + 1 / ln2 - joint


def activation_table(function: Callable[[Decimal], Decimal], *, alpha: Fraction, zero: Fraction, fraction: int) -> IntArray:
    """``round_half_even(function(alpha * q + zero) * 2**fraction)`` for q = 0..31: 32 integers with ``fraction`` fraction bits.

    Correctly rounded: computed with 60 digits. Raises ValueError when alpha is not positive or a value needs more than 16 bits.
    """
    if alpha <= 0:
        raise ValueError(f"activation table: alpha = {alpha} is not positive; it is the step of the argument")
    with localcontext() as context:
        context.prec = DIGITS
        arguments = [alpha * q + zero for q in range(ENTRIES)]
        values = [function(Decimal(x.numerator) / Decimal(x.denominator)) * 2**fraction for x in arguments]
        table = np.array([int(value.to_integral_value(ROUND_HALF_EVEN)) for value in values], np.int64)
    limit = 1 << (TABLE_VALUE_BITS - 1)
    if table.min() < -limit or table.max() >= limit:
        raise ValueError(
            f"activation table: fraction = {fraction} needs values {table.min()}..{table.max()}, {TABLE_VALUE_BITS} bits hold "
            f"{-limit}..{limit - 1}; take fewer fraction bits"
        )
    return table


def table_values(table: IntArray, a: IntArray, *, shift: int) -> IntArray:
    """``table[clip(round_half_even(a / 2**shift), 0, 31)]``, shape of ``a``, which holds ``(x - zero)`` with alpha at 2**shift."""
    return table[np.clip(rounding_shift(a, shift, Rounding.HALF_EVEN), 0, ENTRIES - 1)]


def fire_table(neuron: Table, sums: IntArray) -> IntArray:
    """Values that a layer driven by ``sums`` (..., channels, height, width) emits, same shape."""
    a = sums + neuron.bias.astype(np.int64)[:, None, None]
    return table_values(neuron.values.astype(np.int64), a, shift=neuron.shift)
