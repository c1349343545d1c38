"""Verilog of the SoC: fabric, boot RAM with the firmware in it, processor, and what joins them."""

from __future__ import annotations

from collections.abc import Sequence

from shiftfire_spec.chip import ChipConfig

from ..modules import BOOT_MODULE, SOC_MODULE
from ..soc.boot_ram import BootRam
from ..soc.interconnect import Interconnect
from ..soc.link_soc import LinkSoc
from ..soc.processor import processor_verilog
from ..soc.soc import Soc
from .emit import emit
from .generate import generate


def generate_boot_ram(words: Sequence[int]) -> str:
    """Verilog of the boot RAM with these words in it."""
    return emit(BootRam(words=words), BOOT_MODULE)


def generate_soc(chip: ChipConfig, *, memory_words: int, uart_divisor: int) -> str:
    """Verilog of the SoC, top module ``shiftfire_soc``, but for the boot RAM (`generate_boot_ram`). Raises ContractError."""
    top = emit(Soc(chip=chip, memory_words=memory_words, uart_divisor=uart_divisor), SOC_MODULE)
    return generate(chip) + processor_verilog() + top


def generate_link_soc(chip: ChipConfig, *, memory_words: int, uart_divisor: int) -> str:
    """Verilog of the SoC without processor, top module and ports as of `generate_soc`. Raises ContractError."""
    return generate(chip) + emit(LinkSoc(chip=chip, memory_words=memory_words, uart_divisor=uart_divisor), SOC_MODULE)


def generate_interconnect(chip: ChipConfig, *, memory_words: int, uart_divisor: int, name: str) -> str:
    """Verilog of the SoC without its processor, and of the chip in it."""
    return generate(chip) + emit(Interconnect(chip=chip, memory_words=memory_words, uart_divisor=uart_divisor), name)
