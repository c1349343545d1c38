"""What a chip's tile is made of, as far as energy goes: clocked bits by unit, and memories."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from shiftfire_spec.chip import PRESETS, ChipConfig, load_chip

from .clock import LEAST_MEMORY_WORDS, ClockedBits, Unit, unit_of

HARDWARE_FILE = "hardware.json"


@dataclass(frozen=True)
class TileHardware:
    """Clocked bits of every unit; ``memories`` as words, bits and how many of them."""

    bits: dict[Unit, ClockedBits]
    memories: tuple[tuple[int, int, int], ...]

    @property
    def clocked(self) -> int:
        """Bits that are clocked in every cycle when nothing is gated."""
        return sum(bits.always for bits in self.bits.values())

    def as_dict(self) -> dict[str, Any]:
        """For the file of the presets."""
        return {
            "bits": {unit.value: asdict(bits) for unit, bits in self.bits.items()},
            "memories": [list(m) for m in self.memories],
        }


def count_hardware(chip: ChipConfig) -> TileHardware:
    """Counted in the RTL, which takes half a second of `edge`."""
    from shiftfire_hw.synthesis.storage import storage  # lazy: the presets need no RTL
    from shiftfire_hw.tile import Tile

    always: Counter[Unit] = Counter()
    working: Counter[Unit] = Counter()
    memories: Counter[tuple[int, int]] = Counter()
    for path, stored in storage(Tile(chip=chip)).items():
        unit = unit_of(path)
        small = [(words, bits) for words, bits in stored.memories if words < LEAST_MEMORY_WORDS]
        memories.update(size for size in stored.memories if size not in small)
        always[unit] += stored.registers + sum(words * bits for words, bits in small)
        working[unit] += stored.registers + sum(bits for _, bits in small)
    return TileHardware(
        {unit: ClockedBits(always[unit], working[unit]) for unit in Unit},
        tuple((words, bits, count) for (words, bits), count in sorted(memories.items())),
    )


def parse_hardware(text: str) -> dict[str, TileHardware]:
    """The file of the presets, by name."""
    return {
        preset: TileHardware(
            {Unit(name): ClockedBits(**bits) for name, bits in entry["bits"].items()},
            tuple((words, bits, count) for words, bits, count in entry["memories"]),
        )
        for preset, entry in json.loads(text).items()
    }


def tile_hardware(chip: ChipConfig) -> TileHardware:
    """Of a preset from the file that comes with the package; any other chip's is counted."""
    preset = next((name for name in PRESETS if replace(load_chip(name), name=chip.name) == chip), None)
    if preset is None:
        return count_hardware(chip)
    return parse_hardware((resources.files("shiftfire.energy") / HARDWARE_FILE).read_text(encoding="utf-8"))[preset]


def render_hardware() -> str:
    """The file of the presets: ``python -m shiftfire.energy.hardware`` writes it."""
    return json.dumps({name: count_hardware(load_chip(name)).as_dict() for name in PRESETS}, indent=1) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / HARDWARE_FILE).write_text(render_hardware(), encoding="utf-8")
