"""The table of energy constants: every number with unit, technology, source and certainty."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from types import MappingProxyType
from typing import Any, TypeVar

from shiftfire_spec.errors import UserError

DEFAULT_MOVEMENT = "dsent"
_TABLE_FILE = "energy_22nm.toml"
_Named = TypeVar("_Named")


class EnergyError(UserError, ValueError):
    """The energy table cannot give what was asked; the message names it and says what there is."""


@dataclass(frozen=True)
class Constant:
    """One constant: its nominal ``value`` and the range ``low`` to ``high`` that its sources leave.

    ``unit`` is ``pJ``, ``pJ/bit``, ``pJ/flit``, ``pJ/flit/hop`` or ``1``. Raises EnergyError unless 0 < low <= value <= high.
    """

    name: str
    low: float
    value: float
    high: float
    unit: str
    technology: str
    source: str
    certainty: str
    note: str

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.value <= self.high:
            raise EnergyError(
                f"energy table: {self.name} has low = {self.low}, value = {self.value}, high = {self.high}:"
                " give positive numbers in that order"
            )


@dataclass(frozen=True)
class Movement:
    """What moving a flit costs: one ``hop`` to a neighbour, and the ``delivery`` from the last router to the core."""

    name: str
    hop: Constant
    delivery: Constant


@dataclass(frozen=True)
class Published:
    """What a chip's authors say a synaptic operation takes: ``value`` picojoules."""

    name: str
    value: float
    technology: str
    source: str


@dataclass(frozen=True)
class EnergyTable:
    """Constants by name, the choices for moving a flit, and what other chips are said to take."""

    constants: MappingProxyType[str, Constant]
    movements: MappingProxyType[str, Movement]
    published: tuple[Published, ...] = ()

    def constant(self, name: str) -> Constant:
        """The constant called ``name``. Raises EnergyError."""
        return _pick(self.constants, name, "energy constant")

    def movement(self, name: str) -> Movement:
        """The movement constants called ``name``. Raises EnergyError."""
        return _pick(self.movements, name, "movement constant")


def _pick(constants: Mapping[str, _Named], name: str, what: str) -> _Named:
    if name not in constants:
        raise EnergyError(f"no {what} {name!r}: choose one of {', '.join(constants)}")
    return constants[name]


def _constant(section: str, name: str, entry: Any) -> Constant:
    wanted = {f.name for f in fields(Constant)} - {"name"}
    if not isinstance(entry, dict) or set(entry) != wanted:
        keys = sorted(entry) if isinstance(entry, dict) else "none"
        raise EnergyError(f"energy table: {section} has keys {keys}; it needs exactly {sorted(wanted)}")
    return Constant(name=name, **entry)


def _movement(name: str, entry: dict[str, Any]) -> Movement:
    if set(entry) != {"hop", "delivery"}:
        raise EnergyError(f"energy table: movement.{name} has {sorted(entry)}; it needs exactly ['delivery', 'hop']")
    parts = {part: _constant(f"movement.{name}.{part}", f"{name}_{part}", values) for part, values in entry.items()}
    return Movement(name, parts["hop"], parts["delivery"])


def _published(name: str, entry: dict[str, Any]) -> Published:
    wanted = {f.name for f in fields(Published)} - {"name"}
    if set(entry) != wanted:
        raise EnergyError(f"energy table: published.{name} has {sorted(entry)}; it needs exactly {sorted(wanted)}")
    return Published(name=name, **entry)


def parse_table(text: str) -> EnergyTable:
    """Table of a TOML text with sections ``constant.*``, ``movement.*.hop``, ``movement.*.delivery`` and ``published.*``. Raises EnergyError."""
    data = tomllib.loads(text)
    constants = {name: _constant(f"constant.{name}", name, entry) for name, entry in data.get("constant", {}).items()}
    movements = {name: _movement(name, entry) for name, entry in data.get("movement", {}).items()}
    published = tuple(_published(name, entry) for name, entry in data.get("published", {}).items())
    return EnergyTable(MappingProxyType(constants), MappingProxyType(movements), published)


def load_table() -> EnergyTable:
    """The table that comes with the package."""
    return parse_table((resources.files("shiftfire.energy") / _TABLE_FILE).read_text(encoding="utf-8"))
