"""Error of PTSOFTMAX and of the fixed-point softmax against softmax in floating point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from shiftfire_hw.baselines.softmax import PROBABILITY_BITS
from shiftfire_spec.shift_units import PTSOFTMAX_COUNT_BITS, PTSOFTMAX_EXPONENT_BITS, PTSOFTMAX_ROW_ENTRIES, DenominatorRule

from ..golden.ptsoftmax import count_table, counts, pow2_codes, ptsoftmax
from ..network.values import IntArray
from .deviation import Deviation, Range
from .models import fixed_point_softmax

SEED = 1
FRACTION_BITS = 8  # of the scores: so PTSOFTMAX's shift, too
RANDOM_LENGTHS = (2, 8, 64, 512)
RANDOM_SPREADS = (0.25, 1.0, 2.0, 4.0, 8.0)  # standard deviation of the scores, in octaves
RANDOM_ROWS = 200  # of every length and spread
_ONE = 1 << FRACTION_BITS
_NEAR = 8  # entries to either side of a number at which the denominator steps

Batches = Iterator[tuple[str, IntArray]]


def random_scores() -> Batches:
    """Normal scores: label, (rows, entries)."""
    rng = np.random.default_rng(SEED)
    for length in RANDOM_LENGTHS:
        for spread in RANDOM_SPREADS:
            yield (
                f"{length} entries, spread {spread:g}",
                np.rint(rng.normal(0, spread * _ONE, (RANDOM_ROWS, length))).astype(np.int64),
            )


def adversarial_scores() -> Batches:
    """Rows at which a power-of-two softmax is farthest off: label, (rows, entries).

    Equal entries, every length. One entry a whole number of octaves, or a step more or less, above any number of equal others. Two and three entries so far
    above others whose number is around the powers of two and half-way between: where the rule for the denominator decides.
    """
    for length in range(1, PTSOFTMAX_ROW_ENTRIES + 1):
        yield f"{length} equal", np.zeros((1, length), dtype=np.int64)
    powers = [1 << j for j in range(PTSOFTMAX_ROW_ENTRIES.bit_length())]
    middles = {power + half * power // 2 + near for power in powers for half in (0, 1) for near in range(-_NEAR, _NEAR + 1)}
    lifts = [octaves * _ONE + near for octaves in range(20) for near in (-1, 0, 1)]
    for above in (1, 2, 3):
        for others in range(1, PTSOFTMAX_ROW_ENTRIES - above + 1):
            if above == 1 or others in middles:
                rows = np.zeros((len(lifts), above + others), dtype=np.int64)
                rows[:, :above] = np.array(lifts)[:, None]
                yield f"{above} above {others} equal", rows


FAMILIES: Mapping[str, Callable[[], Batches]] = {"random": random_scores, "adversarial": adversarial_scores}


def exact_softmax(scores: IntArray, *, base: float = 2.0) -> np.ndarray:
    """Softmax of (rows, entries) in double precision, ``base ** score``."""
    below = (scores - scores.max(axis=1, keepdims=True)) / _ONE
    powers = base**below
    return powers / powers.sum(axis=1, keepdims=True)


def _pow2(e: IntArray) -> np.ndarray:
    codes = pow2_codes(e)
    return np.where(codes == (1 << PTSOFTMAX_EXPONENT_BITS) - 1, 0.0, 2.0**-codes)


def _count(e: IntArray) -> np.ndarray:
    return counts(e, count_table(PTSOFTMAX_COUNT_BITS)) / (1 << PTSOFTMAX_COUNT_BITS)


def shift_based_errors(rule: DenominatorRule, batches: Batches) -> dict[str, Any]:
    """PTSOFTMAX on the batches: deviations of its two outputs, range of the row sum and of the ratio to the exact value before a probability becomes zero."""
    deviations = {"pow2": Deviation(), "count": Deviation(), "pow2_base_e": Deviation()}
    sums, ratios, rows = Range(), Range(), 0
    for label, scores in batches:
        e, exact = ptsoftmax(scores, shift=FRACTION_BITS, rule=rule), exact_softmax(scores)
        deviations["pow2"].add(_pow2(e), exact, label)
        deviations["count"].add(_count(e), exact, label)
        deviations["pow2_base_e"].add(_pow2(e), exact_softmax(scores, base=np.e), label)
        sums.add((2.0**-e).sum(axis=1))
        ratios.add(2.0**-e / exact)
        rows += len(scores)
    outputs = {name: deviation.record() for name, deviation in deviations.items()}
    return {"rows": rows, **outputs, "row_sum": sums.record(), "ratio": ratios.record()}


def reference_errors(batches: Batches) -> dict[str, Any]:
    """The fixed-point softmax on the batches."""
    deviation, sums, rows = Deviation(), Range(), 0
    for label, scores in batches:
        values = fixed_point_softmax(scores, shift=FRACTION_BITS) / (1 << PROBABILITY_BITS)
        deviation.add(values, exact_softmax(scores), label)
        sums.add(values.sum(axis=1))
        rows += len(scores)
    return {"rows": rows, "probability": deviation.record(), "row_sum": sums.record()}


def softmax_errors() -> dict[str, Any]:
    """For the document: by unit, then by family of rows."""
    units: dict[str, Callable[[Batches], dict[str, Any]]] = {
        rule.name: lambda batches, rule=rule: shift_based_errors(rule, batches) for rule in DenominatorRule
    }
    units["reference"] = reference_errors
    return {unit: {family: errors(batches()) for family, batches in FAMILIES.items()} for unit, errors in units.items()}
