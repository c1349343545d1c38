"""Verilog of a chip (the tile as one module, the mesh and I/O tile around it), and of single units."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

from amaranth.back import verilog
from amaranth.hdl import UnusedElaboratable
from amaranth.lib import wiring
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import ContractError

from ..chip import Chip
from ..mesh import TILE_MODULE
from ..soc.wishbone_chip import Axi4LiteChip, WishboneChip
from ..standalone import UNITS
from ..tile import Tile

CHIP_MODULE = "shiftfire_chip"
TOPS: dict[str, Callable[..., wiring.Component]] = {
    "chip": Chip,
    "wishbone": WishboneChip,
    "wishbone-classic": partial(WishboneChip, pipelined=False),
    "axi4-lite": Axi4LiteChip,
    "axi4-lite-classic": partial(Axi4LiteChip, pipelined=False),
}


def generate_tile(chip: ChipConfig) -> str:
    """Verilog of one tile, module ``shiftfire_tile``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedElaboratable)
        return verilog.convert(Tile(chip=chip), name=TILE_MODULE, emit_src=False, strip_internal_attrs=True)


def generate(chip: ChipConfig, *, top: str = "chip") -> str:
    """Verilog of the whole chip, top module ``shiftfire_chip``. The same chip gives the same text.

    ``top``: one of `TOPS`, the chip with its own ports or with those of a bus. Raises ContractError for any other.
    """
    if top not in TOPS:
        raise ContractError(f"no top {top!r}; there are {', '.join(TOPS)}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedElaboratable)
        text = verilog.convert(TOPS[top](chip=chip), name=CHIP_MODULE, emit_src=False, strip_internal_attrs=True)
    return generate_tile(chip) + text


def generate_unit(name: str) -> str:
    """Verilog of one standalone unit at its default sizes, top module ``shiftfire_<name>``. Raises ContractError for an unknown name."""
    if name not in UNITS:
        raise ContractError(f"no unit {name!r}; there are {', '.join(sorted(UNITS))}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedElaboratable)
        return verilog.convert(UNITS[name](), name=f"shiftfire_{name}", emit_src=False, strip_internal_attrs=True)
