"""The RISC-V core: VexRiscv from PyPI (docs/decisions/0010-risc-v-core.md)."""

import importlib.util
from pathlib import Path
from typing import Any

from amaranth.hdl import ClockSignal, Const, Instance, Module, ResetSignal, Signal
from amaranth.lib.wiring import Component, In, Out
from shiftfire_spec.errors import ContractError
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.soc import REGION

from .wishbone import Wishbone, wishbone

PACKAGE = "pythondata_cpu_vexriscv"
VARIANT = "VexRiscv_Lite"
MODULE = "VexRiscv"
INTERRUPTS = 32


def processor_verilog() -> str:
    """Verilog of the core, module ``VexRiscv``. Raises ContractError when the package is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ContractError(f"the package {PACKAGE} is not installed: pip install 'shiftfire[soc]'")
    return (Path(spec.origin).parent / "verilog" / f"{VARIANT}.v").read_text(encoding="utf-8")


class Processor(Component):
    """VexRiscv: RV32IM, 2 KiB instruction cache, no data cache; starts at the first word of BOOT.

    Members
    -------
    instructions, data: Out(wishbone())
        Classic buses. The core does not know ``err``: a failed access ends as if it were answered, with whatever stands at ``dat_r``; the
        SoC records it (SYSTEM: FAULT).
    interrupts: In(32)
        External interrupts, by bit; the core has a mask for them.
    """

    instructions: Wishbone
    data: Wishbone
    interrupts: Signal

    def __init__(self) -> None:
        super().__init__({"instructions": Out(wishbone()), "data": Out(wishbone()), "interrupts": In(INTERRUPTS)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ports: dict[str, Any] = {}
        for prefix, bus in (("iBusWishbone", self.instructions), ("dBusWishbone", self.data)):
            ports |= {
                f"o_{prefix}_CYC": bus.cyc,
                f"o_{prefix}_STB": bus.stb,
                f"o_{prefix}_WE": bus.we,
                f"o_{prefix}_ADR": bus.adr,
                f"o_{prefix}_SEL": bus.sel,
                f"o_{prefix}_DAT_MOSI": bus.dat_w,
                f"i_{prefix}_DAT_MISO": bus.dat_r,
                f"i_{prefix}_ACK": bus.ack | bus.err,
                f"i_{prefix}_ERR": bus.err,
            }
        m.submodules.core = Instance(
            MODULE,
            i_clk=ClockSignal(),
            i_reset=ResetSignal(),
            i_externalResetVector=Const(REGION["BOOT"].base, MEMORY_WORD_BITS),
            i_timerInterrupt=0,
            i_softwareInterrupt=0,
            i_externalInterruptArray=self.interrupts,
            **ports,
        )
        return m
