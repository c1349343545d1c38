"""The clock and reset of a board."""

from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Elaboratable, Module, Signal
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer
from shiftfire_spec.errors import ContractError

from .board import Board
from .pll import ecp5_pll, gowin_pll

_PLLS = {"ecp5": ecp5_pll, "gowin": gowin_pll}


class BoardClock(Elaboratable):
    """Makes the domain ``sync`` of ``clock_mhz``; reset until the PLL has locked.

    Without a PLL, when the crystal has that clock, the platform makes the domain. Raises ContractError, in `elaborate`, when there is no way to that clock.
    """

    def __init__(self, *, board: Board, clock_mhz: float) -> None:
        self.board, self.clock_mhz = board, clock_mhz

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        crystal_mhz = platform.default_clk_frequency / 1e6
        if crystal_mhz == self.clock_mhz:
            return m
        if self.board.family not in _PLLS:
            raise ContractError(
                f"board {self.board.name} runs at {crystal_mhz:g} MHz, and the chip at {self.clock_mhz:g}: give the chip clock_mhz = {crystal_mhz:g}"
            )
        m.submodules.buffer = buffer = io.Buffer(io.Direction.Input, platform.request(self.board.crystal, dir="-"))
        clock, locked = Signal(), Signal()
        m.submodules.pll = _PLLS[self.board.family](
            input_mhz=crystal_mhz, output_mhz=self.clock_mhz, clock_in=buffer.i, clock_out=clock, locked=locked
        )
        m.domains.sync = ClockDomain("sync")
        m.d.comb += ClockSignal("sync").eq(clock)
        m.submodules.reset = ResetSynchronizer(~locked, domain="sync")
        return m
