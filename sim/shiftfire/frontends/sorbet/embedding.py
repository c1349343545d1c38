"""Token numbers to the network's input: the embedding, which the published model keeps in float, in signed 8-bit values of one power-of-two step.

Or in two of them, a coarse and a fine one, side by side as the columns of a position: 14 bits, at twice the input's events.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind

from ...network.values import IntArray
from .checkpoint import Checkpoint
from .errors import CheckpointError

LIMIT = PAYLOAD_LIMITS[PayloadKind.SIGNED][1]
EPSILON = 1e-12
LEAST_EXPONENT, GREATEST_EXPONENT = -18, 4  # of the step
SAMPLED_WORDS = 4096  # that choose the step
FINE_BITS = 6  # of the fine part: a coarse step is 2**FINE_BITS fine ones

Reals = NDArray[np.float64]


class Embedding:
    """The embedding of a checkpoint.

    Words are binarised row by row, ``mean|row| sign(row - mean of the table)``, as the published code does; with ``binary_words`` False they are taken as they
    are. Positions count from 0; the sum with token types is layer-normalised. ``parts``: 1, or 2 for a coarse and a fine part. ``mask``: the input has a column
    more, for the padding mask.
    """

    def __init__(self, checkpoint: Checkpoint, *, binary_words: bool = True, parts: int = 1, mask: bool = False) -> None:
        self.checkpoint = checkpoint
        self.binary_words = binary_words
        self.parts = parts
        self.mask = mask
        self.limit = LIMIT if parts == 1 else LIMIT << FINE_BITS  # of a whole value

    @cached_property
    def _centre(self) -> float:
        return float(self.checkpoint.words.mean(dtype=np.float64))

    def real(self, token_ids: IntArray, token_types: IntArray | None = None) -> Reals:
        """Values (samples, hidden, tokens) of token numbers (samples, tokens); types are 0 unless given. Raises CheckpointError for a number out of range."""
        self._check("token ids", token_ids, len(self.checkpoint.words))
        types = np.zeros_like(token_ids) if token_types is None else token_types
        self._check("token types", types, len(self.checkpoint.types))
        if types.shape != token_ids.shape:
            raise CheckpointError(f"token types have shape {types.shape}, token ids {token_ids.shape}; give one for each")
        if token_ids.shape[1] > len(self.checkpoint.positions):
            raise CheckpointError(
                f"{token_ids.shape[1]} tokens: the checkpoint has {len(self.checkpoint.positions)} positions; shorten the text"
            )
        return self._normalised(token_ids, types, np.arange(token_ids.shape[1]))

    def _normalised(self, ids: IntArray, types: IntArray, positions: IntArray) -> Reals:
        c = self.checkpoint
        words = c.words[ids].astype(np.float64)
        if self.binary_words:
            words = np.abs(words).mean(axis=2, keepdims=True) * np.sign(words - self._centre)
        total = words + c.positions[positions] + c.types[types]
        deviation = total - total.mean(axis=2, keepdims=True)
        variance = np.square(deviation).mean(axis=2, keepdims=True)
        return np.moveaxis(deviation / np.sqrt(variance + EPSILON) * c.embedding_gamma + c.embedding_beta, 2, 1)

    @cached_property
    def step_log2(self) -> int:
        """Logarithm of the input's step: the power of two of the least mean square error, saturation included, over words spread over the vocabulary."""
        words, positions = len(self.checkpoint.words), len(self.checkpoint.positions)
        ids = np.unique(np.linspace(0, words - 1, min(words, SAMPLED_WORDS)).astype(np.int64))[None]
        values = self._normalised(ids, np.zeros_like(ids), np.arange(ids.shape[1]) % positions)
        errors = {
            e: float(np.square(self._codes(values, e) * 2.0**e - values).mean())
            for e in range(LEAST_EXPONENT, GREATEST_EXPONENT + 1)
        }
        return min(errors, key=lambda e: (errors[e], e))

    def _codes(self, values: Reals, exponent: int) -> Reals:
        return np.clip(np.rint(values * 2.0**-exponent), -self.limit, self.limit)

    def whole(self, token_ids: IntArray, token_types: IntArray | None = None) -> IntArray:
        """Values (samples, hidden, tokens) in steps of ``2**step_log2``, within ``limit``."""
        return self._codes(self.real(token_ids, token_types), self.step_log2).astype(np.int64)

    def split(self, whole: IntArray) -> IntArray:
        """The network's input for whole values: -127..127, shape (samples, hidden, tokens, parts)."""
        if self.parts == 1:
            return whole[..., None]
        coarse = (whole + (1 << (FINE_BITS - 1))) >> FINE_BITS
        return np.stack([coarse, whole - (coarse << FINE_BITS)], axis=-1)

    def codes(self, token_ids: IntArray, token_types: IntArray | None = None, mask: IntArray | None = None) -> IntArray:
        """What the network takes for token numbers, (samples, hidden, tokens, columns); ``mask`` (samples, tokens): see `masked`."""
        return self.masked(self.split(self.whole(token_ids, token_types)), mask)

    def masked(self, values: IntArray, mask: IntArray | None) -> IntArray:
        """Values (samples, hidden, tokens, parts) with the padding mask as a column more, if the network takes one.

        ``mask`` (samples, tokens) is the attention mask as transformers have it: 1 for a token, 0 for padding; None: no padding. In the column, row i has -1 in
        channel j where token j is padding: one for every query. Raises CheckpointError.
        """
        if not self.mask:
            if mask is not None:
                raise CheckpointError("the network takes no padding mask: import the checkpoint with one")
            return values
        samples, hidden, tokens, _ = values.shape
        column = np.zeros((samples, hidden, tokens, 1), np.int64)
        if mask is not None:
            self._check_mask(mask, (samples, tokens))
            column[:, :tokens, :, 0] = np.where(mask == 0, -1, 0)[:, :, None]
        return np.concatenate([values, column], axis=-1)

    @staticmethod
    def _check_mask(mask: IntArray, shape: tuple[int, int]) -> None:
        if mask.dtype.kind not in "iub" or mask.shape != shape:
            raise CheckpointError(
                f"the attention mask is {mask.dtype} of shape {mask.shape}; give integers {shape}, as the token ids"
            )
        if not np.isin(mask, (0, 1)).all():
            raise CheckpointError(f"the attention mask holds {mask[~np.isin(mask, (0, 1))][0]}; it is 1 for a token, 0 for padding")
        if not mask.any(axis=1).all():
            raise CheckpointError(f"sequence {int(np.argmin(mask.any(axis=1)))} is all padding; leave it out")

    @staticmethod
    def _check(what: str, numbers: IntArray, count: int) -> None:
        if numbers.dtype.kind not in "iu" or numbers.ndim != 2 or not numbers.size:
            raise CheckpointError(f"{what} are {numbers.dtype} of shape {numbers.shape}; give integers (samples, tokens)")
        if not 0 <= int(numbers.min()) <= int(numbers.max()) < count:
            raise CheckpointError(f"{what} run from {numbers.min()} to {numbers.max()}; the checkpoint has 0..{count - 1}")


def embed(
    checkpoint: Checkpoint, token_ids: IntArray, token_types: IntArray | None = None, mask: IntArray | None = None
) -> IntArray:
    """Input of the imported network (samples, hidden, tokens, columns) for token numbers (samples, tokens); with a ``mask``, of one that takes a mask."""
    return Embedding(checkpoint, mask=mask is not None).codes(token_ids, token_types, mask)
