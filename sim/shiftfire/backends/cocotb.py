"""The RTL in Verilator under cocotb, beside the native harness of `rtl`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from shiftfire_hw.testing.cocotb_chip import ChipJob, CocotbChip, build_cocotb_chip
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.fingerprint import contract_fingerprint

from ..system.layout import lay_out
from ..system.plan import RunError, RunPlan
from ..system.readout import collected_packets, read_predictions
from ..system.result import RunResult
from ..system.trace import collected_events
from .backend import Ability, Progress
from .rtl import LIMIT_CYCLES
from .toolchain import rtl_errors


class CocotbRtl:
    """The RTL under cocotb, for one round: a host that sees registers and memory. A phase may take ``limit_cycles``."""

    name = "cocotb"
    abilities = Ability.CYCLES

    def __init__(self, *, limit_cycles: int = LIMIT_CYCLES) -> None:
        self.limit_cycles = limit_cycles
        self._built: tuple[ChipConfig, CocotbChip] | None = None

    def prepare(self, chip: ChipConfig) -> None:
        """Build the chip for cocotb, unless that was done before. Raises RunError."""
        self._chip(chip)

    def run(self, plans: Sequence[RunPlan], *, trace: bool = False, progress: Progress | None = None) -> tuple[RunResult, ...]:
        """As `Backend.run`, of one round."""
        if len(plans) > 1:
            raise RunError(f"cocotb runs what fits a chip at once, not {len(plans)} rounds: take the backend rtl")
        built = self._chip(plans[0].program.chip)
        with rtl_errors():
            return (run_cocotb_rtl(plans[0], built, trace=trace, limit_cycles=self.limit_cycles),)

    def _chip(self, chip: ChipConfig) -> CocotbChip:
        if self._built is None or self._built[0] != chip:
            with rtl_errors():
                self._built = chip, build_cocotb_chip(chip)
        return self._built[1]


def run_cocotb_rtl(plan: RunPlan, built: CocotbChip, *, trace: bool = False, limit_cycles: int = LIMIT_CYCLES) -> RunResult:
    """Run a plan on its chip, built by `build_cocotb_chip`.

    The host sees registers and memory, so ``sample_cycles`` is None, and with ``trace`` the result's events are the collected packets only.
    Raises RtlError when a phase is not over after ``limit_cycles``, RunError when the RTL is another contract's or leaves its memory.
    """
    layout = lay_out([plan], [plan.program.image])
    part = layout.rounds[0]
    outcome = built.run(
        ChipJob(
            words=layout.words,
            size=layout.size,
            config=part.config,
            inject=part.inject,
            collect=(part.collect, part.collect_limit, plan.collect_ends),
            drain=plan.drains,
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
        predictions=read_predictions(plan.program, events, plan.samples),
        collected=collected_packets(plan.program, events),
        cycles=outcome.cycles,
        config_cycles=outcome.config_cycles,
        sample_cycles=None,
        counters=outcome.values.reshape(-1, COUNTERS).astype(np.int64),
        events=events if trace else None,
    )
