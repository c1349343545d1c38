"""Program images: what the SoC's firmware runs."""

from __future__ import annotations

from ..errors import InputError
from ..host.image import DEFAULT_LIMIT_CYCLES, check_program, program_image
from ..network.input_sets import Inputs, sample_count, take_samples
from ..system.plan import plan_rounds
from .compiled import Compiled

__all__ = ["DEFAULT_LIMIT_CYCLES", "firmware_image"]


def firmware_image(
    compiled: Compiled, inputs: Inputs, *, per_run: int | None = None, limit_cycles: int = DEFAULT_LIMIT_CYCLES
) -> bytes:
    """The image of ``inputs`` (samples, ...) on a network that fits at once, with the predictions that are expected; little-endian 32-bit words.

    ``per_run`` samples go through the chip back to back, all of them when None; the firmware gives a run up after ``limit_cycles``.
    Raises ImageError, InputError, and as `plan_rounds`.
    """
    if not compiled.schedule.resident:
        raise InputError(
            f"{compiled.network.name} runs in {compiled.rounds} rounds, which an image has not: compile it with rounds=False"
        )
    program = compiled.schedule.rounds[0].program
    samples = sample_count(inputs)
    each = samples if per_run is None else per_run
    check_program(program, samples, each)
    parts = [take_samples(inputs, slice(start, start + each)) for start in range(0, samples, each)]
    plans = [plan_rounds(compiled.schedule, part, batches=False)[0] for part in parts]
    return program_image(plans, limit_cycles=limit_cycles).astype("<u4").tobytes()
