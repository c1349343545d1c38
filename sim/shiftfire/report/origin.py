"""How a network's floats became integers, as its container tells: lines to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json import dumps
from typing import Any

WIDEST = 100  # characters of a value that has no shorter form


def origin_lines(profile: Mapping[str, Any]) -> Iterator[str]:
    """One line for each entry of a container's ``profile``, and for each text of a list, which need not say its key twice; what has a name, or parts by name, is named only. The whole is in the JSON document."""
    for key, value in profile.items():
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            yield from (item if item.startswith(key) else f"{key}: {item}" for item in value)
        elif isinstance(value, Mapping) and isinstance(value.get("name"), str):
            yield f"{key}: {value['name']}"
        elif isinstance(value, Mapping):
            yield f"{key}: {', '.join(value)}"
        elif isinstance(value, str):
            yield f"{key}: {value}"
        else:
            text = dumps(value)
            yield f"{key}: {text if len(text) <= WIDEST else text[: WIDEST - 3] + '...'}"
