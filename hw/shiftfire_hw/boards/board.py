"""The boards."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from shiftfire_spec.errors import ContractError
from shiftfire_spec.link import DEFAULT_BAUD


@dataclass(frozen=True)
class Board:
    """A board, and what is built for it.

    Parameters
    ----------
    name, title: in commands and file names, and for readers.
    family: FPGA family, see `families.FAMILIES`.
    platform: module and class of the Amaranth platform.
    crystal: resource of the clock, whose frequency the platform knows.
    chip: preset that is built unless another chip is asked for.
    processor: `Soc` with firmware is built, not `LinkSoc`.
    memory_words: main memory, on the FPGA.
    baud: of the serial line.
    leds: LEDs of the resource ``led``; see `BoardTop` for what they show.
    program: how to load a bitstream of the name given for {}.
    """

    name: str
    title: str
    family: str
    platform: str
    crystal: str
    chip: str
    processor: bool
    memory_words: int
    baud: int
    leds: int
    program: str

    def make_platform(self) -> Any:
        """A new platform. Raises ContractError when amaranth-boards is not installed."""
        module, _, name = self.platform.partition(":")
        try:
            return getattr(importlib.import_module(module), name)()
        except ModuleNotFoundError as error:
            raise ContractError(f"the package {error.name} is not installed: pip install 'shiftfire[boards]'") from None


BOARDS = (
    Board(
        name="ulx3s",
        title="ULX3S-85F",
        family="ecp5",
        platform="amaranth_boards.ulx3s:ULX3S_85F_Platform",
        crystal="clk25",
        chip="ulx3s",
        processor=True,
        # Of 208 block RAMs: 64, beside 8 of the boot RAM and 28 of each tile.
        memory_words=1 << 15,
        baud=DEFAULT_BAUD,
        leds=8,
        program="openFPGALoader -b ulx3s {}",
    ),
    Board(
        name="icebreaker",
        title="iCEBreaker",
        family="ice40",
        platform="amaranth_boards.icebreaker:ICEBreakerPlatform",
        crystal="clk12",
        chip="nano",
        processor=False,
        memory_words=1 << 14,
        baud=DEFAULT_BAUD,
        leds=2,
        program="iceprog {}",
    ),
    Board(
        name="tangnano20k",
        title="Tang Nano 20K",
        family="gowin",
        platform="shiftfire_hw.boards.tang_nano_20k:TangNano20kPlatform",
        crystal="clk27",
        chip="nano",
        processor=False,
        memory_words=1 << 13,
        baud=DEFAULT_BAUD,
        leds=6,
        program="openFPGALoader -b tangnano20k {}",
    ),
)
BOARD = {board.name: board for board in BOARDS}


def find_board(name: str) -> Board:
    """Raises ContractError for an unknown name."""
    if name not in BOARD:
        raise ContractError(f"no board {name!r}; there are {', '.join(BOARD)}")
    return BOARD[name]
