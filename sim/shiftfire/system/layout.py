"""The memory of a run on hardware, in the RTL or on a board: regions, then per round configuration images, injection program, read-back, and room for what the chip writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..system.plan import RunPlan, check_memory_words, counter_read_image

SPARE_PACKETS = 1024  # room in memory for packets that should not have come
SPARE_PART = 64  # of the chip's memory at most, in packets


@dataclass(frozen=True)
class RoundLayout:
    """Where a round's things lie; pairs are (base, count), counts in entries of a configuration image or words of the injection program.

    ``loading``: entries written beside the run, the next round's. ``counters`` is where the values of ``readback`` go, ``collect`` where collected packets go.
    """

    config: tuple[int, int]
    loading: tuple[int, int]
    inject: tuple[int, int]
    readback: tuple[int, int]
    counters: int
    collect: int
    collect_limit: int


@dataclass(frozen=True, eq=False)
class Layout:
    """The memory, in words: ``words`` fill it from word 0 on. ``filled``: (start, count) of those that matter; the chip writes the others before it reads them."""

    words: NDArray[np.uint32]
    size: int
    filled: tuple[tuple[int, int], ...]
    rounds: tuple[RoundLayout, ...]


def lay_out(plans: Sequence[RunPlan], images: Sequence[NDArray[np.uint32]]) -> Layout:
    """Memory of a run of all rounds' ``plans`` with these images (entries, 2) of their programs; regions come first.

    Raises RunError when it is more than the chip can address.
    """
    chip = plans[0].program.chip
    parts: list[NDArray[np.uint32]] = []
    filled: list[tuple[int, int]] = []
    place = 0

    def room(size: int) -> int:
        nonlocal place
        parts.append(np.zeros(size, np.uint32))
        place += size
        return place - size

    def put(words: NDArray[np.uint32]) -> int:
        start = room(words.size)
        parts[-1] = words.ravel()
        filled.append((start, words.size))
        return start

    room(plans[-1].region_memory)
    rounds = []
    for number, (plan, image) in enumerate(zip(plans, images, strict=True)):
        config = plan.configuration(image)
        last = number + 1 == len(plans)
        loading = np.zeros((0, 2), np.uint32) if last else images[number + 1][plans[number + 1].early]
        readback = counter_read_image(plan.program)
        limit = plan.collect_packets + min(SPARE_PACKETS, chip.memory_words // SPARE_PART)
        rounds.append(
            RoundLayout(
                config=(put(config), len(config)),
                loading=(put(loading), len(loading)),
                inject=(put(plan.injection.words), len(plan.injection.words)),
                readback=(put(readback), len(readback)),
                counters=room(len(readback)),
                collect=room(2 * limit),
                collect_limit=limit,
            )
        )
    check_memory_words(chip, place, f"the RTL run of {plans[0].samples} samples")
    return Layout(np.concatenate(parts), place, tuple(filled), tuple(rounds))
