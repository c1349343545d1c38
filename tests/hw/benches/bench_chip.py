"""A whole chip under cocotb: this bench is memory and host, in Python, cycle by cycle."""

import json
import os
from collections import deque
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge
from shiftfire_spec.address import CONTROL_CLEAR, CONTROL_CONFIGURE, CONTROL_RUN, IO_REGISTER_INDEX


async def _memory(dut: Any, words: list[int], latency: int) -> None:
    """Answer reads ``latency`` cycles after their request."""
    reads: deque[tuple[int, int]] = deque()
    now = 0
    dut.memory__req_ready.value = 1
    while True:
        await RisingEdge(dut.clk)
        now += 1
        answers = bool(reads) and reads[0][0] == now
        dut.memory__rsp_valid.value = int(answers)
        if answers:
            dut.memory__rsp_data.value = reads.popleft()[1]
        await FallingEdge(dut.clk)
        if int(dut.memory__req_valid.value):
            address = int(dut.memory__req_address.value)
            if int(dut.memory__req_write.value):
                words[address] = int(dut.memory__req_data.value)
            else:
                reads.append((now + latency, words[address]))


async def _write(dut: Any, register: str, value: int) -> None:
    await RisingEdge(dut.clk)
    dut.bus_address.value = IO_REGISTER_INDEX[register]
    dut.bus_write_data.value = value
    dut.bus_write.value = 1
    await RisingEdge(dut.clk)
    dut.bus_write.value = 0


async def _read(dut: Any, register: str) -> int:
    await RisingEdge(dut.clk)
    dut.bus_address.value = IO_REGISTER_INDEX[register]
    await FallingEdge(dut.clk)
    return int(dut.bus_read_data.value)


async def _phase(dut: Any, control: int) -> None:
    await _write(dut, "CONTROL", 1 << control)
    await RisingEdge(dut.irq)
    await _write(dut, "CONTROL", 1 << CONTROL_CLEAR)


@cocotb.test()
async def configure_run_read_back(dut: Any) -> None:
    """Configure, run, read the counters; compare with what the simulator said."""
    job = json.loads(Path(os.environ["JOB"]).read_text())
    words = job["words"] + [0] * job["spare"]
    Clock(dut.clk, 10, unit="ns").start()
    dut.bus_write.value = 0
    dut.memory__rsp_valid.value = 0
    dut.rst.value = 1
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.rst.value = 0
    cocotb.start_soon(_memory(dut, words, job["latency"]))
    assert await _read(dut, "FINGERPRINT") == job["fingerprint"]
    for register, value in job["configure"].items():
        await _write(dut, register, value)
    await _phase(dut, CONTROL_CONFIGURE)
    assert await _read(dut, "CONFIG_CYCLES") == job["config_cycles"]
    for register, value in job["run"].items():
        await _write(dut, register, value)
    await _phase(dut, CONTROL_RUN)
    assert await _read(dut, "CYCLES") == job["cycles"]
    assert await _read(dut, "COLLECT_COUNT") == len(job["collected"])
    base = job["run"]["COLLECT_BASE"]
    assert words[base : base + 2 * len(job["collected"])] == [word for record in job["collected"] for word in record]
    for register, value in job["readback"].items():
        await _write(dut, register, value)
    await _phase(dut, CONTROL_CONFIGURE)
    base = job["readback"]["READ_BASE"]
    assert words[base : base + len(job["counters"])] == job["counters"]
