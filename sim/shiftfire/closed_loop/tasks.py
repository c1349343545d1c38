"""The tasks that there are shipped policies for."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError


@dataclass(frozen=True)
class Task:
    """An environment of gymnasium with observations of real numbers and numbered actions.

    ``ranges``: what each number of an observation is divided by before it is clipped to -1..1. ``solved``: mean return from which gymnasium calls
    the environment solved. ``quantities`` and ``actions``: names, for pictures.
    """

    name: str
    environment: str
    model: str
    ranges: tuple[float, ...]
    solved: float
    quantities: tuple[str, ...]
    actions: tuple[str, ...]


_CARTPOLE = Task(
    "cartpole",
    "CartPole-v1",
    "control-cartpole",
    ranges=(2.4, 3.0, 0.21, 3.0),  # where an episode ends, for place and angle
    solved=475.0,
    quantities=("place", "speed", "angle", "angular speed"),
    actions=("left", "right"),
)
_MOUNTAINCAR = Task(
    "mountaincar",
    "MountainCar-v0",
    "control-mountaincar",
    ranges=(1.2, 0.07),
    solved=-110.0,
    quantities=("place", "speed"),
    actions=("left", "none", "right"),
)
_ACROBOT = Task(
    "acrobot",
    "Acrobot-v1",
    "control-acrobot",
    ranges=(1.0, 1.0, 1.0, 1.0, 12.57, 28.28),  # 4 pi, 9 pi
    solved=-100.0,
    quantities=("cos 1", "sin 1", "cos 2", "sin 2", "angular speed 1", "angular speed 2"),
    actions=("-1", "0", "+1"),
)
TASKS: dict[str, Task] = {task.name: task for task in (_CARTPOLE, _MOUNTAINCAR, _ACROBOT)}


def find_task(name: str) -> Task:
    """A task by name. Raises InputError."""
    if name not in TASKS:
        raise InputError(f"no task {name!r}: there are {', '.join(TASKS)}")
    return TASKS[name]
