"""The calendar against a dictionary of times."""

import numpy as np
from shiftfire.cycle.wakes import NEVER, UNIT_KINDS, first_wakes, next_cycle, take_due, wake

TILES = 3


def test_every_unit_is_due_when_it_was_woken_for_and_once() -> None:
    rng = np.random.default_rng(1)
    w = first_wakes(TILES)
    due = {(1, tile): 0 for tile in range(TILES)} | {(2, 0): 0}
    stale = 0
    for _ in range(1000):
        cycle = next_cycle(w)
        assert cycle == min(due.values())
        take_due(w, cycle)
        units = sorted((kind, int(w.due[kind, i])) for kind in range(UNIT_KINDS) for i in range(w.due_count[kind]))
        assert units == sorted(unit for unit, at in due.items() if at == cycle)
        due = {unit: at for unit, at in due.items() if at != cycle}
        for _ in range(rng.integers(0 if due else 1, 6)):
            unit = (int(rng.integers(UNIT_KINDS)), int(rng.integers(TILES)))
            at = int(cycle + rng.choice([1, 2, 3, 50, 1000]))
            wake(w, *unit, at)
            due[unit] = min(due.get(unit, NEVER), at)
        stale = max(stale, int(w.clock[1]) - len(due))
    assert stale > 10  # the heap was built again without its stale entries, or it would have run over


def test_nobody_is_due() -> None:
    w = first_wakes(1)
    take_due(w, 0)
    assert next_cycle(w) == NEVER
    wake(w, 0, 0, NEVER)
    assert next_cycle(w) == NEVER
