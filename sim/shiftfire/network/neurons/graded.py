"""Graded outputs: ranges of whole numbers and tables of codes, as several kinds have them."""

from __future__ import annotations

from typing import Any

from shiftfire_spec.fire import FIRE_RANGE
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind

from ..check_values import check_integer, check_payload_range, word_limits
from ..fields import Fields
from ..values import IntArray


def code_limits(codes: IntArray) -> tuple[int, int]:
    """Least and greatest value of an activation that is one of ``codes``, or none."""
    return (min(0, int(codes.min())), max(0, int(codes.max())))


def check_range(owner: str, lo: int, hi: int) -> None:
    """Raise NetworkError unless COUNT payloads carry the whole numbers ``lo..hi``, or SIGNED ones where lo < 0."""
    check_integer(owner, "lo", lo, *word_limits())
    check_payload_range(owner, PayloadKind.SIGNED if lo < 0 else PayloadKind.COUNT, lo, hi)


def check_dead_zone(owner: str, dead_zone: object) -> None:
    """Raise NetworkError unless the fire engine holds ``dead_zone``."""
    check_integer(owner, "dead_zone", dead_zone, 0, FIRE_RANGE.field("dead_zone").maximum)


def container_range(lo: int, hi: int, dead_zone: int) -> dict[str, Any]:
    """Keys of the range, and of the dead zone where there is one."""
    limits = {"lo": int(lo), "hi": int(hi)}
    return {**limits, "dead_zone": int(dead_zone)} if dead_zone else limits


def range_from_container(fields: Fields) -> tuple[int, int, int]:
    """lo, hi and dead zone of a JSON object."""
    return fields.integer("lo"), fields.integer("hi"), fields.optional_integer("dead_zone")


def fits_signed(lo: int, hi: int) -> bool:
    """Whether SIGNED payloads carry every value of ``lo..hi``."""
    low, high = PAYLOAD_LIMITS[PayloadKind.SIGNED]
    return low <= lo and hi <= high
