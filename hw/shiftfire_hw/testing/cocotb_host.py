"""The host of a chip under cocotb: runs the job of `cocotb_chip` with the register bus alone, asleep while the chip works."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, with_timeout
from shiftfire_spec.address import CONTROL_CLEAR, CONTROL_CONFIGURE, CONTROL_DRAIN, CONTROL_RUN, IO_REGISTER_INDEX

from shiftfire_hw.testing.cocotb_chip import JOB_VARIABLE

PERIOD_NS = 2


class _Host:
    """Register reads and writes, and phases."""

    def __init__(self, dut: Any, limit_cycles: int) -> None:
        self.dut = dut
        self.limit_ns = limit_cycles * PERIOD_NS

    async def reset(self) -> None:
        for name in ("bus_write", "restart", "load", "store"):
            getattr(self.dut, name).value = 0
        self.dut.rst.value = 1
        await RisingEdge(self.dut.clk)
        await RisingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def write(self, register: str, value: int, *, restart: bool = False) -> None:
        await RisingEdge(self.dut.clk)
        self.dut.bus_address.value = IO_REGISTER_INDEX[register]
        self.dut.bus_write_data.value = value
        self.dut.bus_write.value = 1
        self.dut.restart.value = restart
        await RisingEdge(self.dut.clk)
        self.dut.bus_write.value = 0
        self.dut.restart.value = 0

    async def write_all(self, **registers: int) -> None:
        for register, value in registers.items():
            await self.write(register, value)

    async def read(self, register: str) -> int:
        await RisingEdge(self.dut.clk)
        self.dut.bus_address.value = IO_REGISTER_INDEX[register]
        await FallingEdge(self.dut.clk)
        return int(self.dut.bus_read_data.value)

    async def phase(self, control: int) -> None:
        """Start a phase with the memory's stall pattern at its start, and wait for the interrupt."""
        await self.write("CONTROL", control, restart=True)
        await with_timeout(RisingEdge(self.dut.irq), self.limit_ns, "ns")
        await self.write("CONTROL", 1 << CONTROL_CLEAR)


@cocotb.test()
async def configure_run_read_back(dut: Any) -> None:
    """The job of the folder in $SHIFTFIRE_COCOTB_JOB; leaves seen.json and stored.hex there."""
    folder = Path(os.environ[JOB_VARIABLE])
    job = json.loads((folder / "job.json").read_text())
    os.symlink(folder / "words.hex", "words.hex")
    Clock(dut.clk, PERIOD_NS, unit="ns", impl="gpi").start()
    host = _Host(dut, job["limit_cycles"])
    dut.size.value = job["size"]
    await host.reset()
    dut.load.value = 1
    seen: dict[str, int | bool] = {"fingerprint": await host.read("FINGERPRINT")}

    base, count = job["config"]
    await host.write_all(CONFIG_BASE=base, CONFIG_COUNT=count)
    await host.phase(1 << CONTROL_CONFIGURE)
    seen["config_cycles"] = await host.read("CONFIG_CYCLES")

    base, count = job["inject"]
    collect, limit, ends = job["collect"]
    await host.write_all(INJECT_BASE=base, INJECT_COUNT=count, COLLECT_BASE=collect, COLLECT_LIMIT=limit, COLLECT_ENDS=ends)
    await host.phase(1 << CONTROL_RUN | job["drain"] << CONTROL_DRAIN)
    seen["cycles"] = await host.read("CYCLES")
    seen["collected"] = await host.read("COLLECT_COUNT")

    base, count, values = job["readback"]
    await host.write_all(CONFIG_BASE=base, CONFIG_COUNT=count, READ_BASE=values)
    await host.phase(1 << CONTROL_CONFIGURE)
    dut.store_first.value = values
    dut.store_last.value = collect + 2 * min(seen["collected"], limit) - 1
    await RisingEdge(dut.clk)
    dut.store.value = 1
    await FallingEdge(dut.clk)
    seen["memory_fault"] = bool(dut.fault.value)
    shutil.move("stored.hex", folder / "stored.hex")
    (folder / "seen.json").write_text(json.dumps(seen))
