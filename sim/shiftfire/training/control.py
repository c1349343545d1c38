"""Policies found by the cross-entropy method on the quantised network itself: no gradient, no float twin in between.

Three seeds; the shipped policy is the one of best mean return over validation episodes. Test episodes are gymnasium's, and no choice sees them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product, repeat
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..closed_loop.environments import Environments
from ..closed_loop.quantise import quantised
from ..closed_loop.tasks import Task
from ..golden.execute import execute
from ..network.container import Samples, save_network
from ..network.values import IntArray
from .dynamics import DYNAMICS, Dynamics
from .policy import BipolarPolicies, FloatPolicies, Sizes

SEEDS = (1, 2, 3)
EPISODES = 100  # of a validation, and of a test
FIRST_TEST = 0  # seed of the first test episode in gymnasium
VALIDATION_SEED = 0  # of the first states of the validation, which no search draws
SHIPPED_SAMPLES = 200
HIDDEN = 10  # as the authors' policy of CartPole

FloatArray = NDArray[np.float64]
Act = Callable[[FloatArray], IntArray]  # observations (policies, episodes, quantities) to actions (policies, episodes)
Make = Callable[[FloatArray], Act]  # policies of latent parameters (policies, parameters)


@dataclass(frozen=True)
class Search:
    """Of the cross-entropy method: ``population`` policies on ``episodes`` common episodes, the ``elite`` of which the next generation is drawn.

    ``noise``: what is added to the standard deviation at first, less in each generation.
    """

    generations: int
    population: int = 48
    elite: int = 8
    episodes: int = 4
    start: float = 0.5
    noise: float = 0.2


SEARCHES: dict[str, Search] = {
    "cartpole": Search(generations=20),
    "mountaincar": Search(generations=60, population=128, elite=16, episodes=8, noise=0.1),
    "acrobot": Search(generations=30, episodes=8, noise=0.1),
}


@dataclass(frozen=True, eq=False)
class Found:
    """Latent parameters (1, parameters), and returns (episodes,) of validation and test."""

    seed: int
    latent: FloatArray
    validation: FloatArray
    test: FloatArray


def integer_policies(task: Task) -> Make:
    """Policies as they are shipped."""

    def make(latent: FloatArray) -> Act:
        policies = BipolarPolicies.of(_sizes(task), latent)
        return lambda observations: policies.actions(quantised(observations, task.ranges))

    return make


def float_policies(task: Task) -> Make:
    """Their float counterparts."""

    def make(latent: FloatArray) -> Act:
        policies = FloatPolicies.of(_sizes(task), latent)
        return lambda observations: policies.actions(observations / np.array(task.ranges))

    return make


KINDS: dict[str, Callable[[Task], Make]] = {"float": float_policies, "integer": integer_policies}


def train_policy(task: Task, directory: Path) -> None:
    """Find integer policies and their float counterparts for ``task``, write the best of the former to ``directory``. Raises InputError without gymnasium."""
    searches = list(product(KINDS, SEEDS))
    with ProcessPoolExecutor(len(searches), get_context("spawn")) as pool:
        results = list(pool.map(search, repeat(task), *zip(*searches, strict=True)))
    found = {kind: [one for (of, _), one in zip(searches, results, strict=True) if of == kind] for kind in KINDS}
    best = {kind: max(each, key=lambda one: one.validation.mean()) for kind, each in found.items()}
    policy = BipolarPolicies.of(_sizes(task), best["integer"].latent)
    metadata = {
        "script": f"python -m shiftfire.training {task.model}",
        "data": f"gymnasium {task.environment}, observations over {', '.join(map(str, task.ranges))}",
        "seed": str(best["integer"].seed),
        "test_episodes": str(EPISODES),
        **{f"{kind}_return": _spread(one.test) for kind, one in best.items()},
        **{
            f"{kind}_return_of_seeds": ", ".join(f"{one.seed}: {_spread(one.test)}" for one in each) for kind, each in found.items()
        },
    }
    network = policy.network(task.model, metadata)
    inputs, actions = _seen(task, policy)
    predictions = execute(network, inputs[:, :, None, None]).predictions
    if predictions is None or not np.array_equal(predictions, actions):
        raise RuntimeError(f"{task.model}: golden and the policy's definition choose other actions")
    chosen = np.linspace(0, len(inputs) - 1, min(SHIPPED_SAMPLES, len(inputs))).astype(np.int64)
    save_network(network, directory, Samples(inputs[chosen][:, None, :, None, None], None))
    for key, value in metadata.items():
        print(f"{task.model}: {key}: {value}")
    print(f"{task.model}: written to {directory}")


def search(task: Task, kind: str, seed: int) -> Found:
    """What the search of one seed finds: of the last generation's mean and elite the best in validation."""
    settings, dynamics, make = SEARCHES[task.name], DYNAMICS[task.name], KINDS[kind](task)
    parameters = _sizes(task).parameters
    rng = np.random.default_rng(seed)
    mean, deviation = np.zeros(parameters), np.full(parameters, settings.start)
    elite = np.zeros((0, parameters))
    for generation in range(settings.generations):
        latent = rng.normal(mean, deviation, (settings.population, parameters))
        starts = dynamics.start(rng, settings.episodes)
        returns = searched_returns(dynamics, make(latent), settings.population, starts).mean(axis=1)
        elite = latent[np.argsort(-returns, kind="stable")[: settings.elite]]
        mean = elite.mean(axis=0)
        left = 1 - (generation + 1) / settings.generations
        deviation = elite.std(axis=0) + settings.noise * left
    candidates = np.concatenate([mean[None], elite])
    starts = dynamics.start(np.random.default_rng(VALIDATION_SEED), EPISODES)
    validation = searched_returns(dynamics, make(candidates), len(candidates), starts)
    best = int(np.argmax(validation.mean(axis=1)))
    chosen = candidates[best : best + 1]
    return Found(seed, chosen, validation[best], _test_returns(task, make(chosen)))


def _sizes(task: Task) -> Sizes:
    return Sizes(len(task.quantities), HIDDEN, len(task.actions))


def searched_returns(dynamics: Dynamics, act: Act, policies: int, starts: FloatArray) -> FloatArray:
    """Returns (policies, episodes) of every policy from each of the states ``starts`` (episodes, numbers)."""
    states = np.tile(starts, (policies, 1))
    returns, live = np.zeros(len(states)), np.ones(len(states), bool)
    for _ in range(dynamics.most_steps):
        actions = act(dynamics.observe(states).reshape(policies, len(starts), -1)).reshape(-1)
        states = np.where(live[:, None], dynamics.step(states, actions), states)
        ends = live & dynamics.over(states)
        returns += np.where(ends, dynamics.last_reward, np.where(live, dynamics.reward, 0.0))
        live = live & ~ends
        if not live.any():
            break
    return returns.reshape(policies, len(starts))


def _test_returns(task: Task, act: Act) -> FloatArray:
    """Returns (episodes,) of one policy in gymnasium's environment."""
    environments = Environments(task.environment, EPISODES)
    environments.reset(range(FIRST_TEST, FIRST_TEST + EPISODES))
    while environments.live.any():
        environments.step(act(environments.observations[None])[0][environments.live])
    environments.close()
    return environments.returns


def _seen(task: Task, policy: BipolarPolicies) -> tuple[IntArray, IntArray]:
    """Inputs (observations, quantities) that the policy meets in ten test episodes, and its actions (observations,)."""
    environments = Environments(task.environment, 10)
    environments.reset(range(FIRST_TEST, FIRST_TEST + 10))
    inputs, actions = [], []
    while environments.live.any():
        inputs.append(quantised(environments.observations[environments.live], task.ranges))
        actions.append(policy.actions(inputs[-1][None])[0])
        environments.step(actions[-1])
    environments.close()
    return np.concatenate(inputs), np.concatenate(actions)


def _spread(returns: FloatArray) -> str:
    return f"{returns.mean():.1f} +- {returns.std():.1f}"
