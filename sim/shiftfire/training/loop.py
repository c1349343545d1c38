"""Training loop, the same for every model and its float counterpart."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .data import DigitsSplit

BATCH = 64
WEIGHT_DECAY = 1e-4
MAX_ROTATION = 0.2  # radians
MAX_SCALING = 0.12
MAX_SHIFT = 0.15  # of half the image: about half a pixel
LABEL_SMOOTHING = 0.05


def prepare_torch(seed: int) -> None:
    """Reproducible torch: seed, one thread, deterministic kernels, no denormals."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.set_flush_denormal(True)


def augment(images: Tensor, maximum: int) -> Tensor:
    """Images (batch, 1, 8, 8) rotated, scaled and shifted a little, rounded back to 0..``maximum``."""
    count = len(images)
    angle = (torch.rand(count) * 2 - 1) * MAX_ROTATION
    scale = 1 + (torch.rand(count) * 2 - 1) * MAX_SCALING
    shift = (torch.rand(count, 2) * 2 - 1) * MAX_SHIFT
    rows = torch.stack([torch.cos(angle) * scale, -torch.sin(angle) * scale, shift[:, 0]], 1)
    columns = torch.stack([torch.sin(angle) * scale, torch.cos(angle) * scale, shift[:, 1]], 1)
    grid = functional.affine_grid(torch.stack([rows, columns], 1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False).round().clamp(0, maximum)


def train(model: nn.Module, split: DigitsSplit, *, epochs: int, learning_rate: float) -> None:
    """Train ``model`` (images to logits) on the training part, with a cosine schedule. The last epoch's parameters stay."""
    images = torch.from_numpy(split.train_images).float()
    labels = torch.from_numpy(split.train_labels)
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=WEIGHT_DECAY)
    steps = epochs * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    model.train()
    for _epoch in range(epochs):
        order = torch.randperm(len(images))
        for start in range(0, len(images) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            logits = model(augment(images[chosen], split.maximum))
            loss = functional.cross_entropy(logits, labels[chosen], label_smoothing=LABEL_SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    model.eval()


def accuracy(model: nn.Module, split: DigitsSplit) -> float:
    """Part of the test samples that ``model`` gets right."""
    with torch.no_grad():
        predictions = model(torch.from_numpy(split.test_images).float()).argmax(1).numpy()
    return float(np.mean(predictions == split.test_labels))
