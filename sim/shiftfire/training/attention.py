"""Trainable twins of the synapses with dynamic weights: QK, PV and KV.

Values are (batch, heads * D, height, width); a token is a position, in (row, column) order.
"""

from __future__ import annotations

from torch import Tensor


def _tokens(values: Tensor, heads: int) -> Tensor:
    """Values as (batch, heads, channels of a head, tokens)."""
    return values.flatten(2).unflatten(1, (heads, -1))


def scores(queries: Tensor, keys: Tensor, heads: int) -> Tensor:
    """QK: ``q k^T`` per head; channel h * N + j is head h's score with the keys' token j: (batch, heads * N, height, width)."""
    sums = _tokens(keys, heads).transpose(2, 3) @ _tokens(queries, heads)
    return sums.flatten(1, 2).unflatten(2, queries.shape[2:])


def weighted_sum(weights: Tensor, rows: Tensor, heads: int) -> Tensor:
    """PV: per head, the sum of the tokens of ``rows`` (batch, heads * D, Hv, Wv), by ``weights`` (batch, heads * Hv * Wv, H, W)."""
    sums = _tokens(rows, heads) @ _tokens(weights, heads)
    return sums.flatten(1, 2).unflatten(2, weights.shape[2:])


def outer_product(keys: Tensor, rows: Tensor, heads: int) -> Tensor:
    """KV: per head ``k^T v`` over the tokens, row d of the key's channel d: (batch, heads * E, D, 1)."""
    sums = _tokens(rows, heads) @ _tokens(keys, heads).transpose(2, 3)
    return sums.flatten(1, 2).unsqueeze(3)
