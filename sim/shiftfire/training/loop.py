"""Training loop, the same for every model and its float counterpart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler

from .split import Split

BATCH = 64
WEIGHT_DECAY = 1e-4
LABEL_SMOOTHING = 0.05
FIRST_RATE = 1e-2  # of the learning rate, at the start of the warm-up
TEMPERATURE = 2.0  # of distillation
LEAST_DENORMAL = 1e-45  # of float32


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Reproducible torch: seed, one thread, deterministic kernels, no denormals; threads, kernels and denormals of before are restored at the end."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    flushes = float(torch.tensor(LEAST_DENORMAL) * 1) == 0
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)
        torch.set_flush_denormal(flushes)


@dataclass(frozen=True)
class Recipe:
    """How a model is trained: with a cosine schedule, after ``warm_up`` of all steps on which the rate rises; gradients clipped to a norm of ``clip``."""

    epochs: int
    learning_rate: float
    warm_up: float = 0.0
    clip: float | None = None


def train(model: nn.Module, split: Split, recipe: Recipe, teacher: nn.Module | None = None) -> None:
    """Train ``model`` (inputs to logits) on the training part. The last epoch's parameters stay.

    With a ``teacher``, a trained model of the same inputs and classes, its logits are learnt too (knowledge distillation).
    """
    inputs = split.tensor(split.train_inputs)
    labels = torch.from_numpy(split.train_labels)
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=WEIGHT_DECAY)
    steps = recipe.epochs * (len(inputs) // BATCH)
    schedules: list[LRScheduler] = [CosineAnnealingLR(optimiser, steps)]
    if recipe.warm_up:
        schedules.append(LinearLR(optimiser, FIRST_RATE, total_iters=round(steps * recipe.warm_up)))
    model.train()
    for _epoch in range(recipe.epochs):
        order = torch.randperm(len(inputs))
        for start in range(0, len(inputs) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            batch = split.augment(inputs[chosen])
            logits = model(batch)
            loss = functional.cross_entropy(logits, labels[chosen], label_smoothing=LABEL_SMOOTHING)
            if teacher is not None:
                loss = loss + _distillation(logits, teacher, batch)
            optimiser.zero_grad()
            loss.backward()
            if recipe.clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimiser.step()
            for schedule in schedules:
                schedule.step()
    model.eval()


def _distillation(logits: Tensor, teacher: nn.Module, inputs: Tensor) -> Tensor:
    """Divergence of the classes' probabilities from the teacher's, at a temperature."""
    with torch.no_grad():
        wanted = functional.softmax(teacher(inputs) / TEMPERATURE, dim=1)
    own = functional.log_softmax(logits / TEMPERATURE, dim=1)
    return functional.kl_div(own, wanted, reduction="batchmean") * TEMPERATURE**2


def accuracy(model: nn.Module, split: Split) -> float:
    """Part of the test samples that ``model`` gets right."""
    with torch.no_grad():
        predictions = model(split.tensor(split.test_inputs)).argmax(1).numpy()
    return float(np.mean(predictions == split.test_labels))
