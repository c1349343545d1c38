"""Weight formats and their place in the weight memory.

The weight memory of a core is eight *slices*, each ``lanes`` bits wide and ``weight_rows`` deep. A *weight group* is one
weight for every lane, ``bits`` slices wide; group ``g`` lies in row ``g // (8 // bits)``, slices ``s*bits ..`` with
``s = g % (8 // bits)``, bit ``k`` of every lane's weight in slice ``s*bits + k``. A beat reads just those slices.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .errors import ContractError
from .packet import GRADED_KINDS, PayloadKind

SLICES = 8
SLICE_WORD_BITS = 32  # a slice wider than a configuration word is written in several


def slice_words(lanes: int) -> int:
    """Configuration words of one slice, 1 where several slices share a word."""
    return -(-lanes // SLICE_WORD_BITS)


def slices_per_word(lanes: int) -> int:
    """Slices in one configuration word: a whole row where that fits, else one."""
    return SLICES if SLICES * lanes <= SLICE_WORD_BITS else 1


def row_words(lanes: int) -> int:
    """Configuration words of one row."""
    return SLICES // slices_per_word(lanes) * slice_words(lanes)


class WeightFormat(IntEnum):
    """How the lanes read a weight."""

    ONE = 0  # constant 1, no memory read: pooling, residual add
    PM1 = 1  # one bit: 0 is -1, 1 is +1
    BIT = 2  # one bit: {0, 1}
    INT2 = 3
    INT4 = 4
    INT8 = 5


@dataclass(frozen=True)
class FormatInfo:
    """``bits`` per weight, the values' limits, and whether graded payloads take a beat per set bit."""

    bits: int
    minimum: int
    maximum: int
    serial: bool
    doc: str


FORMATS: dict[WeightFormat, FormatInfo] = {
    WeightFormat.ONE: FormatInfo(0, 1, 1, False, "constant 1, nothing is read (pooling, residual add)"),
    WeightFormat.PM1: FormatInfo(1, -1, 1, False, "bit 0 is -1, bit 1 is +1"),
    WeightFormat.BIT: FormatInfo(1, 0, 1, False, "{0, 1}"),
    WeightFormat.INT2: FormatInfo(2, -2, 1, True, "two's complement, ternary included"),
    WeightFormat.INT4: FormatInfo(4, -8, 7, True, "two's complement"),
    WeightFormat.INT8: FormatInfo(8, -128, 127, True, "two's complement"),
}


def is_serial(fmt: WeightFormat, kind: PayloadKind) -> bool:
    """Whether an event of ``kind`` takes a beat per set bit of its magnitude on weights of ``fmt``; else it takes one, or none when it is 0."""
    return FORMATS[fmt].serial and kind in GRADED_KINDS


def encode_weight(fmt: WeightFormat, value: int) -> int:
    """Bits of one weight."""
    info = FORMATS[fmt]
    if not info.minimum <= value <= info.maximum or (fmt is WeightFormat.PM1 and value == 0):
        raise ContractError(f"weight {value} is out of range: {fmt.name} holds {info.minimum}..{info.maximum}")
    if fmt is WeightFormat.PM1:
        return int(value > 0)
    return value & ((1 << info.bits) - 1)
