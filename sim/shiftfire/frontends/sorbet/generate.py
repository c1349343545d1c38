"""Seeded checkpoints of any shape with plausible statistics, as no trained one is public: for tests, and for measuring at the true size."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from .checkpoint import Checkpoint, read_checkpoint
from .float_model import Array, Reference, Stored
from .tensor_file import FloatArray, TensorFile

WEIGHT_DEVIATION = 0.02
ATTENTION_DEVIATION = 0.06  # of queries and keys: scores that differ by a few
SIGNED_RANGE, UNSIGNED_RANGE = 2.5, 5.0  # steps in a root mean square
MOVE_DEVIATION = 0.05
CALIBRATION_SAMPLES, CALIBRATION_TOKENS = 2, 32  # random token ids that the reference is run on


@dataclass(frozen=True)
class Size:
    """Shape of a model."""

    layers: int
    hidden: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    classes: int = 2


SIZES = {
    "tiny": Size(layers=2, hidden=128, heads=2, intermediate=256, vocabulary=200, positions=32),
    "bert-base": Size(layers=12, hidden=768, heads=12, intermediate=3072, vocabulary=30522, positions=512),
}


@dataclass(frozen=True)
class Style:
    """How a checkpoint is made: ``moves`` before the quantisers; ``powers``: every scale a power of two.

    ``signed_range``, ``unsigned_range``: steps in a root mean square of what quantisers see, the more the larger the codes.
    """

    moves: bool = True
    powers: bool = False
    signed_range: float = SIGNED_RANGE
    unsigned_range: float = UNSIGNED_RANGE


DEFAULT_STYLE = Style()


class _Measured(Stored):
    """Chooses steps and statistics from the values that pass, and remembers them by name."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.steps: dict[str, float] = {}
        self.squares: dict[str, Array] = {}

    def step(self, name: str, stored: float, values: Array) -> float:
        rms = float(np.sqrt(np.square(values).mean()))
        steps = self.style.unsigned_range if name.endswith((".hidden", ".scores")) else self.style.signed_range
        step = max(rms / steps, 2.0**-12)
        self.steps[name] = float(np.float32(2.0 ** np.round(np.log2(step)) if self.style.powers else step))
        return self.steps[name]

    def statistics(self, name: str, stored: NDArray[np.float32], scaled: Array) -> Array:
        self.squares[name] = np.square(scaled).mean((0, 2)).astype(np.float32).astype(np.float64)
        return self.squares[name]


def generate_tensors(size: Size, seed: int, style: Style = DEFAULT_STYLE) -> dict[str, FloatArray]:
    """A state dict by the canonical keys, float32. Steps and statistics are those of the float reference on random token ids."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, FloatArray] = {}
    _embeddings(tensors, size, rng)
    for number in range(size.layers):
        _encoder_layer(tensors, f"bert.encoder.layer.{number}", size, rng, style)
    _linear(tensors, "bert.pooler.dense", size.hidden, size.hidden, rng, style)
    tensors["classifier.weight"] = _normal(rng, (size.classes, size.hidden), 0.1)
    tensors["classifier.bias"] = _normal(rng, (size.classes,), 0.01)
    _calibrate(tensors, size, rng, style)
    return tensors


def checkpoint_of(tensors: dict[str, FloatArray], heads: int) -> Checkpoint:
    """A state dict that is in no file. Raises CheckpointError."""
    shapes = {key: value.shape for key, value in tensors.items()}
    return read_checkpoint(TensorFile(Path("generated"), shapes, tensors.__getitem__), heads)


def _normal(rng: np.random.Generator, shape: tuple[int, ...], deviation: float) -> FloatArray:
    return rng.standard_normal(shape, np.float32) * np.float32(deviation)


def _embeddings(tensors: dict[str, FloatArray], size: Size, rng: np.random.Generator) -> None:
    for name, count in (("word", size.vocabulary), ("position", size.positions), ("token_type", 2)):
        tensors[f"bert.embeddings.{name}_embeddings.weight"] = _normal(rng, (count, size.hidden), WEIGHT_DEVIATION)
    tensors["bert.embeddings.LayerNorm.weight"] = 1 + _normal(rng, (size.hidden,), 0.1)
    tensors["bert.embeddings.LayerNorm.bias"] = _normal(rng, (size.hidden,), 0.05)


def _linear(
    tensors: dict[str, FloatArray],
    module: str,
    outputs: int,
    inputs: int,
    rng: np.random.Generator,
    style: Style,
    deviation: float = WEIGHT_DEVIATION,
) -> None:
    weight = _normal(rng, (outputs, inputs), deviation)
    if style.powers:
        weight = np.sign(weight) * np.float32(2.0 ** np.round(np.log2(deviation)))
    tensors[f"{module}.weight"] = weight
    tensors[f"{module}.bias"] = _normal(rng, (outputs,), WEIGHT_DEVIATION)
    tensors[f"{module}.move.bias"] = _normal(rng, (inputs,), MOVE_DEVIATION) if style.moves else np.zeros(inputs, np.float32)
    tensors[f"{module}.act_quantizer.alpha"] = np.ones((), np.float32)


def _norm(tensors: dict[str, FloatArray], module: str, hidden: int, rng: np.random.Generator) -> None:
    gamma = 1 + _normal(rng, (hidden,), 0.3)
    gamma[rng.random(hidden) < 0.02] *= -1
    tensors[f"{module}.LayerNorm.weight"] = gamma
    tensors[f"{module}.LayerNorm.bias"] = _normal(rng, (hidden,), 0.05)
    tensors[f"{module}.LayerNorm.running_phi"] = np.ones(hidden, np.float32)


def _encoder_layer(tensors: dict[str, FloatArray], module: str, size: Size, rng: np.random.Generator, style: Style) -> None:
    hidden, inner = size.hidden, size.intermediate
    attention = f"{module}.attention"
    for part in ("query", "key", "value"):
        deviation = WEIGHT_DEVIATION if part == "value" else ATTENTION_DEVIATION
        _linear(tensors, f"{attention}.self.{part}", hidden, hidden, rng, style, deviation)
    for part in ("query", "key", "value", "attn"):
        tensors[f"{attention}.self.{part}_quantizer.alpha"] = np.ones((), np.float32)
    tensors[f"{attention}.self.attn_quantizer.zero_point"] = np.zeros((), np.float32)
    _linear(tensors, f"{attention}.output.dense", hidden, hidden, rng, style)
    _norm(tensors, f"{attention}.output", hidden, rng)
    _linear(tensors, f"{module}.intermediate.dense", inner, hidden, rng, style)
    _linear(tensors, f"{module}.output.dense", hidden, inner, rng, style)
    tensors[f"{module}.output.dense.act_quantizer.zero_point"] = np.zeros((), np.float32)
    _norm(tensors, f"{module}.output", hidden, rng)


def _calibrate(tensors: dict[str, FloatArray], size: Size, rng: np.random.Generator, style: Style) -> None:
    """Run the reference once and store what it measured."""
    checkpoint = checkpoint_of(tensors, size.heads)
    measured = _Measured(style)
    ids = rng.integers(0, size.vocabulary, (CALIBRATION_SAMPLES, min(size.positions, CALIBRATION_TOKENS)))
    Reference(checkpoint, group=min(64, size.hidden & -size.hidden), parameters=measured).run(ids)
    for name, step in measured.steps.items():
        tensors[step_key(name)] = np.array(step, np.float32)
    for name, squares in measured.squares.items():
        number, part = name.removeprefix("layer").split(".")
        module = f"bert.encoder.layer.{number}{'.attention' if part == 'attention' else ''}.output.LayerNorm"
        tensors[f"{module}.running_phi"] = squares.astype(np.float32)


def step_key(name: str) -> str:
    """Canonical key of the step that the reference calls ``name``."""
    if name == "pooled.input":
        return "bert.pooler.dense.act_quantizer.alpha"
    number, part = name.removeprefix("layer").split(".", 1)
    module = f"bert.encoder.layer.{number}"
    products = {"query": "query", "key": "key", "value": "value", "scores": "attn"}
    if part in products:
        return f"{module}.attention.self.{products[part]}_quantizer.alpha"
    dense = {"context": "attention.output.dense", "hidden.input": "intermediate.dense", "hidden": "output.dense"}
    inner = dense.get(part, f"attention.self.{part.removesuffix('.input')}")
    return f"{module}.{inner}.act_quantizer.alpha"


def write_checkpoint(path: Path, tensors: dict[str, FloatArray]) -> None:
    """Write a .safetensors file under a temporary name, then rename it. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        temporary.touch(exist_ok=False)
        mode = temporary.stat().st_mode  # save_file's own file is the owner's only
        save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, temporary)
        os.chmod(temporary, mode & 0o777)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
