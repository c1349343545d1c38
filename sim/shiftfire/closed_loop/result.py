"""What a closed loop gives: returns, and what an action takes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from ..compiler.schedule import Schedule
from ..energy.estimate import estimate_energy
from ..energy.parts import Clock, EnergyEstimate
from ..network.values import IntArray
from ..report.document import head, provenance, write_json
from ..report.summary import Spread
from ..report.tables import grid, show
from ..report.text import rendered
from .loop import Counted, Episode
from .plot import plot_episode
from .tasks import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONTROL_FORMAT, VERSION = "shiftfire-control", 1


@dataclass(frozen=True, eq=False)
class ControlResult:
    """Episodes of a task under a network on a chip. Printed, it shows what ``shiftfire control`` does.

    Latencies and energy are None where the backend does not count cycles.
    """

    task: Task
    schedule: Schedule
    backend: str
    episodes: tuple[Episode, ...]
    counted: Counted | None

    @property
    def returns(self) -> NDArray[np.float64]:
        """(episodes,)."""
        return np.array([episode.total for episode in self.episodes])

    @property
    def actions(self) -> int:
        """How many, of all episodes."""
        return sum(episode.steps for episode in self.episodes)

    @property
    def solved(self) -> bool:
        """Whether the mean return is at least the task's ``solved``. gymnasium asks for it over 100 episodes."""
        return bool(self.returns.mean() >= self.task.solved)

    @cached_property
    def latencies(self) -> IntArray | None:
        """Cycles from an observation's first packet to the action, (actions,), episode by episode."""
        known = [episode.latencies for episode in self.episodes if episode.latencies is not None]
        return np.concatenate(known) if len(known) == len(self.episodes) else None

    @property
    def latency(self) -> Spread | None:
        """Least, mean and greatest of `latencies`, cycles."""
        return None if self.latencies is None else Spread.of(self.latencies)

    @cached_property
    def energy(self) -> EnergyEstimate | None:
        """Of all actions; an action is an inference. What the chip leaks between actions is not in it."""
        if self.counted is None:
            return None
        program = self.schedule.rounds[0].program
        return estimate_energy(program, self.counted.counters, self.actions, self.counted.cycles)

    def plot_episode(self, number: int = 0, *, ax: Axes | None = None) -> Axes:
        """An episode, by its place: the observation's quantities over their ranges, and the actions. Raises InputError, also without matplotlib."""
        return plot_episode(self.task, self.episodes, number, ax)

    def as_dict(self) -> dict[str, Any]:
        """The document of ``shiftfire control --json``."""
        energy, latency, clock = self.energy, self.latency, self.schedule.chip.clock_mhz
        return {
            **head(CONTROL_FORMAT, VERSION),
            **provenance(self.schedule),
            "backend": self.backend,
            "task": self.task.name,
            "environment": self.task.environment,
            "solved_from": self.task.solved,
            "mean_return": float(self.returns.mean()),
            "deviation_of_returns": float(self.returns.std()),
            "solved": self.solved,
            "actions": self.actions,
            "latency_cycles": None if latency is None else latency.as_dict(),
            "latency_us": None if latency is None else {key: value / clock for key, value in latency.as_dict().items()},
            "picojoules_per_action": None
            if energy is None
            else {
                name: dict(zip(("low", "nominal", "high"), _corners(band), strict=True)) for name, band in _bands(energy).items()
            },
            "episodes": [{"seed": episode.seed, "return": episode.total, "steps": episode.steps} for episode in self.episodes],
        }

    def write_json(self, file: str | os.PathLike[str]) -> None:
        """Write `as_dict`. Raises OSError."""
        write_json(os.fspath(file), self.as_dict())

    def print(self, console: Console) -> None:
        """Returns, latency and energy."""
        table = grid("", "")
        title = f"{self.task.environment}: {self.schedule.network.name} on {self.schedule.chip.name}, backend {self.backend}"
        returns = self.returns
        table.add_row("returns by episode", ", ".join(f"{total:g}" for total in returns))
        table.add_row("mean return", f"{returns.mean():.1f} +- {returns.std():.1f}, {len(returns)} episodes")
        table.add_row("solved", f"{'yes' if self.solved else 'no'}: {self.task.solved:g} or more")
        table.add_row("actions", f"{self.actions:,}")
        latency, clock = self.latency, self.schedule.chip.clock_mhz
        if latency is not None:
            low, mean, high = (value / clock for value in (latency.minimum, latency.mean, latency.maximum))
            table.add_row("latency of an action, us", f"{mean:.2f} ({low:.2f} .. {high:.2f}) at {clock:g} MHz")
        if self.energy is not None:
            for name, band in _bands(self.energy).items():
                low, nominal, high = _corners(band)
                table.add_row(f"energy of an action, {name}, pJ", f"{nominal:,.0f} ({low:,.0f} .. {high:,.0f})")
        show(console, title, table)

    def __str__(self) -> str:
        return rendered(self.print)

    def __repr__(self) -> str:
        return f"<ControlResult {self.task.name} on {self.schedule.chip.name}: mean return {self.returns.mean():.1f} of {len(self.episodes)} episodes>"


def _bands(energy: EnergyEstimate) -> dict[str, Any]:
    """What is told of an action's energy, in picojoules."""
    return {"what happens": energy.per_inference, "gated clock and leakage": energy.total(Clock.GATED)}


def _corners(band: Any) -> tuple[float, float, float]:
    return band.low, band.nominal, band.high
