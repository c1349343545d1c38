"""A whole chip under cocotb: memory in Verilog, clock in cocotb's compiled part, a host in Python that writes registers and awaits the interrupt.

No Python runs per cycle. It is a second opinion on the native harness of `chip_harness`, and the slower of the two: cocotb builds with every signal
public (decision 0005).
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.chip import ChipConfig

from ..modules import CHIP_MODULE
from ..verilog.generate import generate
from .runner import TOP, build, run_cocotb
from .toolchain import RtlError

MEMORY = "chip_memory.v"
MEMORY_WORDS = 1 << 22  # of the Verilog memory, whatever runs on the chip: a build serves every program
HOST = "cocotb_host"
JOB_VARIABLE = "SHIFTFIRE_COCOTB_JOB"

_TOP = """
module {top} (
  input clk, input rst,
  input [31:0] bus_address, input bus_write, input [31:0] bus_write_data, output [31:0] bus_read_data, output irq,
  input restart, input [31:0] size, input load, input store, input [31:0] store_first, input [31:0] store_last, output fault
);
  wire req_valid, req_ready, req_write, rsp_valid;
  wire [31:0] req_address, req_data, rsp_data;
  {chip} chip (
    .clk(clk), .rst(rst),
    .bus_address(bus_address), .bus_write(bus_write), .bus_write_data(bus_write_data), .bus_read_data(bus_read_data), .irq(irq),
    .memory__req_valid(req_valid), .memory__req_ready(req_ready), .memory__req_write(req_write),
    .memory__req_address(req_address), .memory__req_data(req_data),
    .memory__rsp_valid(rsp_valid), .memory__rsp_data(rsp_data)
  );
  chip_memory #(.WORDS({words}), .LATENCY({latency}), .PERIOD({period}), .STALL({stall})) memory (
    .clk(clk), .restart(restart), .size(size), .load(load), .store(store), .store_first(store_first), .store_last(store_last),
    .req_valid(req_valid), .req_ready(req_ready), .req_write(req_write), .req_address(req_address), .req_data(req_data),
    .rsp_valid(rsp_valid), .rsp_data(rsp_data), .fault(fault)
  );
endmodule
"""


@dataclass(frozen=True, eq=False)
class ChipJob:
    """What the host does: configure, run, read values back. Places and counts are in memory words, packets and configuration entries."""

    words: NDArray[np.uint32]  # the memory from word 0 on
    size: int  # words that the chip may touch
    config: tuple[int, int]  # base and entries of the configuration image
    inject: tuple[int, int]  # base and words of the injection program
    collect: tuple[int, int, int]  # base, room in packets, END packets that end the run
    drain: bool  # the run ends when the fabric is quiet as well
    readback: tuple[int, int, int]  # base and entries of the image run afterwards, base of the values it reads
    limit_cycles: int  # of one phase


@dataclass(frozen=True, eq=False)
class ChipOutcome:
    """What the host saw."""

    fingerprint: int
    config_cycles: int
    cycles: int
    values: NDArray[np.uint32]  # read back, in order
    packets: NDArray[np.uint32]  # (packets, 2): INJECT_EVENT and COLLECT_STAMP words
    memory_fault: bool  # the chip asked for a word past `size`


@dataclass(frozen=True)
class CocotbChip:
    """A chip's Verilog, built for cocotb."""

    name: str
    text: str
    optimize: bool

    def run(self, job: ChipJob) -> ChipOutcome:
        """Run ``job`` in a simulation of its own. Raises RtlError when the memory is too small, a phase does not end, or the simulation dies."""
        if job.size > MEMORY_WORDS:
            raise RtlError(f"the run needs {job.size} memory words, and the cocotb memory has {MEMORY_WORDS}: use fewer samples")
        with tempfile.TemporaryDirectory(prefix="shiftfire-") as scratch:
            folder = Path(scratch)
            (folder / "words.hex").write_text(job.words.astype(">u4").tobytes().hex("\n", 4))
            plan = {
                name: getattr(job, name) for name in ("size", "config", "inject", "collect", "drain", "readback", "limit_cycles")
            }
            (folder / "job.json").write_text(json.dumps(plan))
            with contextlib.redirect_stdout(io.StringIO()):  # the seed, which nothing here draws from
                run_cocotb(
                    self.text,
                    name=self.name,
                    test_module=HOST,
                    bench_directory=Path(__file__).parent,
                    parameters={JOB_VARIABLE: folder},
                    optimize=self.optimize,
                )
            seen = json.loads((folder / "seen.json").read_text())
            stored = np.array([int(word, 16) for word in (folder / "stored.hex").read_text().split()], np.uint32)
        packets = stored[job.collect[0] - job.readback[2] :]
        return ChipOutcome(
            fingerprint=seen["fingerprint"],
            config_cycles=seen["config_cycles"],
            cycles=seen["cycles"],
            values=stored[: job.readback[1]],
            packets=packets[: 2 * min(seen["collected"], job.collect[1])].reshape(-1, 2),
            memory_fault=seen["memory_fault"],
        )


def cocotb_is_installed() -> bool:
    """cocotb is in the extra ``dev``: nothing but tests and ``bench`` needs it."""
    return importlib.util.find_spec("cocotb") is not None


def build_cocotb_chip(chip: ChipConfig, *, optimize: bool = True) -> CocotbChip:
    """Build the chip for cocotb, unless the same Verilog was built by the same tools before; ``optimize`` as in `runner.build`. Raises RtlError."""
    if not cocotb_is_installed():
        raise RtlError("cocotb is not installed: run `pip install shiftfire[dev]`, or `make` in the repository")
    top = _TOP.format(
        top=TOP,
        chip=CHIP_MODULE,
        words=MEMORY_WORDS,
        latency=chip.memory_latency_cycles,
        period=chip.memory_stall_period_cycles,
        stall=chip.memory_stall_cycles,
    )
    memory = (resources.files("shiftfire_hw.testing") / MEMORY).read_text()
    built = CocotbChip(f"chip-{chip.file_name}", generate(chip) + memory + top, optimize)
    build(built.text, name=built.name, optimize=optimize)
    return built
