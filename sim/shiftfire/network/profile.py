"""The profile of a network: how floats became its integers. Free JSON, bounded, which nothing here interprets."""

from __future__ import annotations

import json
from typing import cast

from .values import NetworkError

MAX_PROFILE_BYTES = 1 << 16
MAX_PROFILE_DEPTH = 16


def check_profile(owner: str, profile: object) -> None:
    """Raise NetworkError unless ``profile`` is None or a JSON object of bounded size and depth, with texts for keys and finite numbers."""
    if profile is None:
        return
    if not isinstance(profile, dict):
        raise NetworkError(f"{owner}: the profile is {type(profile).__name__}; it must be a JSON object")
    if not _is_json(cast("object", profile), MAX_PROFILE_DEPTH):
        raise NetworkError(
            f"{owner}: the profile is not JSON of at most {MAX_PROFILE_DEPTH} levels; use objects with texts for keys, lists, texts,"
            " finite numbers, true, false and null"
        )
    try:
        size = len(json.dumps(profile, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, OverflowError):  # half a surrogate pair, an endless number, one of more digits than are written
        raise NetworkError(f"{owner}: the profile holds a text or number that JSON does not write; take it out") from None
    if size > MAX_PROFILE_BYTES:
        raise NetworkError(f"{owner}: the profile takes {size} bytes; at most {MAX_PROFILE_BYTES} are kept: make it smaller")


def _is_json(value: object, depth: int) -> bool:
    if value is None or isinstance(value, str | bool | int | float):
        return True
    if depth == 0:
        return False
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item, depth - 1) for key, item in cast("dict[object, object]", value).items())
    if isinstance(value, list):
        return all(_is_json(item, depth - 1) for item in cast("list[object]", value))
    return False
