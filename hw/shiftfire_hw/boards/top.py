"""What goes into a board's FPGA."""

from typing import Any

from amaranth.hdl import Elaboratable, Module, Signal
from amaranth.lib import io
from amaranth.lib.wiring import connect
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import ContractError

from ..soc.link_soc import LinkSoc
from ..soc.soc import Soc
from .board import Board
from .board_clock import add_clock
from .main_memory import MainMemory

WORST_BAUD_ERROR = 0.02
HEARTBEAT_BITS = 24


def uart_divisor(chip: ChipConfig, baud: int) -> int:
    """Clock cycles per bit. Raises ContractError when the line would be too far from ``baud``."""
    cycles = chip.clock_mhz * 1e6 / baud
    divisor = round(cycles)
    if not divisor or abs(cycles / divisor - 1) > WORST_BAUD_ERROR:
        raise ContractError(f"chip {chip.name}: {chip.clock_mhz:g} MHz give no {baud} baud: give it a higher clock_mhz")
    return divisor


class BoardTop(Elaboratable):
    """`Soc` or `LinkSoc` with main memory in the FPGA, on a board's serial line and LEDs.

    LEDs from 0 on: the fabric runs; the serial line is busy, either way; with a processor furthermore: it has ended; it has ended with exit code 0;
    heartbeat. Raises ContractError when board and chip do not fit together.
    """

    def __init__(self, *, board: Board, chip: ChipConfig) -> None:
        if chip.memory_stall_cycles:
            raise ContractError(f"chip {chip.name}: the memory of a board never stalls; use a chip with memory_stall_cycles = 0")
        self.board, self.chip = board, chip
        system = Soc if board.processor else LinkSoc
        self.soc: Any = system(chip=chip, memory_words=board.memory_words, uart_divisor=uart_divisor(chip, board.baud))

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        add_clock(m, platform, board=self.board, clock_mhz=self.chip.clock_mhz)
        m.submodules.soc = soc = self.soc
        m.submodules.memory = memory = MainMemory(words=self.board.memory_words, latency=self.chip.memory_latency_cycles)
        connect(m, soc.memory, memory.port)
        uart: Any = platform.request("uart", 0, dir={"rx": "-", "tx": "-"} | _other_pins(platform))
        m.submodules.rx = rx = io.Buffer(io.Direction.Input, uart.rx)
        m.submodules.tx = tx = io.FFBuffer(io.Direction.Output, uart.tx)
        m.d.comb += [soc.rx.eq(rx.i), tx.o.eq(soc.tx)]
        shown = [soc.run, ~(soc.rx & soc.tx)]
        if self.board.processor:
            beat = Signal(HEARTBEAT_BITS)
            m.d.sync += beat.eq(beat + 1)
            shown += [soc.halted, soc.halted & (soc.exit_code == 0), beat[-1]]
        for n, value in enumerate(shown[: self.board.leds]):
            m.submodules[f"led_{n}"] = led = io.Buffer(io.Direction.Output, platform.request("led", n, dir="-"))
            m.d.comb += led.o.eq(value)
        return m


def _other_pins(platform: Any) -> dict[str, str]:
    """Directions of the modem's pins, where the serial line has them."""
    resource = platform.lookup("uart", 0)
    return {pin.name: "-" for pin in resource.ios if pin.name not in ("rx", "tx")}
