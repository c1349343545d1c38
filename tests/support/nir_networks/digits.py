"""Training on scikit-learn's digits as spikes, the same for every framework, as far as a small network gets (0.92 to 0.98 right)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import nn

STEPS = 16
TRAINED = 1500  # the others are held out
EPOCHS, BATCH, RATE, WEIGHT_DECAY = 40, 100, 2e-3, 0.3


def digits(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Spikes (1797, steps, *shape), at most one per pixel and step, as often as the pixel is bright, and labels (1797,), in random order."""
    rng = np.random.default_rng(0)
    data = load_digits()
    order = rng.permutation(len(data.data))  # the file's is by writer
    drawn = rng.random((len(data.data), STEPS, 64)) < data.data[order, None] / 16
    return drawn.astype(np.float32).reshape(-1, STEPS, *shape), data.target[order].astype(np.int64)


def held_out(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(297, steps, *shape): samples that no network was trained on."""
    return digits(shape)[0][TRAINED:]


def train(counts: Callable[[torch.Tensor], torch.Tensor], parameters: Iterable[nn.Parameter], shape: tuple[int, ...]) -> None:
    """``counts``: from (samples, steps, *shape) to the spikes of each class (samples, 10), in the framework's own way."""
    x, y = (torch.from_numpy(array) for array in digits(shape))
    optimiser = torch.optim.AdamW(parameters, RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    for _ in range(EPOCHS):
        for rows in torch.randperm(TRAINED).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(counts(x[rows]), y[rows]).backward()
            optimiser.step()
        schedule.step()
