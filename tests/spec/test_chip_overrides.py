"""Chips changed by parameter: what they are called, and what is refused."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, fields
from importlib import resources

import numpy as np
import pytest
from shiftfire_spec.chip import PRESETS, SECTION_KEYS, ChipConfig, load_chip
from shiftfire_spec.chip_overrides import override_chip, parse_overrides
from shiftfire_spec.errors import ContractError

EDGE = load_chip("edge")


@pytest.mark.parametrize("preset", PRESETS)
def test_sections_are_those_of_the_presets(preset: str) -> None:
    data = tomllib.loads((resources.files("shiftfire_spec") / "presets" / f"{preset}.toml").read_text())
    found = {section: set(keys) for section, keys in data.items() if isinstance(keys, dict)}
    found[""] = {key for key, value in data.items() if not isinstance(value, dict)}
    assert found == {section: set(keys) for section, keys in SECTION_KEYS.items()}


def test_every_parameter_has_one_section() -> None:
    assert sorted(key for keys in SECTION_KEYS.values() for key in keys) == sorted(f.name for f in fields(ChipConfig))


def test_the_rest_stays_and_the_name_shows_the_change() -> None:
    chip = override_chip(EDGE, {"lanes": 32, "mesh": (3, 2)})
    changed = {"name": "edge+lanes=32+width=3+height=2", "lanes": 32, "width": 3, "height": 2}
    assert asdict(chip) == asdict(EDGE) | changed
    assert chip.file_name == "edge-lanes-32-width-3-height-2"


def test_numbers_of_numpy() -> None:
    """As a sweep over np.arange has them; the chip keeps Python's own."""
    chip = override_chip(EDGE, {"lanes": np.int64(32), "mesh": np.array([3, 2]), "clock_mhz": np.float32(50), "requant": np.True_})
    assert chip == override_chip(EDGE, {"lanes": 32, "mesh": (3, 2), "clock_mhz": 50.0})
    assert override_chip(EDGE, {"mesh": (np.int8(3), 2)}).width == 3 and type(chip.lanes) is int
    with pytest.raises(ContractError, match=r"lanes = 32\.0 is not a number of the right type; give an integer"):
        override_chip(EDGE, {"lanes": np.float64(32)})


def test_names() -> None:
    assert override_chip(EDGE, {"lanes": 16}).name == "edge"
    assert override_chip(EDGE, {"lanes": 32, "name": "wide"}).name == "wide"
    twice = override_chip(override_chip(EDGE, {"lanes": 32, "requant": False, "shift_units": False}), {"lanes": 64})
    assert twice.name == "edge+lanes=64+requant=false+shift_units=false"
    many = override_chip(
        EDGE, {name: getattr(EDGE, name) + 1 for name in ("weight_rows", "axis_entries", "parameter_groups", "slots", "tags")}
    )
    assert many.name == "edge+5-changes"


def test_command_line_form() -> None:
    texts = ["core.lanes=32", "mesh.width = 3", "clock_mhz=12.5", "requant=false", "core.shift_units=false", "name=mine"]
    changes = parse_overrides(texts)
    assert changes == {"lanes": 32, "width": 3, "clock_mhz": 12.5, "requant": False, "shift_units": False, "name": "mine"}
    assert override_chip(EDGE, changes).name == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("core.lane=32", "no parameter 'core.lane'; did you mean core.lanes"),
        ("lanes", "give SECTION.KEY=VALUE"),
        ("=3", "give SECTION.KEY=VALUE"),
        ("mesh.lanes=32", "lanes is not in section 'mesh'; write core.lanes"),
        ("core.lanes=", "is not a value"),
        ("core.lanes=many", "'many' is not a value"),
        ("core.lanes=1\nname=2", "is not a value"),
        ("x" * 300 + "=1", "give SECTION.KEY=VALUE"),
        ("zzz=1", "there are name, clock_mhz, mesh.width"),
    ],
)
def test_texts_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        parse_overrides([text])


def test_set_twice() -> None:
    with pytest.raises(ContractError, match="lanes is set twice"):
        parse_overrides(["core.lanes=8", "lanes=16"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lane": 32}, "chip edge: no parameter 'lane'; did you mean lanes\\?"),
        ({"lanes": 33}, "lanes = 33 is not a power of two|does not divide"),
        ({"lanes": 32.0}, "lanes = 32.0 is not a number of the right type"),
        ({"lanes": True}, "not a number of the right type"),
        ({"requant": 1}, "requant = 1 is not true or false"),
        ({"lanes": "32"}, "not a number of the right type"),
        ({"mesh": 3}, r"mesh = 3 is not \(width, height\)"),
        ({"mesh": (3, 2), "width": 3}, "width is given twice"),
        ({"name": "a b"}, "is not a word"),
        ({"name": "a+lanes=3"}, "is not a word"),
    ],
)
def test_changes_that_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        override_chip(EDGE, changes)
