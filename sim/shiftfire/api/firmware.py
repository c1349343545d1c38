"""Program images: what the SoC's firmware runs."""

from __future__ import annotations

from ..errors import InputError
from ..host.image import DEFAULT_LIMIT_CYCLES, check_program, program_image
from ..network.values import IntArray
from ..system.plan import plan_rounds
from .compiled import Compiled

__all__ = ["DEFAULT_LIMIT_CYCLES", "firmware_image"]


def firmware_image(
    compiled: Compiled, inputs: IntArray, *, per_run: int | None = None, limit_cycles: int = DEFAULT_LIMIT_CYCLES
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
    each = len(inputs) if per_run is None else per_run
    check_program(program, len(inputs), each)
    plans = [plan_rounds(compiled.schedule, inputs[start : start + each])[0] for start in range(0, len(inputs), each)]
    return program_image(plans, limit_cycles=limit_cycles).astype("<u4").tobytes()
