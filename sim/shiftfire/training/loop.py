"""Training loop, the same for every model and its float counterpart."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .split import Split

BATCH = 64
WEIGHT_DECAY = 1e-4
LABEL_SMOOTHING = 0.05


def prepare_torch(seed: int) -> None:
    """Reproducible torch: seed, one thread, deterministic kernels, no denormals."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.set_flush_denormal(True)


def train(model: nn.Module, split: Split, *, epochs: int, learning_rate: float) -> None:
    """Train ``model`` (inputs to logits) on the training part, with a cosine schedule. The last epoch's parameters stay."""
    inputs = split.tensor(split.train_inputs)
    labels = torch.from_numpy(split.train_labels)
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=WEIGHT_DECAY)
    steps = epochs * (len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    model.train()
    for _epoch in range(epochs):
        order = torch.randperm(len(inputs))
        for start in range(0, len(inputs) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            logits = model(split.augment(inputs[chosen]))
            loss = functional.cross_entropy(logits, labels[chosen], label_smoothing=LABEL_SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    model.eval()


def accuracy(model: nn.Module, split: Split) -> float:
    """Part of the test samples that ``model`` gets right."""
    with torch.no_grad():
        predictions = model(split.tensor(split.test_inputs)).argmax(1).numpy()
    return float(np.mean(predictions == split.test_labels))
