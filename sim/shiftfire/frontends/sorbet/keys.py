"""Names of a checkpoint's tensors: the one table of what is read, under which names, and what is left out on purpose.

The published code's modules are those of BERT; a prefix ``bert.`` may be missing. No checkpoint is public, so that the names of what Sorbet adds (steps,
offsets, zero points, the norm's statistics) are those of the code, each with the spellings that its relatives use. docs/howto/import-sorbet.md repeats this table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFIX = "bert."
STEP = ("act_quantizer.alpha", "act_clip_val", "alpha")
ZERO = ("act_quantizer.zero_point", "act_quantizer.z", "zero_point")
MOVE = ("move.bias", "move_bias", "move")

WORDS = ("embeddings.word_embeddings.weight",)
POSITIONS = ("embeddings.position_embeddings.weight",)
TYPES = ("embeddings.token_type_embeddings.weight",)
EMBEDDING_GAMMA = ("embeddings.LayerNorm.weight", "embeddings.LayerNorm.gamma")
EMBEDDING_BETA = ("embeddings.LayerNorm.bias", "embeddings.LayerNorm.beta")
POOLER = "pooler.dense"
CLASSIFIER_WEIGHT = ("classifier.weight",)
CLASSIFIER_BIAS = ("classifier.bias",)

IGNORED = (
    r"embeddings\.position_ids",  # a constant that older libraries store
    r"encoder\.layer\.\d+\.attention\.self\.move_[qkv](\..*)?",  # computed, then discarded by the published code
    r".*\.(num_batches_tracked|iters|warmup_iters)",  # counters of training
    r"cls\..*",  # heads of pre-training
)

Names = tuple[str, ...]


@dataclass(frozen=True)
class LinearNames:
    """Names of a quantised linear layer: its parameters, and its input's quantiser."""

    weight: Names
    bias: Names
    move: Names
    step: Names
    zero: Names


def linear_names(module: str) -> LinearNames:
    """Names of the layer ``module``."""

    def within(names: Names) -> Names:
        return tuple(f"{module}.{name}" for name in names)

    return LinearNames(within(("weight",)), within(("bias",)), within(MOVE), within(STEP), within(ZERO))


@dataclass(frozen=True)
class NormNames:
    """Names of a BSPN: weight, offset, statistics."""

    gamma: Names
    beta: Names
    statistics: Names


def norm_names(module: str) -> NormNames:
    """Names of the BSPN of ``module``: ``LayerNorm2``, which the published code adds, else ``LayerNorm``."""

    def within(*names: str) -> Names:
        return tuple(f"{module}.{norm}.{name}" for norm in ("LayerNorm2", "LayerNorm") for name in names)

    return NormNames(within("weight", "gamma"), within("bias", "beta"), within("running_phi", "running_var"))


def encoder(number: int) -> str:
    """Module of encoder layer ``number``."""
    return f"encoder.layer.{number}"


def product_step(layer: str, part: str) -> Names:
    """Names of the step of the quantiser of ``part`` (query, key, value, attn) inside the attention of ``layer``."""
    attention = f"{layer}.attention.self"
    short = {"query": "q", "key": "k", "value": "v", "attn": "p"}[part]
    return tuple(f"{attention}.{name}" for name in (f"{part}_quantizer.alpha", f"clip_{part}", f"quant_{short}.alpha"))


def probability_zero(layer: str) -> Names:
    """Names of the zero point of the attention probabilities."""
    attention = f"{layer}.attention.self"
    return tuple(f"{attention}.{name}" for name in ("attn_quantizer.zero_point", "attn_quantizer.z", "quant_p.zero_point"))


LAYER_NUMBER = re.compile(r"encoder\.layer\.(\d{1,4})\.")


def ignored(key: str, keys: set[str]) -> bool:
    """Whether inference does not read ``key`` (without prefix); ``keys``: all of them. A LayerNorm beside LayerNorm2 is never run."""
    beside = ".LayerNorm." in key and f"{key.rsplit('.LayerNorm.', 1)[0]}.LayerNorm2.weight" in keys
    return beside or any(re.fullmatch(pattern, key) for pattern in IGNORED)
