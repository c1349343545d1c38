"""The picture of an episode, with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, is_whole
from ..report.optional import needed
from .loop import Episode
from .tasks import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WHAT = "plots"
_ACTION_DISTANCE = 0.08  # of a row of actions from the one above, as part of what the quantities span


def plot_episode(task: Task, episodes: Sequence[Episode], number: int, ax: Axes | None) -> Axes:
    """Quantities of the observations over their ranges, and below them the actions, a tick each, against steps. Raises InputError."""
    if not is_whole(number) or not 0 <= number < len(episodes):
        raise InputError(f"episode {number} is not one of the loop: it has {len(episodes)}, numbered from 0")
    episode = episodes[number]
    pyplot = needed("matplotlib.pyplot", WHAT)
    axes: Any = pyplot.subplots(figsize=(8, 4), layout="constrained")[1] if ax is None else ax
    steps = np.arange(episode.steps)
    quantities = episode.observations / np.array(task.ranges)
    for name, values in zip(task.quantities, quantities.T, strict=True):
        axes.plot(steps, values, label=name, linewidth=1)
    distance = _ACTION_DISTANCE * (np.ptp(quantities) or 1.0)
    for row, name in enumerate(task.actions):
        when = steps[episode.actions == row]
        axes.plot(when, np.full(len(when), quantities.min() - (row + 1.5) * distance), "|", markersize=5, label=f"action {name}")
    axes.set_xlabel("step")
    axes.set_ylabel("observation over its range; actions below")
    axes.set_title(f"{task.environment}, seed {episode.seed}: return {episode.total:g}")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    return axes
