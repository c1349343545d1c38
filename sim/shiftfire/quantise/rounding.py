"""Rounding weights so that the errors of a sum cancel: each weight's error is carried into those that are not rounded yet, the last one's into the bias.

The method of Frantar and others, GPTQ (ICLR 2023), over what a membrane holds: the sources' values summed with the membrane's decay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..frontends.float_graph.neurons import FloatArray
from ..network.values import IntArray

MAX_INPUTS = 2048  # weights of a channel for which second moments are kept
DAMPING = 0.001  # of the mean square, added to every one: sources that never spoke may speak yet
LONGEST_MEMORY = 16.0  # steps that a membrane is taken to remember: resets cut longer memories off
ASSUMED_RATE = 0.1  # mean value of a source where nothing was measured


@dataclass(frozen=True, eq=False)
class Moments:
    """Of the values that a channel's weights meet, summed over time: ``mean`` (weights,) and ``covariance`` (weights, weights)."""

    mean: FloatArray
    covariance: FloatArray


def memory_of(decay: float) -> float:
    """Decay with which sources are summed to judge errors: the membrane's, cut to a bounded memory."""
    return float(np.clip(decay, 0.0, 1.0 - 1.0 / LONGEST_MEMORY))


def assumed_moments(weights: int, decay: float, step: float) -> Moments:
    """Of sources that send independently, all at one rate, counted in steps of the real value ``step``."""
    spread = ASSUMED_RATE * (1 - ASSUMED_RATE) / (1 - decay**2) / step**2
    return Moments(np.full(weights, ASSUMED_RATE / (1 - decay) / step), spread * np.eye(weights))


def measured_moments(values: FloatArray, decay: float) -> Moments:
    """Of ``values`` (samples, timesteps, weights)."""
    trace = np.zeros(values[:, 0].shape)
    total, square = np.zeros(values.shape[2]), np.zeros((values.shape[2],) * 2)
    for step in range(values.shape[1]):
        trace = decay * trace + values[:, step]
        total += trace.sum(axis=0)
        square += trace.T @ trace
    count = max(1, values.shape[0] * values.shape[1])
    mean = total / count
    return Moments(mean, square / count - np.outer(mean, mean))


def cancelling(
    rows: list[FloatArray], steps: list[float], most: list[int], moments: list[Moments], memory: float
) -> tuple[list[IntArray], FloatArray]:
    """Integer weights, one array (channels, weights) per synapse, and what a bias should have besides, (channels,): it takes what they leave of the mean.

    ``rows``: real weights in units of the membrane, to be multiples of ``steps`` of at most ``most``; the bias in such units as well.
    """
    open_ = np.concatenate([*rows, np.zeros((len(rows[0]), 1))], axis=1)
    step = np.concatenate([np.full(r.shape[1], s) for r, s in zip(rows, steps, strict=True)])
    limit = np.concatenate([np.full(r.shape[1], float(m)) for r, m in zip(rows, most, strict=True)])
    order, factor = _order_and_factor(moments, memory)
    result, open_ = np.empty((len(open_), len(step)), np.int64), open_[:, order]
    for i, column in enumerate(order[:-1]):
        whole = np.clip(np.rint(open_[:, i] / step[column]), -limit[column], limit[column])
        result[:, column] = whole
        error = (open_[:, i] - whole * step[column]) / factor[i, i]
        open_[:, i + 1 :] -= error[:, None] * factor[i, i + 1 :]
    ends = np.cumsum([r.shape[1] for r in rows])
    return list(np.split(result, ends[:-1], axis=1)), open_[:, -1]


def _order_and_factor(moments: list[Moments], memory: float) -> tuple[IntArray, FloatArray]:
    """Columns from the busiest on, the bias last, and the triangular factor by which errors are carried on.

    Sources of different synapses are taken to be independent but for their means; the bias is a source that always sends 1.
    """
    constant = 1.0 / (1.0 - memory)
    mean = np.concatenate([*(m.mean for m in moments), np.full(1, constant)])
    square = np.outer(mean, mean)
    start = 0
    for part in moments:
        own = slice(start, start + len(part.mean))
        square[own, own] += part.covariance
        start += len(part.mean)
    level = float(np.mean(np.diag(square)[:-1])) if start else 0.0
    square += DAMPING * (level or 1.0) * np.diag(np.append(np.ones(start), 1e-4))
    order = np.append(np.argsort(-np.diag(square)[:-1], kind="stable"), start)
    factor = np.linalg.cholesky(np.linalg.inv(square[np.ix_(order, order)])).T
    return order, factor.astype(np.float64)
