"""Parameters of the shift-based fire units (BSPN, PTSOFTMAX, SHIFTLIF, TABLE): register, enums, widths and limits that golden and RTL share."""

from __future__ import annotations

from enum import IntEnum

from .bitfield import Field, Layout
from .errors import ContractError
from .fire import FireOp
from .packet import UNIT_EXPONENT_BITS


class GroupScale(IntEnum):
    """BSPN: how the group's scale exponent follows from ``S``, the sum of magnitudes."""

    EPSILON = 0
    CEIL = 1


GROUP_SCALE_DOC = {
    GroupScale.EPSILON: "floor(log2 S) + 1: a mean that is a power of two rounds up, as the published 1e-5 makes it",
    GroupScale.CEIL: "ceil(log2 S)",
}


class DenominatorRule(IntEnum):
    """PTSOFTMAX: ``k``, the exponent of the power of two that stands for the row's sum P."""

    NEAREST_UP = 0
    CEIL = 1


DENOMINATOR_RULE_DOC = {
    DenominatorRule.NEAREST_UP: "nearest to P in linear distance, the midpoint 1.5 * 2^L up: the published code",
    DenominatorRule.CEIL: "ceil(log2 P), terms left out of the sum count as a little above: the paper as summarised",
}


class LevelRounding(IntEnum):
    """SHIFTLIF: rounding of u / Vth to a level of {0, 2^-K, ..., 1}."""

    FLOOR = 0
    LINEAR = 1
    LOG = 2


LEVEL_ROUNDING_DOC = {
    LevelRounding.FLOOR: "the greatest level not above",
    LevelRounding.LINEAR: "the nearest level, zero among them, midpoints up",
    LevelRounding.LOG: "the nearest exponent; below 2^-(K + 1/2): none",
}


class UnitOutput(IntEnum):
    """What BSPN and PTSOFTMAX send."""

    POWER = 0
    TABLE = 1
    REQUANT = 2


UNIT_OUTPUT_DOC = {
    UnitOutput.POWER: "the power of two, as POW2",
    UnitOutput.TABLE: "the table's entry, as COUNT or SIGNED",
    UnitOutput.REQUANT: "BSPN: y requantised by `fire_control.shift`, `rounding` and `fire_range`, as COUNT or SIGNED",
}

CODE_BITS = 9  # signed entry of the core's table: holds every COUNT and every SIGNED payload
BSPN_SHIFT_BITS = 6  # signed per-channel left shift
BSPN_GUARD_BITS = 3
BSPN_CODES = (2 << UNIT_EXPONENT_BITS) + 1  # sign and exponent of the power of two, then zero
BSPN_VALUE_BITS = 24  # width of y in a core
BSPN_GROUP = 256  # channels of the largest group
TABLE_ARGUMENT_BITS = 5
TABLE_VALUE_BITS = 16  # signed
SHIFTLIF_MAX_LEVEL = 4
PTSOFTMAX_SHIFT_BITS = 5  # s of c = ceil(a / 2^s)
PTSOFTMAX_FRACTION_BITS = 24  # default F; exact for every row of up to F + 1 entries
PTSOFTMAX_ROW_ENTRIES = 512
PTSOFTMAX_EXPONENT_BITS = UNIT_EXPONENT_BITS  # POW2 output: 2^-e; the greatest code is zero
PTSOFTMAX_ONE_EXPONENT = (1 << PTSOFTMAX_EXPONENT_BITS) - 2  # a core sends 2^-e as 2^(this - e)
PTSOFTMAX_COUNT_BITS = 4  # COUNT output
PTSOFTMAX_TABLE_BITS = 5  # COUNT table: index e, the last entry holds for every greater e as well
TABLE_ENTRIES = BSPN_CODES  # of the core's table, the most that a unit needs

FIRE_PASSES = {FireOp.PTSOFTMAX: 3, FireOp.BSPN: 2}
"""Times that a FIRE walks each segment of channels; 1 for all other operations."""

FIRE_UNITS = Layout(
    "fire_units",
    Field("segment_groups", 12, "PTSOFTMAX, BSPN: accumulator groups of a segment; the last segment of a position may be shorter"),
    Field("output", 2, "PTSOFTMAX, BSPN: what is sent"),
    Field("rule", 1, "PTSOFTMAX: denominator rule"),
    Field("scale", 1, "BSPN: group scale"),
    Field("guard", BSPN_GUARD_BITS, "BSPN: fraction bits of y below exponent 0 of the power of two"),
    Field("levels", SHIFTLIF_MAX_LEVEL.bit_length(), "SHIFTLIF: K, a spike is worth 2^-K .. 1 of the threshold"),
    Field("level_rounding", 2, "SHIFTLIF: rounding to a level"),
    doc="The shift units of the fire engine. Not there on chips without them.",
)
BSPN_PARAMETER = Layout(
    "bspn_parameter",
    Field("shift", BSPN_SHIFT_BITS, "left shift of the channel, log2 of the group's size included", signed=True),
    Field("negative", 1, "sign of the channel's weight"),
    Field(
        "beta",
        32 - BSPN_SHIFT_BITS - 1,
        f"offset; a chip holds the lower `accumulator_bits` - {BSPN_SHIFT_BITS + 1} bits of it",
        signed=True,
    ),
    doc="BSPN: a channel's threshold word.",
)

UNIT_LIMITS: dict[str, tuple[int, int]] = {
    "accumulator_bits": (8, 32),
    "membrane_bits": (4, 32),
    "lanes": (1, 64),
    "group": (1, BSPN_GROUP),
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
