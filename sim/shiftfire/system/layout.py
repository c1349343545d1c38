"""The memory of a run on hardware, in the RTL or on a board: regions, then per round configuration images, injection program, read-back, and room for what the chip writes.

Everything is there from the beginning when it fits together. Otherwise the host fills the memory for each round: what the round needs, and the regions that it plays, which
the host has read after the rounds that stored them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.inject import RECORD_WORDS

from ..system.plan import RunPlan, beside_entries, check_memory_words, counter_read_image
from .regions import Region

Words = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class RoundLayout:
    """Where a round's things lie; pairs are (base, count), counts in entries of a configuration image or words of the injection program.

    ``loading``: entries written beside the run, of later rounds. ``counters`` is where the values of ``readback`` go, ``collect`` where collected packets go.
    Before the round the host writes ``written``, words by address, and ``restored``, regions that it has; after the round it reads ``kept``, regions
    that a later round plays.
    """

    config: tuple[int, int]
    loading: tuple[int, int]
    inject: tuple[int, int]
    readback: tuple[int, int]
    counters: int
    collect: int
    collect_limit: int
    written: tuple[tuple[int, Words], ...]
    restored: tuple[Region, ...]
    kept: tuple[Region, ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """The memory: ``size`` words, and what happens to it round by round."""

    size: int
    rounds: tuple[RoundLayout, ...]

    @property
    def words(self) -> Words:
        """The memory as the host fills it before the first round; 0 where it writes nothing."""
        words = np.zeros(self.size, np.uint32)
        for start, part in self.rounds[0].written:
            words[start : start + len(part)] = part
        return words


class _Memory:
    """Places one behind the other."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.written: list[tuple[int, Words]] = []

    def room(self, size: int) -> int:
        """The address of ``size`` more words."""
        self.place += size
        return self.place - size

    def put(self, words: Words) -> int:
        """The address of words that the host writes."""
        start = self.room(words.size)
        if words.size:
            self.written.append((start, words.ravel()))
        return start


def lay_out(plans: Sequence[RunPlan], images: Sequence[Words]) -> Layout:
    """Memory of a run of all rounds' ``plans`` with these images (entries, 2) of their programs; regions come first.

    Raises RunError when it is more than the chip can address.
    """
    reloads = plans[0].reloads
    what = f"the RTL run of {plans[0].samples} samples"
    memory = _Memory(plans[-1].region_memory)
    rounds, size = [], 0
    for number, (plan, image) in enumerate(zip(plans, images, strict=True)):
        if reloads:
            memory = _Memory(plan.region_memory)
        loading = beside_entries(plan, images)
        config, readback = plan.configuration(image), counter_read_image(plan.program)
        rounds.append(
            RoundLayout(
                config=(memory.put(config), len(config)),
                loading=(memory.put(loading), len(loading)),
                inject=(memory.put(plan.injection.words), len(plan.injection.words)),
                readback=(memory.put(readback), len(readback)),
                counters=memory.room(len(readback)),
                collect=memory.room(RECORD_WORDS * plan.collect_limit),
                collect_limit=plan.collect_limit,
                written=tuple(memory.written) if reloads else (),
                restored=plan.played if reloads else (),
                kept=plan.stored if reloads else (),
            )
        )
        size = max(size, memory.place)
        check_memory_words(plan.program.chip, size, f"{what}, round {number}," if reloads else what)
    if not reloads:
        rounds[0] = replace(rounds[0], written=tuple(memory.written))
    return Layout(size, tuple(rounds))
