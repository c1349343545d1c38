"""What the training loop asks of a data set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor

from ..network.values import IntArray


@dataclass(frozen=True, eq=False)
class Split(ABC):
    """Inputs (samples, ...) and labels (samples,) of the training and the test part."""

    train_inputs: IntArray
    train_labels: IntArray
    test_inputs: IntArray
    test_labels: IntArray

    @property
    @abstractmethod
    def description(self) -> str:
        """Origin of the data, for a model's metadata."""

    @abstractmethod
    def tensor(self, inputs: IntArray) -> Tensor:
        """``inputs`` as the trainable models take them."""

    @abstractmethod
    def augment(self, inputs: Tensor) -> Tensor:
        """A batch of training inputs, varied a little at random."""

    @abstractmethod
    def vectors(self, inputs: IntArray) -> IntArray:
        """``inputs`` as the integer network takes them: (samples, channels, height, width)."""
