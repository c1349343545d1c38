"""What the training script asks of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import nn

from ..network.graph import Network
from .neurons import TrainedArgmax


class TrainableModel(nn.Module, ABC):
    """A trainable twin: images (batch, 1, 8, 8) with values 0..``maximum`` to logits (batch, 10), computed in integers."""

    maximum: int
    float_learning_rate = 2e-3  # suits the counterparts with ReLU
    output: TrainedArgmax

    @staticmethod
    @abstractmethod
    def float_counterpart() -> nn.Module:
        """An untrained model of the same topology, in real numbers."""

    @abstractmethod
    def export(self, metadata: dict[str, str]) -> Network:
        """The integer network that computes the same function."""
