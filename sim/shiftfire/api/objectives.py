"""What a mapping is to be good for, as callers say it."""

from __future__ import annotations

from typing import Any

from ..compiler.optimised import Objective
from ..errors import InputError, is_whole
from ..network.build.values import shown


def objective_of(optimise: Any, effort: Any, *, spread: bool) -> Objective:
    """The objective; throughput without one. Raises InputError for a name that is none, an effort out of range, and for either with the fewest cores."""
    if not is_whole(effort) or effort < 0:
        raise InputError(f"effort = {shown(effort)}: give a whole number, 0 or more: how many mappings the simulator may try")
    if optimise is not None and optimise not in list(Objective):
        raise InputError(f"optimise = {shown(optimise)}: there are {', '.join(Objective)}")
    if not spread and (optimise is not None or effort):
        raise InputError(
            "the fewest cores (spread=False, --fewest-cores) leave nothing to optimise: leave one of them out, or take tiles"
        )
    return Objective.THROUGHPUT if optimise is None else Objective(optimise)
