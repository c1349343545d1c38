"""The shift units as the contract describes them, on Python integers and fractions: what a segment of channels emits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from shiftfire_spec.fire import FireOp, Rounding
from shiftfire_spec.packet import SIGN_BIT, PayloadKind
from shiftfire_spec.shift_units import BSPN_PARAMETER, DenominatorRule, GroupScale, LevelRounding, UnitOutput

Fields = Mapping[str, int]
Y_LIMIT = (1 << 23) - 1
F = 24


def rounded(value: Fraction, rounding: Rounding) -> int:
    """``value`` as a whole number."""
    if rounding is Rounding.FLOOR:
        return math.floor(value)
    return round(value) if rounding is Rounding.HALF_EVEN else math.floor(value + Fraction(1, 2))


def requant(a: int, control: Fields, limits: Fields) -> int:
    """``clip(round(a / 2**shift), lo, lo + span)``."""
    whole = rounded(Fraction(a, 1 << control["shift"]), Rounding(control["rounding"]))
    return max(limits["lo"], min(limits["lo"] + limits["span"], whole))


def table_entry(table: Mapping[int, int], index: int) -> int:
    """A word of the table, nine bits, two's complement."""
    word = table[index] & 0x1FF
    return word - 0x200 if word & 0x100 else word


def nearest_log2(value: int) -> int:
    """``round(log2 value)``: ``value**2`` against odd powers of two."""
    exponent = 0
    while value * value >= 2 * 4**exponent:
        exponent += 1
    return exponent


def encoded(value: int, kind: PayloadKind) -> int | None:
    """Payload of a COUNT or SIGNED value, None when it is 0."""
    if value == 0:
        return None
    return abs(value) | SIGN_BIT if kind is PayloadKind.SIGNED and value < 0 else value


def softmax_exponents(row: Sequence[int], shift: int, rule: DenominatorRule) -> list[int]:
    """``e`` of every entry."""
    c = [math.ceil(Fraction(a, 1 << shift)) for a in row]
    d = [max(c) - value for value in c]
    total = sum((Fraction(1, 1 << value) for value in d if value <= F), Fraction(0))
    powers = range(len(row).bit_length() + 1)
    if rule is DenominatorRule.CEIL:
        k = next(k for k in powers if total <= 1 << k)
        k += int(total == 1 << k and any(value > F for value in d))
    else:
        k = min(powers, key=lambda k: (abs(total - (1 << k)), -k))
    return [value + k for value in d]


def ptsoftmax(row: Sequence[int], control: Fields, units: Fields, table: Mapping[int, int]) -> list[int | None]:
    """Payloads of a row."""
    exponents = softmax_exponents(row, control["shift"], DenominatorRule(units["rule"]))
    if units["output"] == UnitOutput.TABLE:
        return [encoded(table_entry(table, min(e, 31)), PayloadKind.COUNT) for e in exponents]
    return [14 - e if e < 15 else None for e in exponents]


def bspn(
    row: Sequence[int], words: Sequence[int], control: Fields, limits: Fields, units: Fields, table: Mapping[int, int]
) -> list[int | None]:
    """Payloads of a group; ``words``: the channels' threshold words, signed."""
    kind, size = PayloadKind(control["payload_kind"]), sum(abs(a) for a in row)
    log2 = size.bit_length()
    if size and units["scale"] == GroupScale.CEIL and size == 1 << (log2 - 1):
        log2 -= 1
    payloads: list[int | None] = []
    for a, word in zip(row, words, strict=True):
        channel = BSPN_PARAMETER.unpack(word & 0xFFFFFFFF)
        scaled = math.floor(Fraction(a) * Fraction(2) ** (channel["shift"] - log2))
        y = max(-Y_LIMIT, min(Y_LIMIT, (-scaled if channel["negative"] else scaled) + channel["beta"]))
        if units["output"] == UnitOutput.REQUANT:
            payloads.append(encoded(requant(y, control, limits), kind))
            continue
        p = min(15, nearest_log2(abs(y)) - units["guard"]) if y else -1
        if units["output"] == UnitOutput.TABLE:
            index = 32 if p < 0 else p + (16 if y < 0 else 0)
            payloads.append(encoded(table_entry(table, index), kind))
        else:
            payloads.append(None if p < 0 else p | (SIGN_BIT if y < 0 else 0))
    return payloads


def spike_level(u: int, theta_log2: int, units: Fields) -> int | None:
    """``j`` of the spike ``2**(theta_log2 - levels + j)`` at potential ``u``, None for none."""
    levels, rounding = units["levels"], LevelRounding(units["level_rounding"])
    candidates = [1 << (theta_log2 - levels + j) for j in range(levels + 1)]
    if u >= candidates[-1]:
        return levels
    if rounding is LevelRounding.FLOOR:
        below = [j for j, level in enumerate(candidates) if level <= u]
        return max(below, default=None)
    if rounding is LevelRounding.LINEAR:
        nearest = max(range(-1, levels + 1), key=lambda j: (-abs(u - (candidates[j] if j >= 0 else 0)), j))
        return nearest if nearest >= 0 and u > 0 else None
    above = [j for j, level in enumerate(candidates) if 2 * u * u >= level * level]
    return max(above, default=None) if u > 0 else None


def segment(
    op: FireOp, row: Sequence[int], words: Sequence[int], control: Fields, limits: Fields, units: Fields, table: Mapping[int, int]
) -> list[int | None]:
    """Payloads of a segment of PTSOFTMAX, BSPN or TABLE (whose segments do not matter), None where a channel emits nothing."""
    if op is FireOp.PTSOFTMAX:
        return ptsoftmax(row, control, units, table)
    if op is FireOp.BSPN:
        return bspn(row, words, control, limits, units, table)
    kind = PayloadKind(control["payload_kind"])
    return [encoded(table_entry(table, requant(a, control, limits)), kind) for a in row]
