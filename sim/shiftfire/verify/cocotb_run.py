"""The cocotb execution of a program: the chip's Verilog in Verilator under cocotb, beside the native harness of `rtl`."""

from __future__ import annotations

import numpy as np
from shiftfire_hw.testing.cocotb_chip import ChipJob, CocotbChip
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.fingerprint import contract_fingerprint

from ..compiler.program import Program
from ..network.values import IntArray
from ..system.layout import lay_out
from ..system.plan import RunError, plan_run
from ..system.readout import read_predictions
from ..system.result import RunResult
from ..system.trace import collected_events
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
