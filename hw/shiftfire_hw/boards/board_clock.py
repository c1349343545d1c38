"""The clock and reset of a board."""

from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Module, Signal
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer
from shiftfire_spec.errors import ContractError

from .board import Board
from .pll import ecp5_pll, gowin_pll

_PLLS = {"ecp5": ecp5_pll, "gowin": gowin_pll}


def add_clock(m: Module, platform: Any, *, board: Board, clock_mhz: float) -> None:
    """Give the top module ``m`` the domain ``sync`` of ``clock_mhz``, in reset until the PLL has locked.

    Without a PLL, when the crystal has that clock, the platform makes the domain. Raises ContractError when there is no way to that clock.
    """
    crystal_mhz = platform.default_clk_frequency / 1e6
    if crystal_mhz == clock_mhz:
        return
    if board.family not in _PLLS:
        raise ContractError(
            f"board {board.name} runs at {crystal_mhz:g} MHz, and the chip at {clock_mhz:g}: give the chip clock_mhz = {crystal_mhz:g}"
        )
    m.submodules.clock_buffer = buffer = io.Buffer(io.Direction.Input, platform.request(board.crystal, dir="-"))
    clock, locked = Signal(name="clock"), Signal(name="locked")
    m.submodules.pll = _PLLS[board.family](
        input_mhz=crystal_mhz, output_mhz=clock_mhz, clock_in=buffer.i, clock_out=clock, locked=locked
    )
    m.domains.sync = ClockDomain("sync")
    m.d.comb += ClockSignal("sync").eq(clock)
    m.submodules.reset = ResetSynchronizer(~locked, domain="sync")
