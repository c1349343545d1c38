"""``network.json``: the leak of LIF and SHIFTLIF neurons."""

from __future__ import annotations

from typing import Any

from .fields import Fields
from .graph import LeakTerm

MAX_LEAK_TERMS = 1 << 10  # that are read; the network's checks know how many the fire engine has


def encode_leak(leak: tuple[LeakTerm, ...]) -> list[dict[str, Any]]:
    """JSON objects of the terms."""
    return [{"shift": int(term.shift), "negative": term.negative} for term in leak]


def decode_leak(fields: Fields) -> tuple[LeakTerm, ...]:
    """The terms of the key ``leak``."""
    leak = []
    for child in fields.children("leak", MAX_LEAK_TERMS):
        leak.append(LeakTerm(child.integer("shift"), child.boolean("negative")))
        child.done()
    return tuple(leak)
