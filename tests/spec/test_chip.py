"""Chip descriptions: presets load, mistakes are named."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from shiftfire_spec.address import Space
from shiftfire_spec.chip import CHIP_LIMITS, MAX_CHIP_FILE_BYTES, OPTIONS, PRESETS, load_chip, parse_chip
from shiftfire_spec.errors import ContractError

EDGE = (resources.files("shiftfire_spec") / "presets" / "edge.toml").read_text()


def edited(key: str, value: str | None) -> str:
    """The edge preset with one line replaced, or removed."""
    lines = EDGE.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"{key} ="))
    lines[at : at + 1] = [] if value is None else [f"{key} = {value}"]
    return "\n".join(lines)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_load_and_are_named_after_their_file(name: str) -> None:
    chip = load_chip(name)
    assert chip.name == name
    assert chip.tiles == chip.width * chip.height
    assert chip.steps_per_group * chip.fire_lanes == chip.lanes


def test_every_preset_file_is_listed() -> None:
    folder = resources.files("shiftfire_spec") / "presets"
    assert sorted(f.name for f in folder.iterdir()) == sorted(f"{name}.toml" for name in PRESETS)


@pytest.mark.parametrize("key", CHIP_LIMITS)
def test_limits(key: str) -> None:
    low, high, _ = CHIP_LIMITS[key]
    step = 0.0005 if key == "clock_mhz" else 1
    for value in (low - step, high + step):
        with pytest.raises(ContractError) as error:
            parse_chip(edited(key, str(value)), "x.toml")
        for part in (key, str(value), str(low), str(high)):
            assert part in str(error.value)


@pytest.mark.parametrize("key", ["name", *OPTIONS, *CHIP_LIMITS])
def test_missing_key(key: str) -> None:
    with pytest.raises(ContractError, match=f"x.toml: missing key '{key}'.*preset"):
        parse_chip(edited(key, None), "x.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (EDGE + "\nvoltage = 1", "unknown key 'voltage'"),
        (EDGE + "\n[extra]\nlanes = 8", "'lanes' appears twice"),
        ("name = [", "not TOML"),
        (edited("lanes", "12"), "lanes = 12 .*"),
        (edited("lanes", '"16"'), "lanes = '16' is not a number"),
        (edited("lanes", "true"), "lanes = True is not a number"),
        (edited("lanes", "16.0"), "lanes = 16.0 is not a number"),
        (edited("fire_lanes", "32"), "does not divide"),
        (edited("shift_units", "1"), "shift_units = 1 is not true or false"),
        (edited("shift_units", '"true"'), "shift_units = 'true' is not true or false"),
        (edited("dynamic_weights", "1"), "dynamic_weights = 1 is not true or false"),
        (edited("multispike", "1"), "multispike = 1 is not true or false"),
        (edited("requant", "false"), "shift_units = true needs requant = true"),
        (edited("membrane_bits", "25"), "membrane_bits = 25 exceeds"),
        (edited("name", "'../edge'"), "not a word"),
        (edited("width", "32").replace("height = 4", "height = 8"), "256 tiles"),
    ],
)
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        parse_chip(text, "x.toml")


def test_files(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(edited("name", '"mine"'))
    assert load_chip(str(tmp_path / "mine.toml")).name == "mine"
    with pytest.raises(ContractError, match="presets are nano, ulx3s"):
        load_chip("egde")
    (tmp_path / "huge.toml").write_text("#" * (MAX_CHIP_FILE_BYTES + 1))
    with pytest.raises(ContractError, match="more than"):
        load_chip(str(tmp_path / "huge.toml"))
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ContractError, match="not text"):
        load_chip(str(tmp_path / "binary.toml"))


@pytest.mark.parametrize("name", PRESETS)
def test_configuration_offsets_have_bits_enough(name: str) -> None:
    """Every space has its words, and the largest just fits: that of the weights, on all presets."""
    chip = load_chip(name)
    assert set(chip.config_words) == set(Space)
    assert 1 << chip.config_offset_bits - 1 < chip.config_words[Space.WEIGHT] <= 1 << chip.config_offset_bits
