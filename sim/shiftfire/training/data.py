"""The scikit-learn digits (8 x 8 pixels, values 0..16), split once and for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from ..network.graph import IntArray

SPLIT_SEED = 0
TEST_SAMPLES = 360


@dataclass(frozen=True, eq=False)
class DigitsSplit:
    """Images (samples, 1, 8, 8) with values 0..``maximum``, and labels (samples,), of both parts."""

    train_images: IntArray
    train_labels: IntArray
    test_images: IntArray
    test_labels: IntArray
    maximum: int


def load_split(maximum: int) -> DigitsSplit:
    """The stratified split, pixel values clipped to ``maximum``."""
    digits: Any = load_digits()
    images = np.minimum(digits.images.astype(np.int64), maximum)[:, None]
    labels = digits.target.astype(np.int64)
    numbers = np.arange(len(labels))
    parts = train_test_split(numbers, test_size=TEST_SAMPLES, stratify=labels, random_state=SPLIT_SEED)
    train, test = (np.asarray(part) for part in parts)
    return DigitsSplit(images[train], labels[train], images[test], labels[test], maximum)
