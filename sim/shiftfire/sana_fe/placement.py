"""Which core of SANA-FE's Loihi stands for which of ours: ours lie one to a tile, at the same places; the I/O tile is another core in the tile of (0, 0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import IO_TILE

from .errors import SanaFeError

CoreAddress = tuple[int, int]  # SANA-FE's: number of a tile, core within the tile
_CORE, _IO_CORE = 0, 1


@dataclass(frozen=True)
class Placement:
    """SANA-FE's address of our tiles, the I/O tile among them."""

    addresses: dict[int, CoreAddress]

    @property
    def tiles(self) -> dict[CoreAddress, int]:
        """Our tile by SANA-FE's address."""
        return {address: tile for tile, address in self.addresses.items()}


def place(chip: ChipConfig, described: dict[str, Any]) -> Placement:
    """Tiles of ``chip`` on a chip that ``described`` says the size of. SANA-FE numbers tiles column by column. Raises SanaFeError when they do not fit."""
    width, height = described["noc_width_in_tiles"], described["noc_height_in_tiles"]
    if chip.width > width or chip.height > height:
        raise SanaFeError(
            f"chip {chip.name}: {chip.width} x {chip.height} tiles; SANA-FE's Loihi has {width} x {height}, take a smaller one, such as edge"
        )
    cores = {y * chip.width + x: (x * height + y, _CORE) for y in range(chip.height) for x in range(chip.width)}
    return Placement({IO_TILE: (0, _IO_CORE), **cores})
