"""Parameters of the shift-based fire units (BSPN, PTSOFTMAX, tables, SHIFTLIF): enums, widths and limits that golden and RTL share.

Not part of the rendered contract: the units are not reachable through a core's registers.
"""

from __future__ import annotations

from enum import IntEnum

from .errors import ContractError


class GroupScale(IntEnum):
    """BSPN: how the group's scale exponent follows from ``S``, the sum of magnitudes."""

    EPSILON = 0  # floor(log2 S) + 1: a mean that is a power of two rounds up, as the published 1e-5 makes it
    CEIL = 1  # ceil(log2 S)


class DenominatorRule(IntEnum):
    """PTSOFTMAX: ``k``, the exponent of the power of two that stands for the row's sum P."""

    NEAREST_UP = 0  # nearest in linear distance, the midpoint 1.5 * 2^L up: the published code
    CEIL = 1  # ceil(log2 P): the paper as summarised


class LevelRounding(IntEnum):
    """SHIFTLIF: rounding of u / Vth to a level of {0, 2^-K, ..., 1}."""

    FLOOR = 0  # the greatest level not above
    LINEAR = 1  # the nearest level, midpoints up
    LOG = 2  # the nearest exponent; below 2^-(K + 1/2): 0


CODE_BITS = 9  # signed code of the next layer: holds every COUNT and every SIGNED payload
BSPN_SHIFT_BITS = 6  # signed per-channel left shift
BSPN_GUARD_BITS = 3
BSPN_CODES = 33  # sign and exponent of the power of two, then zero
TABLE_ARGUMENT_BITS = 5
TABLE_VALUE_BITS = 16  # signed
SHIFTLIF_MAX_LEVEL = 4
PTSOFTMAX_SHIFT_BITS = 5  # s of c = ceil(a / 2^s)
PTSOFTMAX_FRACTION_BITS = 24  # default F; exact for every row of up to F + 1 entries
PTSOFTMAX_ROW_ENTRIES = 512
PTSOFTMAX_EXPONENT_BITS = 4  # POW2 output: 2^-e; the greatest code is zero
PTSOFTMAX_COUNT_BITS = 4  # COUNT output
PTSOFTMAX_TABLE_BITS = 5  # COUNT table: index e, the last entry holds for every greater e as well

UNIT_LIMITS: dict[str, tuple[int, int]] = {
    "accumulator_bits": (8, 32),
    "membrane_bits": (8, 32),
    "lanes": (1, 32),
    "group": (1, 256),
    "value_bits": (18, 32),
    "channels": (1, 4096),
    "neurons": (1, 4096),
    "guard": (0, (1 << BSPN_GUARD_BITS) - 1),
    "levels": (1, SHIFTLIF_MAX_LEVEL),
    "fraction_bits": (1, 48),
    "row_entries": (1, PTSOFTMAX_ROW_ENTRIES),
}
POWERS_OF_TWO = ("lanes", "group")


def check_unit(unit: str, **values: int) -> None:
    """Raises ContractError unless every value lies within its UNIT_LIMITS and is a power of two where it must be."""
    for name, value in values.items():
        low, high = UNIT_LIMITS[name]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ContractError(f"{unit}: {name} = {value!r} is out of range: an integer of {low}..{high} is needed")
        if name in POWERS_OF_TWO and value & (value - 1):
            raise ContractError(
                f"{unit}: {name} = {value} is not a power of two; the nearest below is {1 << (value.bit_length() - 1)}"
            )
