"""The SoC without processor and mesh: the I/O tile in the chip's place, with its configuration chain looped back."""

from importlib import resources
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect, flipped
from shiftfire_hw.chip import Chip
from shiftfire_hw.io_tile.io_tile import IoTile
from shiftfire_hw.modules import CHIP_MODULE
from shiftfire_hw.noc.config_chain import config_link
from shiftfire_hw.soc.interconnect import Interconnect
from shiftfire_hw.soc.link_soc import LinkSoc
from shiftfire_hw.testing.runner import TOP
from shiftfire_hw.testing.soc_harness import BOOT
from shiftfire_hw.verilog.emit import emit
from shiftfire_hw.verilog.soc import generate_boot_ram
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.soc import UART_LEAST_DIVISOR

MEMORY_WORDS = 1 << 12
DIVISOR = 5


class IoTileChip(wiring.Component):
    """The ports of ``Chip``, with nothing but the I/O tile behind them; the chain comes back after one register."""

    memory: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__(Chip(chip=chip).signature)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.io = io = IoTile(chip=self.chip)
        connect(m, io.memory, flipped(self.memory))
        for name in config_link().members:
            m.d.sync += getattr(io.chain_i, name).eq(getattr(io.chain_o, name))
        for name in ("bus_address", "bus_write", "bus_write_data"):
            m.d.comb += getattr(io, name).eq(getattr(self, name))
        for name, source in (("bus_read_data", io.bus_read_data), ("irq", io.interrupt), ("run", io.run)):
            m.d.comb += getattr(self, name).eq(source)
        return m


def io_tile_verilog(chip: ChipConfig) -> str:
    """Verilog of an I/O tile in the chip's place."""
    return emit(IoTileChip(chip=chip), CHIP_MODULE)


def interconnect_verilog(chip: ChipConfig, boot_ram: str) -> str:
    """Verilog of the interconnect as ``top``, over that chip and this boot RAM."""
    top = Interconnect(chip=chip, memory_words=MEMORY_WORDS, uart_divisor=DIVISOR)
    return io_tile_verilog(chip) + boot_ram + emit(top, TOP)


def link_soc_verilog(chip: ChipConfig) -> str:
    """Verilog of the SoC without processor as ``top``, over that chip."""
    top = LinkSoc(chip=chip, memory_words=MEMORY_WORDS, uart_divisor=UART_LEAST_DIVISOR)
    return io_tile_verilog(chip) + emit(top, TOP)


def boot_rams() -> dict[str, str]:
    """The boot RAM of the RTL, and that of the native harness, both empty."""
    model = (resources.files("shiftfire_hw.testing") / BOOT).read_text().replace('$readmemh("boot.hex", words);', "")
    return {"rtl": generate_boot_ram(()), "model": model}
