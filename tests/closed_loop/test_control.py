"""The closed loop: episodes, figures and mistakes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.closed_loop.quantise import quantised
from shiftfire.closed_loop.tasks import TASKS
from shiftfire.training.policy import BipolarPolicies, Sizes

TASK = sf.Task("counter", "Counter-v0", "none", (10.0, 1.0), 4.0, ("number", "parity"), ("stay", "on"))


class Counter:
    """Counts actions "on" from the seed on; over at 12, or after ten steps. The return is how often it went on."""

    spec = SimpleNamespace(max_episode_steps=10)

    def reset(self, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
        self.number, self.steps = seed, 0
        return self._observed(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.number, self.steps = self.number + action, self.steps + 1
        return self._observed(), float(action), self.number >= 12, self.steps >= 10, {}

    def _observed(self) -> np.ndarray:
        return np.array([self.number, self.number % 2], np.float32)

    def close(self) -> None:
        pass


@pytest.fixture
def environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for gymnasium, so that the loop is tested without it."""
    module = ModuleType("gymnasium")
    module.make = lambda name, disable_env_checker: {"Counter-v0": Counter}[name]()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gymnasium", module)


def policy(seed: int = 15) -> BipolarPolicies:
    sizes = Sizes(2, 4, 2)
    return BipolarPolicies.of(sizes, np.random.default_rng(seed).normal(0, 0.5, (1, sizes.parameters)))


def alone(own: BipolarPolicies, seed: int) -> tuple[float, list[int]]:
    """Return and actions of an episode, by the definition."""
    environment, total, actions = Counter(), 0.0, []
    observation, _ = environment.reset(seed)
    over = False
    while not over:
        actions.append(int(own.actions(quantised(observation, TASK.ranges)[None, None])[0, 0]))
        observation, reward, terminated, truncated, _ = environment.step(actions[-1])
        total += reward
        over = terminated or truncated
    return total, actions


@pytest.mark.usefixtures("environments")
def test_episodes_side_by_side() -> None:
    """Each is what it is alone; those that are over take no more actions; cycles and counters are those of the runs."""
    own = policy()
    found = sf.control(TASK, episodes=4, seed=2, network=own.network("counter", {}))
    wanted = [alone(own, seed) for seed in range(2, 6)]
    assert found.returns.tolist() == [total for total, _ in wanted]
    assert [episode.actions.tolist() for episode in found.episodes] == [actions for _, actions in wanted]
    assert len({episode.steps for episode in found.episodes}) > 1 and {0, 1} == {a for _, actions in wanted for a in actions}
    assert found.latencies is not None and found.latencies.shape == (found.actions,) and found.latencies.min() > 0
    first = np.array([[episode.observations[0] for episode in found.episodes]]).reshape(4, 2)
    step = sf.run(own.network("counter", {}), quantised(first, TASK.ranges)[:, :, None, None])
    assert step.sample_latencies is not None
    assert [
        int(episode.latencies[0]) for episode in found.episodes if episode.latencies is not None
    ] == step.sample_latencies.tolist()
    golden = sf.control(TASK, episodes=4, seed=2, network=own.network("counter", {}), backend="golden")
    assert golden.returns.tolist() == found.returns.tolist()
    assert golden.latency is None and golden.energy is None and golden.as_dict()["picojoules_per_action"] is None


@pytest.mark.usefixtures("environments")
def test_energy_is_of_the_runs() -> None:
    """One episode: the loop's energy is the sum of its runs', each alone on the chip."""
    own = policy()
    compiled = sf.compile(own.network("counter", {}))
    found = sf.control(TASK, episodes=1, seed=2, network=compiled)
    runs = [sf.run(compiled, quantised(row, TASK.ranges)[None, :, None, None]) for row in found.episodes[0].observations]
    assert found.energy is not None
    parts = [run.energy for run in runs if run.energy is not None]
    assert found.energy.per_inference.nominal * len(runs) == pytest.approx(sum(part.per_inference.nominal for part in parts))
    assert found.as_dict()["latency_cycles"]["mean"] == np.mean([run.sample_latencies for run in runs])


def test_without_gymnasium(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(sf.InputError, match="control needs gymnasium, which is not installed: pip install gymnasium"):
        sf.control(TASK, network=policy().network("counter", {}))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sf.control("pendulum"), "no task 'pendulum': there are cartpole, mountaincar, acrobot"),
        (lambda: sf.control("cartpole", episodes=0), "episodes = 0: give a whole number, 1..1000"),
        (lambda: sf.control("cartpole", seed=-1), "seed = -1: give a whole number, 0 or more"),
        (lambda: sf.control("cartpole", network=sf.load("digits-mlp")), "cartpole needs one input of 4 values -127..127"),
        (lambda: sf.control("mountaincar", network=policy().network("two", {})), "mountaincar needs a read-out of 3 classes"),
    ],
)
def test_mistakes(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(sf.InputError, match=message.replace("(", r"\(")):
        call()


@pytest.mark.usefixtures("environments")
def test_no_such_episode() -> None:
    found = sf.control(TASK, episodes=1, network=policy().network("counter", {}), backend="golden")
    with pytest.raises(sf.InputError, match="episode 1 is not one of the loop: it has 1"):
        found.plot_episode(1)


@pytest.mark.slow
def test_cartpole_stands_on_the_simulated_chip() -> None:
    """All 500 steps from 20 seeds, gymnasium's environment and the cycle-exact simulator in one loop."""
    pytest.importorskip("gymnasium")
    found = sf.control("cartpole", episodes=20)
    assert found.returns.tolist() == [500.0] * 20 and found.actions == 10_000


@pytest.mark.parametrize(("task", "least"), [("mountaincar", TASKS["mountaincar"].solved), ("acrobot", -115.0)])
def test_shipped_policies_reach_what_they_say(task: str, least: float) -> None:
    """By golden, which the simulator equals, from 20 seeds."""
    pytest.importorskip("gymnasium")
    found = sf.control(task, episodes=20, backend="golden")
    assert found.returns.mean() >= least
