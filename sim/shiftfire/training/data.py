"""The scikit-learn digits (8 x 8 pixels, values 0..16), split once and for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.nn import functional

from ..network.values import IntArray
from .split import Split

SPLIT_SEED = 0
TEST_SAMPLES = 360
MAX_ROTATION = 0.2  # radians
MAX_SCALING = 0.12
MAX_SHIFT = 0.15  # of half the image: about half a pixel


@dataclass(frozen=True, eq=False)
class DigitsSplit(Split):
    """Images (samples, 1, 8, 8) with values 0..``maximum``."""

    maximum: int

    @property
    def description(self) -> str:
        return f"scikit-learn load_digits, values clipped to {self.maximum}, stratified split, random_state {SPLIT_SEED}"

    def tensor(self, inputs: IntArray) -> Tensor:
        return torch.from_numpy(inputs).float()

    def augment(self, inputs: Tensor) -> Tensor:
        """Images rotated, scaled and shifted a little, rounded back to 0..``maximum``."""
        count = len(inputs)
        angle = (torch.rand(count) * 2 - 1) * MAX_ROTATION
        scale = 1 + (torch.rand(count) * 2 - 1) * MAX_SCALING
        shift = (torch.rand(count, 2) * 2 - 1) * MAX_SHIFT
        rows = torch.stack([torch.cos(angle) * scale, -torch.sin(angle) * scale, shift[:, 0]], 1)
        columns = torch.stack([torch.sin(angle) * scale, torch.cos(angle) * scale, shift[:, 1]], 1)
        grid = functional.affine_grid(torch.stack([rows, columns], 1), list(inputs.shape), align_corners=False)
        return functional.grid_sample(inputs, grid, align_corners=False).round().clamp(0, self.maximum)

    def vectors(self, inputs: IntArray) -> IntArray:
        return inputs


def load_split(maximum: int) -> DigitsSplit:
    """The stratified split, pixel values clipped to ``maximum``."""
    digits: Any = load_digits()
    images = np.minimum(digits.images.astype(np.int64), maximum)[:, None]
    labels = digits.target.astype(np.int64)
    numbers = np.arange(len(labels))
    parts = train_test_split(numbers, test_size=TEST_SAMPLES, stratify=labels, random_state=SPLIT_SEED)
    train, test = (np.asarray(part) for part in parts)
    return DigitsSplit(images[train], labels[train], images[test], labels[test], maximum)
