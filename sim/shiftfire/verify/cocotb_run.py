"""The cocotb execution of a program: the chip's Verilog in Verilator under cocotb, beside the native harness of `rtl`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shiftfire_hw.testing.cocotb_chip import ChipJob, CocotbChip
from shiftfire_spec.bitfield import Layout
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.inject import COLLECT_CYCLE_BITS, COLLECT_STAMP, INJECT_EVENT
from shiftfire_spec.packet import FLIT

from ..compiler.program import Program
from ..network.graph import IntArray
from ..system.plan import RunError, plan_run
from ..system.readout import read_predictions
from ..system.result import RunResult
from ..system.trace import events_from_rows
from .layout import lay_out
from .rtl import LIMIT_CYCLES


def run_cocotb_rtl(
    program: Program, inputs: IntArray, built: CocotbChip, *, trace: bool = False, limit_cycles: int = LIMIT_CYCLES
) -> RunResult:
    """Run ``inputs`` on the program's chip, built by `build_cocotb_chip`.

    The host sees registers and memory, so ``sample_cycles`` is None, and with ``trace`` the result's events are the collected packets only.
    Raises RtlError when a phase is not over after ``limit_cycles``, RunError when the RTL is another contract's or leaves its memory.
    """
    plan = plan_run(program, inputs)
    layout = lay_out([plan], [program.image])
    part = layout.rounds[0]
    outcome = built.run(
        ChipJob(
            words=layout.words,
            size=layout.size,
            config=part.config,
            inject=part.inject,
            collect=(part.collect, part.collect_limit, plan.collect_ends),
            readback=(*part.readback, part.counters),
            limit_cycles=limit_cycles,
        )
    )
    if outcome.fingerprint != contract_fingerprint():
        raise RunError(
            f"the RTL's contract fingerprint is {outcome.fingerprint:#010x}, this program's {contract_fingerprint():#010x}"
        )
    if outcome.memory_fault:
        raise RunError("the RTL asked for a memory word past the end of its memory")
    events = collected_events(outcome.packets)
    return RunResult(
        backend="cocotb",
        samples=plan.samples,
        predictions=read_predictions(program, events, plan.samples),
        cycles=outcome.cycles,
        config_cycles=outcome.config_cycles,
        sample_cycles=None,
        counters=outcome.values.reshape(-1, COUNTERS).astype(np.int64),
        events=events if trace else None,
    )


def collected_events(packets: NDArray[np.uint32]) -> NDArray[np.void]:
    """Events of collected packets as the I/O tile stores them: rows of INJECT_EVENT and COLLECT_STAMP words, shape (packets, 2).

    Stamps hold the low bits of the cycle; packets must come less than 2**COLLECT_CYCLE_BITS cycles apart.
    """

    def field(column: int, layout: Layout, name: str) -> IntArray:
        return packets[:, column].astype(np.int64) >> layout.offset(name) & layout.field(name).maximum

    rows = np.zeros((len(packets), 4), np.int64)
    stamps = field(1, COLLECT_STAMP, "cycle")
    wraps = np.cumsum(np.diff(stamps, prepend=0) < 0)
    rows[:, 0], rows[:, 1], rows[:, 2] = stamps + (wraps << COLLECT_CYCLE_BITS), IO_TILE, EventKind.COLLECT
    rows[:, 3] = field(1, COLLECT_STAMP, "tag") << FLIT.offset("tag")
    for name, where in (("kind", "op"), ("axon", "axon"), ("payload", "payload")):
        rows[:, 3] |= field(0, INJECT_EVENT, where) << FLIT.offset(name)
    return events_from_rows(rows)
