"""Verilog of a chip (the tile as one module, the mesh and I/O tile around it), and of single units."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from amaranth.lib import wiring
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import ContractError

from ..chip import Chip
from ..modules import CHIP_MODULE, TILE_MODULE
from ..soc.wishbone_chip import Axi4LiteChip, WishboneChip
from ..standalone import UNITS
from ..tile import Tile
from .emit import emit

TOPS: dict[str, Callable[..., wiring.Component]] = {
    "chip": Chip,
    "wishbone": WishboneChip,
    "wishbone-classic": partial(WishboneChip, pipelined=False),
    "axi4-lite": Axi4LiteChip,
    "axi4-lite-classic": partial(Axi4LiteChip, pipelined=False),
}


def generate_tile(chip: ChipConfig, *, trace_membrane: bool = False) -> str:
    """Verilog of one tile, module ``shiftfire_tile``; ``trace_membrane`` as of `Tile`."""
    return emit(Tile(chip=chip, trace_membrane=trace_membrane), TILE_MODULE)


def generate_watched(chip: ChipConfig) -> str:
    """`generate` of the chip that shows its membranes as they are written: for simulations."""
    return generate_tile(chip, trace_membrane=True) + emit(Chip(chip=chip, trace_membrane=True), CHIP_MODULE)


def generate(chip: ChipConfig, *, top: str = "chip") -> str:
    """Verilog of the whole chip, top module ``shiftfire_chip``. The same chip gives the same text.

    ``top``: one of `TOPS`, the chip with its own ports or with those of a bus. Raises ContractError for any other.
    """
    if top not in TOPS:
        raise ContractError(f"no top {top!r}; there are {', '.join(TOPS)}")
    around = emit(TOPS[top](chip=chip), CHIP_MODULE)
    return generate_tile(chip) + around


def generate_unit(name: str) -> str:
    """Verilog of one standalone unit at its default sizes, top module ``shiftfire_<name>``. Raises ContractError for an unknown name."""
    if name not in UNITS:
        raise ContractError(f"no unit {name!r}; there are {', '.join(sorted(UNITS))}")
    return emit(UNITS[name](), f"shiftfire_{name}")
