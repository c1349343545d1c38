"""CartPole, MountainCar and Acrobot for many episodes at once, to search policies with. What is reported is of gymnasium's own.

Written from the equations: Barto, Sutton and Anderson (1983), with Euler's method; Moore (1990); Sutton (1996) with Runge and Kutta's, in the
form and with the constants that gymnasium documents. States are (episodes, numbers).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from ..network.values import IntArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class Dynamics(ABC):
    """An environment without a memory of its own. ``most_steps``: after so many an episode ends; ``last_reward``: of the step that reaches the end."""

    most_steps: int
    reward: float  # of a step
    last_reward: float

    @abstractmethod
    def start(self, rng: np.random.Generator, episodes: int) -> FloatArray:
        """First states (episodes, numbers)."""

    @abstractmethod
    def step(self, states: FloatArray, actions: IntArray) -> FloatArray:
        """The states after ``actions`` (episodes,)."""

    @abstractmethod
    def over(self, states: FloatArray) -> BoolArray:
        """Which episodes are at their end, (episodes,)."""

    def observe(self, states: FloatArray) -> FloatArray:
        """Observations (episodes, quantities)."""
        return states


class CartPole(Dynamics):
    """Place, speed, angle, angular speed; a push of 10 N to the left or right for 0.02 s."""

    most_steps, reward, last_reward = 500, 1.0, 1.0
    _gravity, _cart, _pole, _half_length, _force, _tau = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
    _most_place, _most_angle = 2.4, np.radians(12)

    def start(self, rng: np.random.Generator, episodes: int) -> FloatArray:
        return rng.uniform(-0.05, 0.05, (episodes, 4))

    def step(self, states: FloatArray, actions: IntArray) -> FloatArray:
        _, speed, angle, turning = states.T
        sine, cosine, mass = np.sin(angle), np.cos(angle), self._cart + self._pole
        moment = self._pole * self._half_length
        pushed = (np.where(actions == 1, self._force, -self._force) + moment * turning**2 * sine) / mass
        turn = (self._gravity * sine - cosine * pushed) / (self._half_length * (4 / 3 - self._pole * cosine**2 / mass))
        return states + self._tau * np.stack([speed, pushed - moment * turn * cosine / mass, turning, turn], axis=1)

    def over(self, states: FloatArray) -> BoolArray:
        return (np.abs(states[:, 0]) > self._most_place) | (np.abs(states[:, 2]) > self._most_angle)


class MountainCar(Dynamics):
    """Place and speed in a valley whose engine is too weak."""

    most_steps, reward, last_reward = 200, -1.0, -1.0
    _force, _gravity, _most_speed, _left, _right, _goal = 0.001, 0.0025, 0.07, -1.2, 0.6, 0.5

    def start(self, rng: np.random.Generator, episodes: int) -> FloatArray:
        return np.stack([rng.uniform(-0.6, -0.4, episodes), np.zeros(episodes)], axis=1)

    def step(self, states: FloatArray, actions: IntArray) -> FloatArray:
        place, speed = states.T
        speed = speed + (actions - 1) * self._force - np.cos(3 * place) * self._gravity
        speed = np.clip(speed, -self._most_speed, self._most_speed)
        place = np.clip(place + speed, self._left, self._right)
        return np.stack([place, np.where((place == self._left) & (speed < 0), 0.0, speed)], axis=1)

    def over(self, states: FloatArray) -> BoolArray:
        return (states[:, 0] >= self._goal) & (states[:, 1] >= 0)


class Acrobot(Dynamics):
    """Two angles and their speeds; a torque of -1, 0 or 1 between two links of mass, length and inertia 1."""

    most_steps, reward, last_reward = 500, -1.0, 0.0
    _gravity, _centre, _tau = 9.8, 0.5, 0.2
    _most_speeds = np.array([4 * np.pi, 9 * np.pi])

    def start(self, rng: np.random.Generator, episodes: int) -> FloatArray:
        return rng.uniform(-0.1, 0.1, (episodes, 4))

    def step(self, states: FloatArray, actions: IntArray) -> FloatArray:
        torque, tau = np.asarray(actions - 1, np.float64), self._tau
        first = self._slope(states, torque)
        second = self._slope(states + tau / 2 * first, torque)
        third = self._slope(states + tau / 2 * second, torque)
        fourth = self._slope(states + tau * third, torque)
        after = states + tau / 6 * (first + 2 * second + 2 * third + fourth)
        angles = (after[:, :2] + np.pi) % (2 * np.pi) - np.pi
        return np.concatenate([angles, np.clip(after[:, 2:], -self._most_speeds, self._most_speeds)], axis=1)

    def _slope(self, states: FloatArray, torque: FloatArray) -> FloatArray:
        upper, lower, upper_speed, lower_speed = states.T
        c, g = self._centre, self._gravity
        sine, cosine = np.sin(lower), np.cos(lower)
        d1 = c**2 + 1 + c**2 + 2 * c * cosine + 2
        d2 = c**2 + c * cosine + 1
        phi2 = c * g * np.sin(upper + lower)
        phi1 = -c * lower_speed**2 * sine - 2 * c * lower_speed * upper_speed * sine + (c + 1) * g * np.sin(upper) + phi2
        lower_turn = (torque + d2 / d1 * phi1 - c * upper_speed**2 * sine - phi2) / (c**2 + 1 - d2**2 / d1)
        return np.stack([upper_speed, lower_speed, -(d2 * lower_turn + phi1) / d1, lower_turn], axis=1)

    def over(self, states: FloatArray) -> BoolArray:
        return -np.cos(states[:, 0]) - np.cos(states[:, 0] + states[:, 1]) > 1

    def observe(self, states: FloatArray) -> FloatArray:
        upper, lower, *speeds = states.T
        return np.stack([np.cos(upper), np.sin(upper), np.cos(lower), np.sin(lower), *speeds], axis=1)


DYNAMICS: dict[str, Dynamics] = {"cartpole": CartPole(), "mountaincar": MountainCar(), "acrobot": Acrobot()}
"""By the name of the task."""
