"""What every execution of planned runs offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Flag, auto
from typing import Protocol

from shiftfire_spec.chip import ChipConfig

from ..system.plan import RunPlan
from ..system.result import RunResult

Progress = Callable[[int, int], None]


class Ability(Flag):
    """What an execution can do beside predictions."""

    CYCLES = auto()  # counts cycles, and the chip's counters where it has them
    TRACE = auto()  # sees every packet; without it, a trace holds those that are collected
    MEMBRANES = auto()  # knows what each step stores in the membranes
    WAVES = auto()  # can write waves of every signal
    ROUNDS = auto()  # runs several rounds; without it, only what fits a chip at once


class Backend(Protocol):
    """An execution. Its settings (a port, wave files) are its constructor's."""

    @property
    def name(self) -> str:
        """As in ``--backend`` and in results."""
        ...

    @property
    def abilities(self) -> Ability:
        """What it can do."""
        ...

    def prepare(self, chip: ChipConfig) -> None:
        """Build what runs on ``chip``, where something must be; `run` does it as well. Raises RunError."""
        ...

    def run(self, plans: Sequence[RunPlan], *, trace: bool = False, progress: Progress | None = None) -> tuple[RunResult, ...]:
        """Run planned rounds one after the other; a result per round.

        ``progress(done, total)`` is called now and then. With ``trace`` the results carry events.
        Raises RunError when it does not come to the end: no result is made up.
        """
        ...
