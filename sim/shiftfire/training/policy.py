"""Policies of threshold neurons with a bipolar head (HyperSNN, arXiv 2308.08222), many at once, in plain integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.weights import WeightFormat

from ..closed_loop.quantise import LARGEST
from ..network.build.builder import NetworkBuilder
from ..network.graph import Network
from ..network.values import IntArray

THETA = 1


@dataclass(frozen=True)
class Sizes:
    """Quantities of an observation, hidden neurons (an even number) and actions."""

    quantities: int
    hidden: int
    actions: int

    @property
    def parameters(self) -> int:
        """Weights and bias of the hidden layer, prototypes."""
        return self.hidden * (self.quantities + 1 + self.actions)

    def split(self, latent: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Hidden weights (policies, hidden, quantities), bias (policies, hidden), head (policies, actions, hidden) of (policies, parameters)."""
        weights, bias, head = np.split(latent, (self.hidden * self.quantities, self.hidden * (self.quantities + 1)), axis=1)
        return weights.reshape(-1, self.hidden, self.quantities), bias, head.reshape(-1, self.actions, self.hidden)


@dataclass(frozen=True, eq=False)
class BipolarPolicies:
    """``weights`` (policies, hidden, quantities) and ``bias`` (policies, hidden) of 8-bit inputs; ``prototypes`` (policies, actions, hidden) of -1 and +1.

    A neuron spikes where ``W q + b >= 1``; spikes are +1, silence -1; the action is the first prototype of largest product.
    """

    weights: IntArray
    bias: IntArray
    prototypes: IntArray

    @classmethod
    def of(cls, sizes: Sizes, latent: NDArray[np.float64]) -> BipolarPolicies:
        """Rounded from latent parameters (policies, parameters) of order 1; a bias of 1 is the largest weight times the largest input."""
        weights, bias, head = sizes.split(np.clip(latent, -1, 1))
        return cls(
            np.rint(weights * LARGEST).astype(np.int64),
            np.rint(bias * LARGEST * LARGEST).astype(np.int64),
            np.where(head >= 0, 1, -1).astype(np.int64),
        )

    def actions(self, inputs: IntArray) -> IntArray:
        """(policies, episodes) of 8-bit observations (policies, episodes, quantities)."""
        spikes = np.matmul(inputs, self.weights.swapaxes(1, 2)) + self.bias[:, None] >= THETA
        bipolar = np.where(spikes, 1, -1)
        return np.argmax(np.matmul(bipolar, self.prototypes.swapaxes(1, 2)), axis=2)

    def network(self, name: str, metadata: dict[str, str]) -> Network:
        """The first policy for the chip: spikes of 0 and 1, products with prototypes P less half their sum.

        With s = 2 h - 1 the product P s is 2 (P h - sum P / 2), so order and ties are those of the definition.
        """
        prototypes = self.prototypes[0]
        builder = NetworkBuilder(
            name, input=self.weights.shape[2], values=(-LARGEST, LARGEST), input_name="observation", metadata=metadata
        )
        builder.dense("hidden", self.weights[0], weight_format=WeightFormat.INT8, neuron="lif", theta=THETA, bias=self.bias[0])
        bias = -prototypes.sum(axis=1) // 2
        builder.dense("action", prototypes, weight_format=WeightFormat.PM1, neuron="argmax", bias=bias)
        return builder.build()


@dataclass(frozen=True, eq=False)
class FloatPolicies:
    """The float counterpart: ReLU in the hidden layer, real weights, observations divided by their ranges; arguments as of `BipolarPolicies`."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    head: NDArray[np.float64]

    @classmethod
    def of(cls, sizes: Sizes, latent: NDArray[np.float64]) -> FloatPolicies:
        return cls(*sizes.split(latent))

    def actions(self, inputs: NDArray[np.float64]) -> IntArray:
        """(policies, episodes) of observations (policies, episodes, quantities) over their ranges."""
        hidden = np.maximum(np.matmul(inputs, self.weights.swapaxes(1, 2)) + self.bias[:, None], 0)
        return np.argmax(np.matmul(hidden, self.head.swapaxes(1, 2)), axis=2)
