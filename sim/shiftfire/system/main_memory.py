"""What a run reads from main memory and writes to it, by its plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shiftfire_spec.address import CONFIG_ENTRY_WORDS
from shiftfire_spec.inject import MEMORY_WORD_BITS, RECORD_WORDS

from .batches import batch_sizes
from .plan import RunPlan


@dataclass(frozen=True)
class MainMemoryTraffic:
    """Bits of each stream that is read (``reads``) and written (``writes``) in a run of all its samples; a stream lies in one piece.

    ``loads``: how often everything that a chip holds comes from main memory in the run: 0 of a network that fits at once, which is configured once for all runs;
    else its batches.
    """

    reads: tuple[int, ...]
    writes: tuple[int, ...]
    loads: int


def main_memory_traffic(plans: Sequence[RunPlan]) -> MainMemoryTraffic:
    """Injection programs, what rounds store and play, what is collected; of a network in rounds its configurations as well.

    What the host does between rounds is not in it.
    """
    in_rounds = any(plan.round for plan in plans)
    reads, writes = [], []
    for plan in plans:
        reads += [len(plan.injection.words), *(len(region.words) for region in plan.played)]
        if in_rounds:
            reads.append(CONFIG_ENTRY_WORDS * (len(plan.tables) + len(plan.loading.before) + plan.loading.beside_entries))
        writes += [*(len(region.words) for region in plan.stored), RECORD_WORDS * plan.collect_packets]
    read, written = (tuple(MEMORY_WORD_BITS * words for words in streams) for streams in (reads, writes))
    return MainMemoryTraffic(read, written, len(batch_sizes(plans)) if in_rounds else 0)
