"""A program image on the SoC's RTL: the real firmware on the real core, in Verilator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shiftfire_hw.testing.soc_harness import run_soc
from shiftfire_spec.chip import ChipConfig

from ..host.report import FirmwareReport, read_report
from ..system.plan import RunError


def run_image(
    harness: Path, chip: ChipConfig, *, firmware: Sequence[int], image: NDArray[np.uint32], limit_cycles: int
) -> FirmwareReport:
    """What the firmware says of an image in main memory. Raises RtlError; RunError when it says nothing final within ``limit_cycles`` of the SoC."""
    outcome = run_soc(harness, chip, boot=firmware, memory=image, limit_cycles=limit_cycles)
    report = read_report(outcome.serial)
    if outcome.exit_code is None or outcome.exit_code != report.status:
        raise RunError(f"the firmware did not end within {limit_cycles} cycles; it said:\n{outcome.serial}")
    return report
