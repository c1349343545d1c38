"""The published model in float64, straight from its formulas: what an import is measured against.

Nothing here is shared with the lowering or with golden. Arrays are (samples, channels, tokens). Sources: Sorbet (arXiv 2409.15298) and its inference code;
where that code depends on the batch (zero points), the checkpoint's frozen values are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .checkpoint import Checkpoint, EncoderLayer, Linear, Norm

Array = NDArray[np.float64]
BSPN_EPSILON = 1e-5
LAYER_NORM_EPSILON = 1e-12
SIGNED, UNSIGNED = (-8, 7), (0, 15)
MASKED_SCORE = -10000.0  # added to the scores of padded keys, as BERT's code does


@dataclass(frozen=True, eq=False)
class Seen:
    """What a part of the model emits: real ``values`` and, of a quantiser, its ``codes``; same shape."""

    values: Array
    codes: Array | None = None


class Stored:
    """Gives the parameters that follow from data as the checkpoint has them. A generator of checkpoints measures them instead."""

    def step(self, name: str, stored: float, values: Array) -> float:
        """Step of the quantiser ``name`` of ``values``."""
        return stored

    def statistics(self, name: str, stored: NDArray[np.float32], scaled: Array) -> Array:
        """Mean squares per channel of the norm ``name``; ``scaled``: its input, scaled by group."""
        return np.asarray(stored, np.float64)


@dataclass(eq=False)
class Reference:
    """The model of a checkpoint. ``seen`` holds, by name, what every part emitted in the last run; the names are those of the integer layers."""

    checkpoint: Checkpoint
    group: int = 64
    ceil_rule: bool = False
    binary_words: bool = True
    parameters: Stored = field(default_factory=Stored)
    seen: dict[str, Seen] = field(default_factory=dict)

    def run(
        self,
        token_ids: NDArray[np.integer],
        token_types: NDArray[np.integer] | None = None,
        mask: NDArray[np.integer] | None = None,
    ) -> Array | None:
        """Logits (samples, classes) of token numbers (samples, tokens), None without classifier. ``mask`` (samples, tokens): 1 for a token, 0 for padding."""
        return self.run_embedded(self.embedding(token_ids, token_types), mask)

    def run_embedded(self, x: Array, mask: NDArray[np.integer] | None = None) -> Array | None:
        """The same of embedded tokens (samples, hidden, tokens)."""
        self.seen.clear()
        added = np.zeros((len(x), x.shape[2])) if mask is None else np.where(mask == 0, MASKED_SCORE, 0.0)
        self.seen["embedded"] = Seen(x)
        for number, layer in enumerate(self.checkpoint.layers):
            x = self.encoder_layer(f"layer{number}", layer, x, added)
        pooler, classifier = self.checkpoint.pooler, self.checkpoint.classifier
        if pooler is None:
            return None
        pooled = np.maximum(self.linear("pooled", pooler, x[:, :, :1]), 0)
        self.seen["pooled"] = Seen(pooled)
        if classifier is None:
            return None
        logits = pooled[:, :, 0] @ classifier.weight.astype(np.float64).T + classifier.bias
        if logits.shape[1] == 1:  # a regression: the value is what the model sends
            self.seen["output"] = Seen(logits[:, :, None])
        return logits

    def embedding(self, token_ids: NDArray[np.integer], token_types: NDArray[np.integer] | None) -> Array:
        """Sum of the three embeddings, layer-normalised over the channels. Words are binarised by row, about the table's mean."""
        c = self.checkpoint
        rows = c.words[token_ids].astype(np.float64)
        if self.binary_words:
            rows = np.abs(rows).mean(-1, keepdims=True) * np.sign(rows - c.words.mean(dtype=np.float64))
        types = c.types[np.zeros_like(token_ids) if token_types is None else token_types].astype(np.float64)
        total = rows + c.positions[: token_ids.shape[1]] + types
        centred = total - total.mean(-1, keepdims=True)
        normal = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + LAYER_NORM_EPSILON)
        return (normal * c.embedding_gamma + c.embedding_beta).transpose(0, 2, 1)

    def encoder_layer(self, name: str, layer: EncoderLayer, x: Array, added: Array) -> Array:
        """One layer of x (samples, hidden, tokens), same shape; ``added`` (samples, tokens) to the scores of every key."""
        q, k, v = (self.linear(f"{name}.{part}", getattr(layer, part), x) for part in ("query", "key", "value"))
        q = self.signed(f"{name}.query", layer.query_step, q)
        k = self.signed(f"{name}.key", layer.key_step, k)
        v = self.signed(f"{name}.value", layer.value_step, v)
        samples, hidden, tokens = x.shape
        q, k, v = (t.reshape(samples, self.checkpoint.heads, -1, tokens) for t in (q, k, v))
        scores = np.einsum("bhdi,bhdj->bhij", q, k, optimize=True) / np.sqrt(q.shape[2])
        p = ptsoftmax(scores + added[:, None, None, :], self.ceil_rule)
        by_key = p.transpose(0, 1, 3, 2).reshape(samples, -1, tokens)
        p = self.unsigned(f"{name}.scores", layer.probability_step, 0.0, by_key).reshape(p.shape)  # (.., key, query) now
        context = np.einsum("bhji,bhdj->bhdi", p, v, optimize=True).reshape(samples, hidden, tokens)
        projected = self.linear(f"{name}.attention", layer.output, context, codes=f"{name}.context")
        x = self.norm(f"{name}.attention", layer.attention_norm, projected + x)
        inner = np.maximum(self.linear(f"{name}.hidden", layer.expand, x), 0)
        contracted = self.contract(name, layer.contract, inner)
        return self.norm(f"{name}.norm", layer.norm, contracted + x)

    def linear(self, name: str, layer: Linear, x: Array, codes: str | None = None) -> Array:
        """Signed quantiser, then binary weights and bias. The quantiser is seen as ``codes``, by default ``name``.input."""
        moved = x + layer.move[:, None].astype(np.float64)
        return binary_linear(layer, self.signed(codes or f"{name}.input", layer.step, moved))

    def contract(self, name: str, layer: Linear, x: Array) -> Array:
        """The same with the unsigned quantiser, seen as ``name``.hidden."""
        moved = x + layer.move[:, None].astype(np.float64)
        return binary_linear(layer, self.unsigned(f"{name}.hidden", layer.step, layer.zero, moved))

    def signed(self, name: str, stored: float, x: Array) -> Array:
        step = self.parameters.step(name, stored, x)
        codes = np.clip(np.rint(x / step), *SIGNED)
        self.seen[name] = Seen(codes * step, codes)
        return codes * step

    def unsigned(self, name: str, stored: float, zero: float, x: Array) -> Array:
        step = self.parameters.step(name, stored, x - zero)
        codes = np.clip(np.rint((x - zero) / step), *UNSIGNED)
        self.seen[name] = Seen(codes * step + zero, codes)
        return codes * step + zero

    def norm(self, name: str, norm: Norm, x: Array) -> Array:
        result = bspn(x, norm, self.group, lambda scaled: self.parameters.statistics(name, norm.statistics, scaled))
        self.seen[name] = Seen(result)
        return result


def binary_linear(layer: Linear, x: Array) -> Array:
    """``m sign(W - mean W) x + bias``, m the mean magnitude of W; sign(0) = 0."""
    weight = layer.weight.astype(np.float64)
    signs = np.sign(weight - weight.mean())
    return np.abs(weight).mean() * np.einsum("oi,bit->bot", signs, x, optimize=True) + layer.bias[:, None].astype(np.float64)


def ptsoftmax(scores: Array, ceil_rule: bool) -> Array:
    """Powers of two over the last axis: ``2**ceil(score)`` relative to the greatest, over the power of two nearest to their sum (1.5 up), or above it (``ceil_rule``)."""
    c = np.ceil(scores)
    powers = 2.0 ** (c - c.max(-1, keepdims=True))
    total = powers.sum(-1, keepdims=True)
    below = 2.0 ** np.floor(np.log2(total))
    above = total > below if ceil_rule else total - below >= 2 * below - total
    return powers / np.where(above, 2 * below, below)


def bspn(x: Array, norm: Norm, group: int, statistics: Callable[[Array], Array] | None = None) -> Array:
    """Signed powers of two of x (samples, channels, tokens): groups scaled by a power of two, channels by another, offset, rounded to a power of two."""
    mean = np.abs(x).reshape(len(x), -1, group, x.shape[2]).mean(2)
    exponent = np.ceil(np.log2(mean + BSPN_EPSILON))
    scaled = x * 2.0 ** -np.repeat(exponent, group, axis=1)
    squares = norm.statistics.astype(np.float64) if statistics is None else statistics(scaled)
    weight = power_of_two(norm.gamma / np.sqrt(squares + BSPN_EPSILON))
    return power_of_two(weight[:, None] * scaled + norm.beta[:, None])


def power_of_two(x: Array) -> Array:
    """The nearest signed power of two in the log domain; 0 stays 0."""
    magnitude = np.abs(x)
    rounded = 2.0 ** np.round(np.log2(np.where(magnitude == 0, 1.0, magnitude)))
    return np.where(magnitude == 0, 0.0, np.sign(x) * rounded)
