"""What a tile is made of: counted twice, and the presets' file is fresh."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest
from amaranth.back import rtlil  # pyright: ignore[reportAttributeAccessIssue]  # the stubs leave rtlil out
from shiftfire.energy.clock import Unit, unit_of
from shiftfire.energy.hardware import HARDWARE_FILE, count_hardware, parse_hardware, render_hardware, tile_hardware
from shiftfire_hw.synthesis.storage import storage
from shiftfire_hw.tile import Tile
from shiftfire_spec.chip import PRESETS, ChipConfig, load_chip


def flip_flops(chip: ChipConfig) -> tuple[int, int]:
    """Bits of the flip-flops and of the memories in the RTLIL, which is what every tool starts from."""
    registers = memories = 0
    cell = ""
    for line in rtlil.convert(Tile(chip=chip), emit_src=False, name="tile").splitlines():
        words = line.split()
        if words[:1] == ["cell"]:
            cell = words[1]
        elif cell == "$dff" and words[:2] == ["parameter", "\\WIDTH"]:
            registers += int(words[2])
        elif words[:2] == ["memory", "width"]:
            memories += int(words[2]) * int(words[4])
    return registers, memories


@pytest.mark.parametrize("changes", [{}, {"fire_lanes": 2, "lanes": 4, "currents": True, "delay_words": 16}])
def test_storage_is_what_the_rtlil_has(changes: dict[str, int]) -> None:
    chip = replace(load_chip("nano"), **changes)
    found = storage(Tile(chip=chip)).values()
    memories = sum(words * bits for unit in found for words, bits in unit.memories)
    assert (sum(unit.registers for unit in found), memories) == flip_flops(chip)


def test_the_presets_are_fresh() -> None:
    text = (resources.files("shiftfire.energy") / HARDWARE_FILE).read_text(encoding="utf-8")
    assert text == render_hardware(), "run `make docs`"
    assert list(parse_hardware(text)) == list(PRESETS)


def test_other_chips_are_counted() -> None:
    chip = replace(load_chip("nano"), name="mine")
    assert tile_hardware(chip) == count_hardware(load_chip("nano"))  # by parameters, not by name
    wider = tile_hardware(replace(chip, accumulator_bits=chip.accumulator_bits + 2))
    assert wider.clocked > tile_hardware(chip).clocked
    assert (64, 2 * (chip.accumulator_bits + 2), 2) in wider.memories


def test_units() -> None:
    assert unit_of("core.fire.units.bspn") is Unit.FIRE
    assert unit_of("router.queue_north") is Unit.ROUTER
    assert unit_of("core.egress_queue") is Unit.EGRESS
    with pytest.raises(ValueError, match=r"'warp.drive' is in no unit of shiftfire.energy.clock.PATHS"):
        unit_of("warp.drive")
