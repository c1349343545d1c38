"""The age of a measured entry: a digest of what its figures depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Protocol

from shiftfire_spec.chip import load_chip
from shiftfire_spec.fingerprint import contract_fingerprint

from ..energy.table import EnergyTable, load_table
from ..network.bundled import find_model

TABLES = ("sram_22nm.csv", "hardware.json")


class Measurable(Protocol):
    """What a record has entries of. ``settings``: everything about a run that is chosen; names under "models", "chip" and "further_chips" are looked up.

    ``needs``: a package of the extra `claims` that measuring it runs, or None.
    """

    @property
    def name(self) -> str: ...

    @property
    def settings(self) -> Mapping[str, Any]: ...

    @property
    def needs(self) -> str | None: ...


def digest(entry: Measurable) -> str:
    """Of what its figures depend on and that is cheap to look at: settings, chips, models, energy constants, contract."""
    settings = entry.settings
    parts: dict[str, Any] = {
        "settings": dict(settings),
        "chip": load_chip(settings["chip"]).as_dict() if "chip" in settings else None,
        "models": {name: _hash(*sorted(find_model(name).iterdir())) for name in settings.get("models", ())},
        "constants": _numbers(load_table()),
        "tables": _hash(*(resources.files("shiftfire.energy") / name for name in TABLES)),
        "contract": contract_fingerprint(),
    }
    if "further_chips" in settings:
        parts["further_chips"] = [load_chip(name).as_dict() for name in settings["further_chips"]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _numbers(table: EnergyTable) -> dict[str, list[float]]:
    """Low, nominal and high of every constant: not what is said of their sources."""
    moved = (constant for movement in table.movements.values() for constant in (movement.hop, movement.delivery))
    return {constant.name: [constant.low, constant.value, constant.high] for constant in (*table.constants.values(), *moved)}


def _hash(*files: Any) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
