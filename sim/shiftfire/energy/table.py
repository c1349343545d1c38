"""The table of energy constants: every number with unit, technology, source and certainty."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from types import MappingProxyType

from shiftfire_spec.errors import UserError

DEFAULT_MOVEMENT = "loihi"
DENSE_MOVEMENT = "circuit"
_TABLE_FILE = "energy_22nm.toml"


class EnergyError(UserError, ValueError):
    """The energy table cannot give what was asked; the message names it and says what there is."""


@dataclass(frozen=True)
class Constant:
    """One constant; ``unit`` is ``pJ``, ``pJ/bit``, ``pJ/bit/hop`` or ``1``."""

    name: str
    value: float
    unit: str
    technology: str
    source: str
    certainty: str
    note: str


@dataclass(frozen=True)
class EnergyTable:
    """Constants by name, and the choices for moving one bit over one hop."""

    constants: MappingProxyType[str, Constant]
    movements: MappingProxyType[str, Constant]

    def constant(self, name: str) -> Constant:
        """The constant called ``name``. Raises EnergyError."""
        return _pick(self.constants, name, "energy constant")

    def movement(self, name: str) -> Constant:
        """The movement constant called ``name``. Raises EnergyError."""
        return _pick(self.movements, name, "movement constant")


def _pick(constants: MappingProxyType[str, Constant], name: str, what: str) -> Constant:
    if name not in constants:
        raise EnergyError(f"no {what} {name!r}: choose one of {', '.join(constants)}")
    return constants[name]


def parse_table(text: str) -> EnergyTable:
    """Table of a TOML text with sections ``constant.*`` and ``movement.*``. Raises EnergyError for a missing or unknown key."""
    data = tomllib.loads(text)
    wanted = {f.name for f in fields(Constant)} - {"name"}
    groups: dict[str, MappingProxyType[str, Constant]] = {}
    for group in ("constant", "movement"):
        entries = {}
        for name, entry in data.get(group, {}).items():
            if set(entry) != wanted:
                raise EnergyError(f"energy table: {group}.{name} has keys {sorted(entry)}; it needs exactly {sorted(wanted)}")
            entries[name] = Constant(name=name, **entry)
        groups[group] = MappingProxyType(entries)
    return EnergyTable(groups["constant"], groups["movement"])


def load_table() -> EnergyTable:
    """The table that comes with the package."""
    return parse_table((resources.files("shiftfire.energy") / _TABLE_FILE).read_text(encoding="utf-8"))
