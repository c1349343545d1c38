"""What the training script asks of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import nn

from ..network.graph import Network
from .data import load_split
from .loop import Recipe
from .split import Split

EPOCHS = 150  # of the models of digits


class TrainableModel(nn.Module, ABC):
    """A trainable twin: inputs of its split to logits (batch, classes), computed in integers."""

    recipe: Recipe
    float_recipe: Recipe
    distilled = False  # whether the trained float counterpart teaches
    seeds: tuple[int, ...] = (1,)  # the first one's model is shipped; of several, mean and spread are told

    @classmethod
    @abstractmethod
    def load_split(cls) -> Split:
        """The data that the model is trained and tested on."""

    @staticmethod
    @abstractmethod
    def float_counterpart() -> nn.Module:
        """An untrained model of the same topology, in real numbers."""

    def finish(self, split: Split) -> None:
        """What is done with the training part after the training; nothing by default."""

    @classmethod
    def baselines(cls, split: Split) -> dict[str, str]:
        """Test accuracies of other methods on the same data, for the metadata; none by default."""
        return {}

    @abstractmethod
    def export(self, metadata: dict[str, str]) -> Network:
        """The integer network that computes the same function."""


class DigitsModel(TrainableModel):
    """A model of images (batch, 1, 8, 8) with values 0..``maximum``."""

    recipe = Recipe(epochs=EPOCHS, learning_rate=1e-2)  # the better of 4e-3 and 1e-2 on 288 samples held out of the training part
    float_recipe = Recipe(epochs=EPOCHS, learning_rate=2e-3)  # suits the counterparts with ReLU
    maximum: int

    @classmethod
    def load_split(cls) -> Split:
        return load_split(cls.maximum)
