"""The memory of an RTL run: configuration image, injection program, read-back, and room for what the chip writes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..system.plan import RunPlan, counter_clear_image, counter_read_image

SPARE_PACKETS = 1024  # room in memory for packets that should not have come


@dataclass(frozen=True, eq=False)
class Layout:
    """Where things lie in the memory, in words; pairs are (base, count), counts in entries of a configuration image or words of the injection program.

    ``words`` fill the memory from word 0 on; ``counters`` is where the values of ``readback`` go, ``collect`` where collected packets go.
    """

    words: NDArray[np.uint32]
    config: tuple[int, int]
    inject: tuple[int, int]
    readback: tuple[int, int]
    counters: int
    collect: int
    size: int
    collect_limit: int


def lay_out(plan: RunPlan, image: NDArray[np.uint32]) -> Layout:
    """Memory of a run of ``plan`` with this configuration image (entries, 2); the counters are cleared before it."""
    config = np.concatenate([counter_clear_image(plan.program), image])
    readback = counter_read_image(plan.program)
    words = np.concatenate([config.ravel(), plan.injection.words, readback.ravel()])
    inject = config.size
    read = inject + len(plan.injection.words)
    counters = len(words)
    collect = counters + len(readback)
    limit = plan.collect_packets + SPARE_PACKETS
    return Layout(
        words=words,
        config=(0, len(config)),
        inject=(inject, len(plan.injection.words)),
        readback=(read, len(readback)),
        counters=counters,
        collect=collect,
        size=collect + 2 * limit,
        collect_limit=limit,
    )
