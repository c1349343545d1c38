"""A program on the chip's Verilog in Icarus, an event-driven simulator: a test bench of plain Verilog, written for the job."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np
from shiftfire.compiler.program import Program
from shiftfire.network.values import IntArray
from shiftfire.system.layout import Layout, RoundLayout, lay_out
from shiftfire.system.plan import RunPlan
from shiftfire.system.readout import read_predictions
from shiftfire.system.result import RunResult
from shiftfire.system.trace import engine_events_from_rows, events_from_rows
from shiftfire_hw.modules import CHIP_MODULE
from shiftfire_hw.testing.cocotb_chip import MEMORY
from shiftfire_hw.verilog.generate import generate
from shiftfire_hw.verilog.text import Port, module_ports
from shiftfire_spec.address import CONTROL_CLEAR, CONTROL_CONFIGURE, CONTROL_DRAIN, CONTROL_RUN, IO_REGISTER_INDEX
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.events import ACTIVITY, ENGINES, IO_TILE, EventKind
from support.one_round import plan_run

LIMIT_S = 600
_TOP = "bench"
_LANGUAGE = "-g2005-sv"  # variables have their first values before any process starts: an `always @*` sees no change of them

_BENCH = """
`timescale 1ns/1ns
module {top};
  reg clk = 0;
  reg rst = 1;
  reg restart = 0;
  reg load = 0;
  reg store = 0;
  wire fault;
  integer trace, unknown = 0;
{declarations}
  always #5 clk = ~clk;
  {chip} chip (.clk(clk), .rst(rst){connections});
  chip_memory #(.WORDS({words}), .LATENCY({latency}), .PERIOD({period}), .STALL({stall})) memory (
    .clk(clk), .restart(restart), .size(32'd{words}), .load(load), .store(store), .store_first(32'd0), .store_last(32'd{last}),
    .req_valid(memory__req_valid), .req_ready(memory__req_ready), .req_write(memory__req_write),
    .req_address(memory__req_address), .req_data(memory__req_data),
    .rsp_valid(memory__rsp_valid), .rsp_data(memory__rsp_data), .fault(fault)
  );

  task write(input [31:0] index, input [31:0] value, input starts);
    begin
      @(negedge clk) bus_address = index; bus_write_data = value; bus_write = 1; restart = starts;
      @(negedge clk) bus_write = 0; restart = 0;
    end
  endtask

  task phase(input [31:0] control);
    begin
      write({control}, control, 1);
      while (irq !== 1) @(negedge clk);
      write({control}, {clear}, 0);
    end
  endtask

  task row(input integer tile, input integer event_kind, input [63:0] value);
    $fwrite(trace, "%0d %0d %0d %0d\\n", cycle, tile, event_kind, value);
  endtask

  always @(posedge clk) if (!rst) begin
    if (^{{run, irq}} === 1'bx) unknown = unknown + 1;
    if (run) begin
{tracing}
    end
  end

  initial begin
    bus_write = 0; bus_address = 0; bus_write_data = 0;
    trace = $fopen("trace.txt");
    load = 1;
    repeat (3) @(negedge clk);
    rst = 0;
{job}
    store = 1;
    @(negedge clk);
    $display("unknown %0d", unknown);
    $display("fault %0d", fault);
    $fclose(trace);
    $finish;
  end
endmodule
"""


def icarus() -> tuple[str, str] | None:
    """Compiler and simulator of Icarus Verilog, when installed."""
    found = shutil.which("iverilog"), shutil.which("vvp")
    return (found[0], found[1]) if found[0] and found[1] else None


def run_icarus(program: Program, inputs: IntArray, folder: Path) -> RunResult:
    """Run ``inputs`` on the program's chip in Icarus, in ``folder``. Raises AssertionError when it does not compile without a word, or a traced signal is unknown."""
    tools = icarus()
    assert tools is not None
    plan = plan_run(program, inputs)
    layout = lay_out([plan], [program.image])
    part = layout.rounds[0]
    verilog = generate(program.chip)
    memory = (resources.files("shiftfire_hw.testing") / MEMORY).read_text()
    (folder / "design.v").write_text(verilog + memory + _bench(plan, layout, verilog))
    words = np.zeros(layout.size, np.uint32)
    words[: len(layout.words)] = layout.words
    (folder / "words.hex").write_text(words.astype(">u4").tobytes().hex("\n", 4))
    said = _call(folder, tools[0], _LANGUAGE, "-Wall", "-Wno-timescale", "-s", _TOP, "-o", "design.vvp", "design.v")
    assert not said, said
    report = dict(line.split() for line in _call(folder, tools[1], "-n", "design.vvp").splitlines())
    assert report["unknown"] == "0" and report["fault"] == "0", report
    rows = np.loadtxt(folder / "trace.txt", np.int64, ndmin=2)
    stored = [line for line in (folder / "stored.hex").read_text().splitlines() if not line.startswith("//")]
    values = [int(word, 16) for word in stored[part.counters : part.counters + part.readback[1]]]
    events = events_from_rows(rows)
    return RunResult(
        backend="icarus",
        samples=plan.samples,
        predictions=read_predictions(program, events, plan.samples),
        cycles=int(report["cycles"]),
        config_cycles=int(report["config_cycles"]),
        sample_cycles=None,
        counters=np.array(values, np.int64).reshape(-1, COUNTERS),
        events=events,
        engine_events=engine_events_from_rows(rows),
    )


def _call(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _bench(plan: RunPlan, layout: Layout, verilog: str) -> str:
    """The test bench: ports of the chip as variables, the job as calls of its tasks."""
    chip = plan.program.chip
    ports = [port for port in module_ports(verilog, CHIP_MODULE) if port.name not in ("clk", "rst")]
    return _BENCH.format(
        top=_TOP,
        chip=CHIP_MODULE,
        declarations="\n".join(
            [*map(_declaration, ports), *(f"  reg [{ACTIVITY.bits - 1}:0] was{n} = 0;" for n in range(chip.tiles))]
        ),
        connections="".join(f", .{port.name}({port.name})" for port in ports),
        words=layout.size,
        last=layout.size - 1,
        latency=chip.memory_latency_cycles,
        period=chip.memory_stall_period_cycles,
        stall=chip.memory_stall_cycles,
        control=IO_REGISTER_INDEX["CONTROL"],
        clear=1 << CONTROL_CLEAR,
        tracing="\n".join(f"      {line}" for line in _tracing(chip.tiles)),
        job="\n".join(f"    {line}" for line in _job(plan, layout.rounds[0])),
    )


def _declaration(port: Port) -> str:
    driven = port.direction == "input" and not port.name.startswith("memory__")  # by the bench, not by the memory
    return f"  {'reg' if driven else 'wire'} [{port.width - 1}:0] {port.name};"


def _tracing(tiles: int) -> Iterator[str]:
    """What is noted in a cycle: packets, and engines whose activity is another than in the cycle before."""
    names = ["trace_inject__valid", "trace_collect__valid", "trace_valid", "cycle", *(f"trace_activity__{n}" for n in range(tiles))]
    yield f"if (^{{{', '.join(names)}}} === 1'bx) unknown = unknown + 1;"
    for tile in range(tiles):
        yield f"if (trace_valid[{tile}]) row({tile}, {int(EventKind.SEND)}, trace_flit__{tile});"
        for engine in ENGINES:
            first, bits = ACTIVITY.offset(engine.name.lower()), ACTIVITY.field(engine.name.lower()).bits
            now = f"trace_activity__{tile}[{first + bits - 1}:{first}]"
            yield f"if ({now} != was{tile}[{first + bits - 1}:{first}]) row({tile}, {int(engine)}, {now});"
        yield f"was{tile} = trace_activity__{tile};"
    for name, event in (("inject", EventKind.SEND), ("collect", EventKind.COLLECT)):
        yield f"if (trace_{name}__valid) row({IO_TILE}, {int(event)}, trace_{name}__flit);"


def _job(plan: RunPlan, part: RoundLayout) -> Iterator[str]:
    """Configure, run, read the counters."""

    def writes(**registers: int) -> Iterator[str]:
        for name, value in registers.items():
            yield f"write({IO_REGISTER_INDEX[name]}, {value}, 0);"

    def reads(name: str) -> Iterator[str]:
        yield f"@(negedge clk) bus_address = {IO_REGISTER_INDEX[name]};"
        yield f'@(posedge clk) $display("{name.lower()} %0d", bus_read_data);'

    yield from writes(CONFIG_BASE=part.config[0], CONFIG_COUNT=part.config[1])
    yield f"phase({1 << CONTROL_CONFIGURE});"
    yield from reads("CONFIG_CYCLES")
    yield from writes(INJECT_BASE=part.inject[0], INJECT_COUNT=part.inject[1])
    yield from writes(COLLECT_BASE=part.collect, COLLECT_LIMIT=part.collect_limit, COLLECT_ENDS=plan.collect_ends)
    yield f"phase({1 << CONTROL_RUN | plan.drains << CONTROL_DRAIN});"
    yield from reads("CYCLES")
    yield from writes(CONFIG_BASE=part.readback[0], CONFIG_COUNT=part.readback[1], READ_BASE=part.counters)
    yield f"phase({1 << CONTROL_CONFIGURE});"
