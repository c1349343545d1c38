"""Chips changed parameter by parameter: ``lanes = 32`` on top of a preset or a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from .chip import MAX_NAME, SECTION_KEYS, ChipConfig, check_chip_name
from .errors import ContractError

MARK = "+"  # between a chip's name and what was changed of it
_LONGEST_TEXT = 200


def override_chip(chip: ChipConfig, changes: Mapping[str, Any]) -> ChipConfig:
    """``chip`` with other values for the parameters that ``changes`` names; ``mesh`` is ``(width, height)``.

    The name shows what is different, as in ``edge+lanes=32``; with ``name`` among the changes it is that.
    Raises ContractError for names that no parameter has, and for values that are not allowed.
    """
    values = _flat(chip, changes)
    unknown = [name for name in values if name not in _keys()]
    if unknown:
        raise ContractError(f"chip {chip.name}: no parameter {_shown(unknown[0])}; {_nearest(unknown[0], [*_keys(), 'mesh'])}")
    if "name" in values:
        check_chip_name(f"chip {chip.name}", values["name"])
        return replace(chip, **values)
    changed = replace(chip, **values)  # checks every value
    return replace(changed, name=_name(chip.name, {n: v for n, v in values.items() if v != getattr(chip, n)}))


def parse_overrides(texts: Iterable[str]) -> dict[str, Any]:
    """Changes of texts such as ``core.lanes=32``: section and key of a chip's TOML, and a TOML value.

    Raises ContractError when a text is not of that form, names no parameter, puts one in a wrong section, or names one twice.
    """
    changes: dict[str, Any] = {}
    for text in texts:
        name, value = _parse(text)
        if name in changes:
            raise ContractError(f"--set {_shown(text)}: {name} is set twice; give it once")
        changes[name] = value
    return changes


def _parse(text: str) -> tuple[str, Any]:
    path, equals, value = text.partition("=")
    path = path.strip()
    if not equals or not path or len(text) > _LONGEST_TEXT:
        raise ContractError(f"--set {_shown(text)}: give SECTION.KEY=VALUE, such as core.lanes=32")
    section, _, key = path.rpartition(".")
    paths = {key: f"{section}.{key}" if section else key for section, keys in SECTION_KEYS.items() for key in keys}
    if key not in paths:
        raise ContractError(f"--set {_shown(text)}: no parameter {_shown(path)}; {_nearest(key, paths, paths)}")
    if section and path != paths[key]:
        raise ContractError(f"--set {_shown(text)}: {key} is not in section {_shown(section)}; write {paths[key]}")
    if key == "name":
        return key, value.strip().strip("\"'")
    try:
        parsed = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        parsed = {}
    if list(parsed) != ["value"]:
        raise ContractError(f"--set {_shown(text)}: {_shown(value.strip())} is not a value; give a number, true or false")
    return key, parsed["value"]


def _flat(chip: ChipConfig, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by name, as Python's own numbers: ``mesh`` taken apart."""
    values = {name: _plain(value) for name, value in changes.items()}
    if "mesh" not in values:
        return values
    mesh = values.pop("mesh")
    if not isinstance(mesh, tuple | list) or len(mesh) != 2:
        raise ContractError(f"chip {chip.name}: mesh = {_shown(mesh)} is not (width, height), such as (3, 2)")
    for name, value in zip(("width", "height"), map(_plain, mesh), strict=True):
        if name in values:
            raise ContractError(f"chip {chip.name}: {name} is given twice, in mesh as well; give it once")
        values[name] = value
    return values


def _plain(value: Any) -> Any:
    """A NumPy number or array, as sweeps have them, as Python's own; anything else as it is."""
    convert = getattr(value, "tolist", None)
    return convert() if callable(convert) else value


def _keys() -> list[str]:
    return [key for keys in SECTION_KEYS.values() for key in keys]


def _nearest(name: object, known: Iterable[str], paths: Mapping[str, str] | None = None) -> str:
    """What was perhaps meant, or all there is."""
    known = list(known)
    found = get_close_matches(str(name), known, n=3, cutoff=0.6) or known
    shown = ", ".join(paths[f] if paths else f for f in found)
    return f"{'did you mean' if len(found) <= 3 else 'there are'} {shown}{'?' if len(found) <= 3 else ''}"


def _name(name: str, different: Mapping[str, Any]) -> str:
    """The name with what is different; of a parameter that was changed before, the last value only."""
    first, *before = name.split(MARK)
    changes = {part.partition("=")[0]: part for part in before}
    changes |= {key: f"{key}={str(value).lower()}" for key, value in different.items()}
    whole = MARK.join([first, *changes.values()])
    return whole if len(whole) <= MAX_NAME else f"{first[:40]}{MARK}{len(changes)}-changes"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_NAME else f"{text[:MAX_NAME]}..."
