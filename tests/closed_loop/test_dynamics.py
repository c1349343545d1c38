"""The dynamics that policies are searched with are gymnasium's."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.closed_loop.tasks import TASKS
from shiftfire.training.dynamics import DYNAMICS


@pytest.mark.parametrize("name", list(TASKS))
def test_steps(name: str) -> None:
    """From the same first state and with the same actions, to float32's precision, until the episode ends or 120 steps are over; rewards and ends likewise."""
    gymnasium = pytest.importorskip("gymnasium")
    rng, dynamics = np.random.default_rng(0), DYNAMICS[name]
    environment = gymnasium.make(TASKS[name].environment, disable_env_checker=True)
    assert environment.spec.max_episode_steps == dynamics.most_steps
    assert environment.spec.reward_threshold == TASKS[name].solved
    assert environment.action_space.n == len(TASKS[name].actions)
    ended = 0
    for seed in range(3):
        environment.reset(seed=seed)
        states = np.array(environment.unwrapped.state, np.float64)[None]
        for step in range(160):
            slow = step % 2 if name == "cartpole" else int(rng.integers(3))
            action = {"cartpole": slow, "mountaincar": 2 if states[0, 1] >= 0 else 0, "acrobot": slow}[name]
            observation, reward, terminated, _, _ = environment.step(action)
            states = dynamics.step(states, np.array([action]))
            assert np.allclose(dynamics.observe(states)[0], observation, atol=1e-4)
            assert bool(dynamics.over(states)[0]) == terminated
            assert reward == (dynamics.last_reward if terminated else dynamics.reward)
            if terminated:
                ended += 1
                break
    assert ended or name == "acrobot"
    environment.close()
