"""Small random Sorbet checkpoints, as files and as what the importer makes of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from shiftfire.frontends.sorbet import generate
from shiftfire.frontends.sorbet.builder import Options
from shiftfire.frontends.sorbet.checkpoint import Checkpoint, load_checkpoint
from shiftfire.frontends.sorbet.generate import SIZES, Size, Style, generate_tensors
from shiftfire.frontends.sorbet.lower import Imported, import_checkpoint

Tensors = dict[str, NDArray[np.float32]]
TINY = SIZES["tiny"]
SMALLEST = Size(layers=1, hidden=16, heads=2, intermediate=32, vocabulary=20, positions=8, classes=3)
ANY, POWERS, PLAIN = Style(), Style(moves=False, powers=True), Style(moves=False)
LAYER = "bert.encoder.layer.0"


@cache
def _generated(size: Size, style: Style, seed: int) -> Tensors:
    return generate_tensors(size, seed, style)


def tensors_of(size: Size = SMALLEST, style: Style = ANY, seed: int = 1) -> Tensors:
    """A state dict of the test's own."""
    return dict(_generated(size, style, seed))


def checkpoint_of(tensors: Tensors, heads: int = 2) -> Checkpoint:
    return generate.checkpoint_of(tensors, heads)


def from_file(tensors: Tensors, path: Path, heads: int | None = 2) -> Checkpoint:
    """The checkpoint, by way of a file."""
    save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, path)
    return load_checkpoint(path, heads)


def imported(checkpoint: Checkpoint, tokens: int = 8, **options: object) -> Imported:
    group = min(64, checkpoint.hidden & -checkpoint.hidden)
    return import_checkpoint(checkpoint, replace(Options(tokens, group), **options))  # type: ignore[arg-type]


def token_ids(checkpoint: Checkpoint, samples: int, tokens: int, seed: int = 7) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, len(checkpoint.words), (samples, tokens))
