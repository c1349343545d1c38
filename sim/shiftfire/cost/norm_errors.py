"""Error of BSPN against PowerNorm and layer norm in floating point, and of the fixed-point layer norm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from shiftfire_hw.synthesis.designs import ENTRY_BITS, GROUP, ROW
from shiftfire_spec.shift_units import BSPN_CODES

from ..golden.bspn import bspn_power, group_length
from ..network.neurons.bspn import Bspn
from ..network.values import IntArray
from .deviation import Deviation
from .models import fixed_point_layer_norm

SEED = 2
ROWS = 200
CALIBRATION_ROWS = 500
FRACTION_BITS, GUARD, VALUE_BITS = 12, 4, 24
EPSILON = 1e-5  # of the published normalisation
LEAST_BITS, MOST_BITS = 6, 15  # a row's standard deviation is a power of two between these


def _clipped(values: np.ndarray) -> IntArray:
    limit = (1 << (ENTRY_BITS - 1)) - 1
    return np.clip(np.rint(values), -limit, limit).astype(np.int64)


def centred_rows(rng: np.random.Generator, rows: int = ROWS) -> IntArray:
    """Normal entries without mean; every row with a size of its own."""
    return _clipped(rng.normal(0, 1, (rows, ROW)) * 2.0 ** rng.uniform(LEAST_BITS, MOST_BITS, (rows, 1)))


def shifted_rows(rng: np.random.Generator) -> IntArray:
    """The same with a mean of one standard deviation."""
    return _clipped((1 + rng.normal(0, 1, (ROWS, ROW))) * 2.0 ** rng.uniform(LEAST_BITS, MOST_BITS, (ROWS, 1)))


def step_rows(rng: np.random.Generator) -> IntArray:
    """Equal magnitudes at a power of two or one beside it, random signs: where the group's scale steps."""
    sizes = np.array([(1 << bits) + near for bits in range(LEAST_BITS, MOST_BITS + 1) for near in (-1, 0, 1)])
    return sizes[:, None] * rng.choice((-1, 1), (len(sizes), ROW))


def one_hot_rows(rng: np.random.Generator) -> IntArray:
    """One entry of every group, the others zero."""
    rows = np.zeros((ROWS, ROW // GROUP, GROUP), dtype=np.int64)
    size = 1 << rng.integers(LEAST_BITS, MOST_BITS, rows.shape[:2])
    np.put_along_axis(rows, rng.integers(0, GROUP, rows.shape[:2])[:, :, None], size[:, :, None], axis=2)
    return rows.reshape(ROWS, ROW)


def equal_rows(rng: np.random.Generator) -> IntArray:
    """All entries of a row equal: no variance at all."""
    return np.repeat(rng.integers(-(1 << MOST_BITS), 1 << MOST_BITS, (ROWS, 1)), ROW, axis=1)


FAMILIES: Mapping[str, Callable[[np.random.Generator], IntArray]] = {
    "centred": centred_rows,
    "shifted": shifted_rows,
    "steps": step_rows,
    "one_hot": one_hot_rows,
    "equal": equal_rows,
}


def _grouped(x: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A statistic over axis 2 of (rows, groups, GROUP), for every channel again."""
    groups = x.reshape(len(x), -1, GROUP)
    return np.repeat(statistic(groups), GROUP, axis=1)


def _by_power(x: IntArray, layer: Bspn) -> np.ndarray:
    """x over the group's power of two."""
    return x * 2.0 ** (layer.group.bit_length() - 1 - group_length(layer, x))


def _by_mean(x: IntArray) -> np.ndarray:
    """x over the group's mean magnitude; zeros stay."""
    mean = _grouped(np.abs(x), lambda groups: groups.mean(axis=2))
    return x / np.where(mean > 0, mean, 1)


def exact_layer_norm(x: IntArray, size: int) -> np.ndarray:
    """(x - mean) / standard deviation over groups of ``size``, double precision; 0 where there is no variance."""
    groups = x.reshape(len(x), -1, size).astype(np.float64)
    deviation = groups.std(axis=2, keepdims=True)
    return ((groups - groups.mean(axis=2, keepdims=True)) / np.where(deviation > 0, deviation, 1)).reshape(x.shape)


@dataclass(frozen=True)
class Layer:
    """A layer in floating point, and as BSPN and the reference hold it. gamma, beta, weight_*: one per channel.

    ``weight_power`` and ``weight_mean`` are gamma over the root of the running mean square, for the two ways to scale a group.
    """

    gamma: np.ndarray
    beta: np.ndarray
    weight_power: np.ndarray
    weight_mean: np.ndarray
    bspn: Bspn

    @property
    def fixed_beta(self) -> IntArray:
        """beta in units of y."""
        return np.rint(self.beta * (1 << FRACTION_BITS)).astype(np.int64)


def calibrated_layer(rng: np.random.Generator) -> Layer:
    """gamma of 1/2 to 2 and either sign, small beta; mean squares from centred rows."""
    gamma = 2.0 ** rng.uniform(-1, 1, ROW) * rng.choice((-1, 1), ROW)
    beta = rng.normal(0, 0.25, ROW)
    x = centred_rows(rng, CALIBRATION_ROWS)

    def bspn(shift: IntArray) -> Bspn:
        fixed_beta = np.rint(beta * (1 << FRACTION_BITS)).astype(np.int64)
        negative, codes = (gamma < 0).astype(np.int64), np.zeros(BSPN_CODES, dtype=np.int64)
        return Bspn(np.zeros_like(shift), shift, negative, fixed_beta, GROUP, guard=GUARD, codes=codes)

    def weight(scaled: np.ndarray) -> np.ndarray:
        return gamma / np.sqrt((scaled**2).mean(axis=0) + EPSILON)

    weight_power = weight(_by_power(x, bspn(np.zeros(ROW, dtype=np.int64))))
    shift = FRACTION_BITS + np.rint(np.log2(np.abs(weight_power))).astype(np.int64)
    return Layer(gamma, beta, weight_power, weight(_by_mean(x)), bspn(shift))


def norm_errors() -> dict[str, Any]:
    """For the document: by comparison, then by family of rows."""
    rng = np.random.default_rng(SEED)
    layer = calibrated_layer(rng)
    records: dict[str, dict[str, Any]] = {}
    for family, make in FAMILIES.items():
        x = make(rng)
        for name, (values, exact) in _comparisons(layer, x).items():
            deviation = Deviation()
            deviation.add(values, exact)
            records.setdefault(name, {})[family] = {"rows": len(x), **deviation.record()}
    return records


def _comparisons(layer: Layer, x: IntArray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Values and exact values by name."""
    result = bspn_power(layer.bspn, x)
    y, power = result.y * 2.0**-FRACTION_BITS, result.power * 2.0 ** (GUARD - FRACTION_BITS)
    gamma = np.rint(layer.gamma * (1 << FRACTION_BITS)).astype(np.int64)
    exact = {
        "same_scale": layer.weight_power * _by_power(x, layer.bspn) + layer.beta,
        "power_norm": layer.weight_mean * _by_mean(x) + layer.beta,
        "layer_norm": layer.gamma * exact_layer_norm(x, GROUP) + layer.beta,
    }
    comparisons = {f"{name}_{against}": (v, exact[against]) for against in exact for name, v in (("y", y), ("power", power))}
    for name, size in (("reference_group", GROUP), ("reference_row", ROW)):
        fixed = fixed_point_layer_norm(x, gamma=gamma, beta=layer.fixed_beta, group=size, value_bits=VALUE_BITS)
        comparisons[name] = (fixed * 2.0**-FRACTION_BITS, layer.gamma * exact_layer_norm(x, size) + layer.beta)
    return comparisons
