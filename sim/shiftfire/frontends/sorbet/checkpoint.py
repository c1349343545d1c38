"""A Sorbet checkpoint: every parameter of inference by its role, read from tensors of known names and checked against each other."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import keys
from .errors import CheckpointError
from .keys import LinearNames, Names, NormNames
from .tensor_file import FloatArray, TensorFile, open_tensors

LEAST_STEP = 1e-5  # the published floor
DEFAULT_HEAD = 64  # channels of a head, where nothing says
MAX_CONFIG_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class Linear:
    """A quantised linear layer: latent ``weight`` (out, in) and ``bias`` (out,); the quantiser of its input: ``move`` (in,), ``step``, zero point ``zero``."""

    weight: FloatArray
    bias: FloatArray
    move: FloatArray
    step: float
    zero: float = 0.0


@dataclass(frozen=True, eq=False)
class Norm:
    """A BSPN, (channels,) each; ``statistics`` is psi squared, the running mean of the squares."""

    gamma: FloatArray
    beta: FloatArray
    statistics: FloatArray


@dataclass(frozen=True, eq=False)
class EncoderLayer:
    """One encoder layer. The ``*_step`` are those of Q, K, V and of the attention probabilities."""

    query: Linear
    key: Linear
    value: Linear
    query_step: float
    key_step: float
    value_step: float
    probability_step: float
    output: Linear  # behind the attention
    attention_norm: Norm
    expand: Linear  # of the feed-forward network
    contract: Linear  # its input is unsigned
    norm: Norm


@dataclass(frozen=True, eq=False)
class Classifier:
    """The read-out, real: ``weight`` (classes, hidden), ``bias`` (classes,)."""

    weight: FloatArray
    bias: FloatArray


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model. ``words`` (vocabulary, hidden), ``positions`` (most tokens, hidden), ``types`` (token types, hidden); the embedding's LayerNorm (hidden,)."""

    origin: str
    words: FloatArray
    positions: FloatArray
    types: FloatArray
    embedding_gamma: FloatArray
    embedding_beta: FloatArray
    layers: tuple[EncoderLayer, ...]
    heads: int
    pooler: Linear | None
    classifier: Classifier | None
    ignored: tuple[str, ...] = field(default=())

    @property
    def hidden(self) -> int:
        return self.words.shape[1]

    def sizes(self) -> dict[str, int]:
        """What the checkpoint is, in numbers."""
        return {
            "layers": len(self.layers),
            "hidden": self.hidden,
            "heads": self.heads,
            "intermediate": self.layers[0].expand.weight.shape[0],
            "vocabulary": self.words.shape[0],
            "positions": self.positions.shape[0],
            "classes": 0 if self.classifier is None else self.classifier.weight.shape[0],
        }


def load_checkpoint(path: Path, heads: int | None = None) -> Checkpoint:
    """The checkpoint of a file, or of a folder with model.safetensors or pytorch_model.bin.

    ``heads``: their number, else that of config.json beside the file, else a head per 64 channels. Raises CheckpointError, OSError.
    """
    if path.is_dir():
        found = [path / name for name in ("model.safetensors", "pytorch_model.bin") if (path / name).exists()]
        if not found:
            raise CheckpointError(f"checkpoint {path} has neither model.safetensors nor pytorch_model.bin; name the file")
        path = found[0]
    return read_checkpoint(open_tensors(path), heads if heads is not None else _configured_heads(path.with_name("config.json")))


def _configured_heads(path: Path) -> int | None:
    if not path.is_file():
        return None
    with open(path, "rb") as file:
        data = file.read(MAX_CONFIG_BYTES + 1)
    try:
        document = json.loads(data) if len(data) <= MAX_CONFIG_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise CheckpointError(
            f"{path} is not a JSON object of up to {MAX_CONFIG_BYTES} bytes; repair it, or remove it and use --heads"
        )
    heads = document.get("num_attention_heads")
    if heads is not None and (isinstance(heads, bool) or not isinstance(heads, int)):
        raise CheckpointError(f"{path}: num_attention_heads is {heads!r:.40}, not an integer; repair it, or use --heads")
    return heads


class _Reader:
    """Reads tensors by role and remembers which keys were asked for. ``prefix`` is what the file's keys have in front."""

    def __init__(self, tensors: TensorFile) -> None:
        self.tensors = tensors
        self.by_name = {key.removeprefix(keys.PREFIX): key for key in tensors.shapes}
        if len(self.by_name) != len(tensors.shapes):
            raise CheckpointError(
                f"checkpoint {tensors.path} holds tensors both with and without the prefix {keys.PREFIX!r}; keep one of each"
            )
        names = set(self.by_name)
        self.ignored = tuple(sorted(name for name in names if keys.ignored(name, names)))
        self.left = names - set(self.ignored)

    def find(self, names: Names) -> str | None:
        """The name that is there. Raises CheckpointError when several are."""
        present = [name for name in names if name in self.left]
        if len(present) > 1:
            raise CheckpointError(f"checkpoint {self.tensors.path} holds {' and '.join(present)}, names of one thing; keep one")
        return present[0] if present else None

    def read(self, names: Names, shape: tuple[int | None, ...]) -> FloatArray:
        """The tensor, whose sizes are those of ``shape`` that are not None."""
        name = self.find(names)
        if name is None:
            first, *others = names
            also = f" (or {', '.join(others)})" if others else ""
            raise CheckpointError(f"checkpoint {self.tensors.path}: tensor {first}{also} is missing; export the whole state dict")
        self.left.discard(name)
        actual = self.tensors.shapes[self.by_name[name]]
        if (
            len(actual) != len(shape)
            or any(want not in (None, have) for want, have in zip(shape, actual, strict=True))
            or 0 in actual
        ):
            wanted = tuple("any" if n is None else n for n in shape)
            raise CheckpointError(f"checkpoint {self.tensors.path}: tensor {name} has shape {actual}; it must be {wanted}")
        return self.tensors.read(self.by_name[name])

    def optional(self, names: Names, shape: tuple[int, ...]) -> FloatArray:
        """The tensor, zeros where there is none."""
        return np.zeros(shape, np.float32) if self.find(names) is None else self.read(names, shape)

    def scalar(self, names: Names, default: float | None = None) -> float:
        """A number: a tensor of no axes, or of one element."""
        name = self.find(names)
        if name is None and default is not None:
            return default
        axes = 1 if name is not None and self.tensors.shapes[self.by_name[name]] == (1,) else 0
        return float(self.read(names, (1,) * axes).reshape(()))

    def step(self, names: Names) -> float:
        """The step of a quantiser: positive; at least the published floor."""
        value = self.scalar(names)
        if value <= 0:
            raise CheckpointError(
                f"checkpoint {self.tensors.path}: {names[0]} = {value:g} is not positive; it is the step of a quantiser"
            )
        return max(value, LEAST_STEP)

    def linear(self, names: LinearNames, outputs: int | None, inputs: int, unsigned: bool = False) -> Linear:
        weight = self.read(names.weight, (outputs, inputs))
        return Linear(
            weight,
            self.read(names.bias, (weight.shape[0],)),
            self.optional(names.move, (inputs,)),
            self.step(names.step),
            self.scalar(names.zero, 0.0) if unsigned else 0.0,
        )

    def norm(self, names: NormNames, channels: int) -> Norm:
        shape = (channels,)
        result = Norm(self.read(names.gamma, shape), self.read(names.beta, shape), self.read(names.statistics, shape))
        if result.statistics.min() < 0:
            raise CheckpointError(
                f"checkpoint {self.tensors.path}: {names.statistics[0]} holds a negative mean of squares; train it again"
            )
        return result

    def layer(self, number: int, hidden: int) -> EncoderLayer:
        module = keys.encoder(number)
        attention = f"{module}.attention"

        def dense(name: str, outputs: int | None, inputs: int, unsigned: bool = False) -> Linear:
            return self.linear(keys.linear_names(f"{module}.{name}"), outputs, inputs, unsigned)

        zero = self.scalar(keys.probability_zero(module), 0.0)
        if zero != 0:
            raise CheckpointError(
                f"checkpoint {self.tensors.path}: {keys.probability_zero(module)[0]} = {zero:g}; a probability of 0 must be 0 for events to be left out:"
                " freeze it at 0 and fine-tune"
            )
        expand = dense("intermediate.dense", None, hidden)

        def product(part: str) -> float:
            return self.step(keys.product_step(module, part))

        return EncoderLayer(
            query=dense("attention.self.query", hidden, hidden),
            key=dense("attention.self.key", hidden, hidden),
            value=dense("attention.self.value", hidden, hidden),
            query_step=product("query"),
            key_step=product("key"),
            value_step=product("value"),
            probability_step=product("attn"),
            output=dense("attention.output.dense", hidden, hidden),
            attention_norm=self.norm(keys.norm_names(f"{attention}.output"), hidden),
            expand=expand,
            contract=dense("output.dense", hidden, expand.weight.shape[0], unsigned=True),
            norm=self.norm(keys.norm_names(f"{module}.output"), hidden),
        )

    def done(self) -> None:
        if self.left:
            more = f" and {len(self.left) - 1} more" if len(self.left) > 1 else ""
            raise CheckpointError(
                f"checkpoint {self.tensors.path}: tensor {min(self.left)!r:.100}{more} is not known; remove it, or rename it as docs/howto/import-sorbet.md says"
            )


def read_checkpoint(tensors: TensorFile, heads: int | None = None) -> Checkpoint:
    """The checkpoint of tensors. Raises CheckpointError for one that is missing, unknown, of the wrong shape or not finite."""
    reader = _Reader(tensors)
    words = reader.read(keys.WORDS, (None, None))
    hidden = words.shape[1]
    numbers = {int(found[1]) for found in (keys.LAYER_NUMBER.match(name) for name in reader.by_name) if found}
    if not numbers:
        raise CheckpointError(f"checkpoint {tensors.path} has no tensors encoder.layer.N.*; export the whole state dict")
    if heads is None:
        heads = max(1, hidden // DEFAULT_HEAD)
    if heads < 1 or hidden % heads:
        raise CheckpointError(
            f"checkpoint {tensors.path}: {heads} heads do not divide {hidden} channels; give their number with --heads"
        )
    pooled = reader.find(keys.linear_names(keys.POOLER).weight) is not None
    classified = pooled and reader.find(keys.CLASSIFIER_WEIGHT) is not None
    checkpoint = Checkpoint(
        origin=tensors.path.name,
        words=words,
        positions=reader.read(keys.POSITIONS, (None, hidden)),
        types=reader.read(keys.TYPES, (None, hidden)),
        embedding_gamma=reader.read(keys.EMBEDDING_GAMMA, (hidden,)),
        embedding_beta=reader.read(keys.EMBEDDING_BETA, (hidden,)),
        layers=tuple(reader.layer(number, hidden) for number in range(max(numbers) + 1)),
        heads=heads,
        pooler=reader.linear(keys.linear_names(keys.POOLER), hidden, hidden) if pooled else None,
        classifier=_classifier(reader, hidden) if classified else None,
        ignored=reader.ignored,
    )
    reader.done()
    return checkpoint


def _classifier(reader: _Reader, hidden: int) -> Classifier:
    weight = reader.read(keys.CLASSIFIER_WEIGHT, (None, hidden))
    return Classifier(weight, reader.read(keys.CLASSIFIER_BIAS, (weight.shape[0],)))


def same_quantiser(first: Linear, second: Linear) -> bool:
    """Whether two layers quantise their input alike."""
    return math.isclose(first.step, second.step, rel_tol=0) and np.array_equal(first.move, second.move)
