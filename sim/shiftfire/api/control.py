"""Networks that control, in a closed loop."""

from __future__ import annotations

import warnings

from ..backends.backend import Backend
from ..closed_loop.loop import Progress, run_episodes
from ..closed_loop.quantise import LARGEST
from ..closed_loop.result import ControlResult
from ..closed_loop.tasks import Task, find_task
from ..errors import InputError, is_whole
from ..network.graph import Network, Readout
from .chips import DEFAULT_CHIP
from .compiled import ChipLike, Compiled, NetworkLike, compile
from .networks import load
from .runs import SilentLayerWarning, run

MOST_EPISODES = 1000


def control(
    task: str | Task,
    *,
    episodes: int = 20,
    seed: int = 0,
    network: NetworkLike | Compiled | None = None,
    chip: ChipLike | None = None,
    backend: str | Backend = "sim",
    progress: Progress | None = None,
) -> ControlResult:
    """Let a network act in an environment of gymnasium: each observation, in 8 bits, is a sample, each prediction an action.

    ``task``: "cartpole", "mountaincar" or "acrobot", or a `Task` of your own. ``episodes`` begin with the seeds ``seed``, ``seed + 1``, ... and run side by side: those that
    are not over share the chip, so a step is one run of as many samples. With one episode every action has the chip to itself.
    ``network``: the task's shipped policy when none is given. Every backend of `run` that predicts will do; latency and energy need cycles.
    Raises InputError (without gymnasium, too), CompileError, RunError.
    """
    found = find_task(task) if isinstance(task, str) else task
    if not is_whole(episodes) or not 1 <= episodes <= MOST_EPISODES:
        raise InputError(f"episodes = {episodes}: give a whole number, 1..{MOST_EPISODES}")
    if not is_whole(seed) or seed < 0:
        raise InputError(f"seed = {seed}: give a whole number, 0 or more")
    compiled = _compiled(found, network, chip)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SilentLayerWarning)  # a step's observations may well leave every neuron silent
        made, counted = run_episodes(
            found, lambda inputs: run(compiled, inputs, backend=backend), range(seed, seed + episodes), progress
        )
    name = backend if isinstance(backend, str) else backend.name
    return ControlResult(found, compiled.schedule, name, made, counted)


def _compiled(task: Task, network: NetworkLike | Compiled | None, chip: ChipLike | None) -> Compiled:
    """The policy on its chip, once it is known to fit the task. Raises InputError."""
    if isinstance(network, Compiled):
        if chip is not None:
            raise InputError(f"{network!r} is compiled already: give the chip to `compile`, or the network itself here")
        compiled = network
    else:
        compiled = compile(load(task.model) if network is None else network, DEFAULT_CHIP if chip is None else chip, rounds=False)
    _check(task, compiled.network)
    if compiled.rounds != 1:
        raise InputError(f"{compiled!r}: a loop needs a network that fits at once; take a larger chip")
    return compiled


def _check(task: Task, network: Network) -> None:
    """Raise InputError unless the network takes the task's observations and tells one of its actions."""
    shape, source = network.input.shape.as_tuple(), network.input
    if network.feeds or shape != (len(task.quantities), 1, 1) or (source.lo, source.hi, source.timesteps) != (-LARGEST, LARGEST, 1):
        raise InputError(
            f"network {network.name}: {task.name} needs one input of {len(task.quantities)} values -{LARGEST}..{LARGEST} in one vector"
        )
    classes = network.layer(network.output).shape.channels
    if network.readout in (Readout.NONE, Readout.VALUE) or classes != len(task.actions):
        raise InputError(
            f"network {network.name}: {task.name} needs a read-out of {len(task.actions)} classes, one for each action"
        )
