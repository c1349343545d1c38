"""What a run reads from main memory and writes to it, by its plans."""

from __future__ import annotations

from collections.abc import Sequence

from shiftfire_spec.address import CONFIG_ENTRY_WORDS
from shiftfire_spec.inject import MEMORY_WORD_BITS, RECORD_WORDS

from ..energy.main_memory import MainMemoryTraffic, rows_of
from .batches import batch_sizes
from .plan import RunPlan


def main_memory_traffic(plans: Sequence[RunPlan]) -> MainMemoryTraffic:
    """Injection programs, what rounds store and play, what is collected; of a network in rounds its configurations as well.

    Each of these lies in rows of its own, which are opened once. What the host does between rounds is not in it.
    """
    in_rounds = any(plan.round for plan in plans)
    read, written, rows = 0, 0, 0
    for plan in plans:
        reads = [len(plan.injection.words), *(len(region.words) for region in plan.played)]
        if in_rounds:
            reads.append(CONFIG_ENTRY_WORDS * (len(plan.tables) + len(plan.loading.before) + plan.loading.beside_entries))
        writes = [*(len(region.words) for region in plan.stored), RECORD_WORDS * plan.collect_packets]
        read += MEMORY_WORD_BITS * sum(reads)
        written += MEMORY_WORD_BITS * sum(writes)
        rows += sum(rows_of(MEMORY_WORD_BITS * words) for words in (*reads, *writes))
    return MainMemoryTraffic(read, written, rows, len(batch_sizes(plans)) if in_rounds else 0)
