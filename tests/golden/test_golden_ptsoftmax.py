"""PTSOFTMAX against the published definition in fractions: every entry summed, the nearest power of two found by its distance."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.golden.ptsoftmax import MASKED, count_table, counts, fire_ptsoftmax, pow2_codes, ptsoftmax
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.values import Shape
from shiftfire_spec.shift_units import PTSOFTMAX_FRACTION_BITS, PTSOFTMAX_ROW_ENTRIES, DenominatorRule

RULES = st.sampled_from(DenominatorRule)


def definition(row: list[int], shift: int, rule: DenominatorRule) -> list[int]:
    """Exponents of one row, as published; ``k`` by looking at the powers of two one after the other."""
    c = [math.ceil(Fraction(a, 2**shift)) for a in row]
    d = [max(c) - value for value in c]
    total = sum(Fraction(1, 2**value) for value in d)
    powers = range(len(row).bit_length() + 1)
    if rule is DenominatorRule.CEIL:
        k = next(k for k in powers if 2**k >= total)
    else:
        k = min(powers, key=lambda k: (abs(total - 2**k), -k))
    return [value + k for value in d]


def check(rows: list[list[int]], shift: int, rule: DenominatorRule, **parameters: int) -> None:
    expected = [definition(row, shift, rule) for row in rows]
    assert ptsoftmax(np.array(rows), shift=shift, rule=rule, **parameters).tolist() == expected


@given(st.data(), st.integers(0, 12), RULES)
@settings(max_examples=400, deadline=None)
def test_definition(data: st.DataObject, shift: int, rule: DenominatorRule) -> None:
    """Rows of up to F + 1 entries are exact whatever they hold; longer ones because no d exceeds F."""
    entries = data.draw(st.sampled_from([1, 2, 3, 4, 7, 8, 9, 24, 25, 26, 31, 32, 33, 64]))
    span = 1200 if entries <= PTSOFTMAX_FRACTION_BITS + 1 else (PTSOFTMAX_FRACTION_BITS << shift) // 2
    row = st.lists(st.integers(-span, span), min_size=entries, max_size=entries)
    check(data.draw(st.lists(row, min_size=1, max_size=4)), shift, rule)


@pytest.mark.parametrize("rule", DenominatorRule)
@pytest.mark.parametrize("entries", [1, 2, 3, 4])
def test_every_short_row(entries: int, rule: DenominatorRule) -> None:
    """All rows of -4..3, at the least F for which the bound promises exactness."""
    check([list(row) for row in itertools.product(range(-4, 4), repeat=entries)], 0, rule, fraction_bits=max(1, entries - 1))
    check([list(row) for row in itertools.product(range(-4, 4), repeat=entries)], 1, rule)


@pytest.mark.parametrize("rule", DenominatorRule)
@pytest.mark.parametrize("shift", range(3))
def test_every_short_row_with_masks(shift: int, rule: DenominatorRule) -> None:
    """All 11,110 rows of up to four entries of -4..4 or masked."""
    checked = 0
    for entries in range(1, 5):
        rows = list(itertools.product([*range(-4, 5), None], repeat=entries))
        a, mask = (
            np.array([[score or 0 for score in row] for row in rows]),
            np.array([[s is not None for s in row] for row in rows]),
        )
        for row, got in zip(rows, ptsoftmax(a + 99 * ~mask, shift=shift, rule=rule, mask=mask).tolist(), strict=True):
            kept = [score for score in row if score is not None]
            exponents = iter(definition(kept, shift, rule) if kept else [])
            assert got == [MASKED if score is None else next(exponents) for score in row], row
            checked += 1
    assert checked == 11_110


@pytest.mark.parametrize("rule", DenominatorRule)
def test_every_length_of_equal_entries(rule: DenominatorRule) -> None:
    """The sum is the length: powers of two, midpoints 3, 6, ..., 384 and all between."""
    for entries in range(1, PTSOFTMAX_ROW_ENTRIES + 1):
        check([[-7] * entries], 3, rule)


@pytest.mark.parametrize("octave", range(8))
def test_midpoint_goes_up_and_a_trace_below_it_down(octave: int) -> None:
    """1.5 * 2^L, and 2^-24 less: 1/2 as 1/4 + 1/8 + ... + 2^-24; for CEIL 2^L, and a trace above."""
    half = [-d for d in range(2, PTSOFTMAX_FRACTION_BITS + 1)]
    ones, halves = [0] * 2**octave, [-1] * 2**octave
    for row, rule, k in (
        (ones + halves, DenominatorRule.NEAREST_UP, octave + 1),
        (ones + halves[1:] + half, DenominatorRule.NEAREST_UP, octave),
        (ones, DenominatorRule.CEIL, octave),
        ([*ones, half[-1]], DenominatorRule.CEIL, octave + 1),
        (ones + halves[1:] + half, DenominatorRule.CEIL, octave + 1),
    ):
        assert definition(row, 0, rule)[0] == k
        check([row], 0, rule)


@pytest.mark.parametrize("rule", DenominatorRule)
def test_longest_rows_with_masks(rule: DenominatorRule) -> None:
    """512 entries, none further below the maximum than F, so that no entry is dropped; some masked."""
    rng = np.random.default_rng(8)
    for shift in range(6):
        far = PTSOFTMAX_FRACTION_BITS << shift
        a = rng.integers(-far // 2, far // 2, (10, PTSOFTMAX_ROW_ENTRIES)) >> rng.integers(0, 4, (10, 1))
        mask = rng.random(a.shape) < rng.choice((0.1, 0.7, 1.0), (10, 1))
        for row, part, got in zip(a, mask, ptsoftmax(a, shift=shift, rule=rule, mask=mask), strict=True):
            assert got[part].tolist() == definition(row[part].tolist(), shift, rule)
            assert (got[~part] == MASKED).all()


@pytest.mark.parametrize("shift", range(9))
def test_every_score_of_nine_bits(shift: int) -> None:
    """Ceil of negative scores too: each against the greatest."""
    check([[a, 255] for a in range(-256, 256)], shift, DenominatorRule.NEAREST_UP)


def test_extremes_of_32_bits() -> None:
    low, high = -(1 << 31), (1 << 31) - 1
    for shift in (0, 1, 30, 31):
        rows = np.array([[low, high, 0], [low, low, low], [high, high, low + 1], [-1, 0, 1]])
        expected = [definition(row, shift, DenominatorRule.NEAREST_UP) for row in rows.tolist()] if shift >= 30 else None
        e = ptsoftmax(rows, shift=shift)
        assert expected is None or e.tolist() == expected
        assert e[1].tolist() == [2, 2, 2]  # 3 is as far from 2 as from 4: up
    assert ptsoftmax(np.array([[low, high]]), shift=0).tolist() == [[(1 << 32) - 1, 0]]


@given(st.lists(st.tuples(st.integers(-300, 300), st.booleans()), min_size=1, max_size=20), RULES)
@settings(max_examples=200, deadline=None)
def test_masked_entries_take_no_part(row: list[tuple[int, bool]], rule: DenominatorRule) -> None:
    e = ptsoftmax(np.array([[a for a, _ in row]]), shift=3, rule=rule, mask=np.array([[part for _, part in row]]))[0]
    kept = [a for a, part in row if part]
    assert [value for value, (_, part) in zip(e.tolist(), row, strict=True) if part] == (definition(kept, 3, rule) if kept else [])
    assert all(value == MASKED for value, (_, part) in zip(e.tolist(), row, strict=True) if not part)


@pytest.mark.parametrize("fraction_bits", [1, 2, 3, 8, PTSOFTMAX_FRACTION_BITS])
def test_bound_on_the_row_is_tight(fraction_bits: int) -> None:
    """1, 1/4, 1/8, ..., 2^-F and twice 2^-(F+1) make 1.5: one entry more than the bound, and k is one too small."""
    ladder = [0, *(-d for d in range(2, fraction_bits + 1)), -(fraction_bits + 1), -(fraction_bits + 1)]
    assert len(ladder) == fraction_bits + 2
    e = ptsoftmax(np.array([ladder]), shift=0, fraction_bits=fraction_bits)[0]
    assert (e + 1).tolist() == definition(ladder, 0, DenominatorRule.NEAREST_UP)
    check([ladder], 0, DenominatorRule.NEAREST_UP, fraction_bits=fraction_bits + 1)


@given(st.data(), RULES)
@settings(max_examples=200, deadline=None)
def test_long_rows_are_off_by_at_most_one_and_only_near_a_threshold(data: st.DataObject, rule: DenominatorRule) -> None:
    """Beyond the bound, at the least F for which the statement holds with 512 entries."""
    fraction_bits = 9
    tail = data.draw(st.integers(0, PTSOFTMAX_ROW_ENTRIES - fraction_bits))
    row = [0, *(-d for d in range(data.draw(st.integers(1, 3)), fraction_bits + 1))]
    row += [-data.draw(st.integers(fraction_bits, fraction_bits + 3))] * max(0, tail - 8)
    exact, e = definition(row, 0, rule), ptsoftmax(np.array([row]), shift=0, rule=rule, fraction_bits=fraction_bits)[0].tolist()
    if e != exact:
        assert [value + 1 for value in e] == exact
        total = sum(Fraction(2) ** value for value in row)
        k = exact[0]
        threshold = Fraction(3, 4) * 2**k if rule is DenominatorRule.NEAREST_UP else Fraction(2) ** (k - 1)
        assert 0 <= total - threshold < Fraction(len(row), 2 ** (fraction_bits + 1))


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=PTSOFTMAX_ROW_ENTRIES), st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_row_sum_envelope(row: list[int], shift: int) -> None:
    """Probabilities do not sum to 1: [0.75, 1.5] with the nearest power, (0.5, 1] with the one above."""
    for rule, low, high in (
        (DenominatorRule.NEAREST_UP, Fraction(3, 4), Fraction(3, 2)),
        (DenominatorRule.CEIL, Fraction(1, 2), Fraction(1)),
    ):
        e = ptsoftmax(np.array([row]), shift=shift, rule=rule)[0]
        total = sum(Fraction(1, 2 ** int(value)) for value in e)
        slack = Fraction(len(row), 1 << (PTSOFTMAX_FRACTION_BITS + 1))
        assert low <= total <= high + slack, rule


def test_published_example_is_far_from_one() -> None:
    """94 entries, the first a trace above the others: the sum is 1.484 (algorithms, section 1.5)."""
    e = ptsoftmax(np.array([[1] + [0] * 93]), shift=20)[0]
    assert np.exp2(-e.astype(float)).sum() == pytest.approx(1.484, abs=5e-4)


@pytest.mark.parametrize("alpha_exponent", range(32))
def test_count_table_is_the_quantiser(alpha_exponent: int) -> None:
    """``clamp(round_half_even(p / alpha), 0, 15)`` with Python's round, which rounds halves to even."""
    expected = [min(15, round(Fraction(2) ** (alpha_exponent - e))) for e in range(32)]
    assert count_table(alpha_exponent).tolist() == expected


def test_outputs() -> None:
    e = np.array([[0, 14, 15, 16, 31, 32, 900, MASKED]])
    assert pow2_codes(e).tolist() == [[0, 14, 15, 15, 15, 15, 15, 15]]
    table = np.arange(32) % 16
    assert counts(e, table).tolist() == [[0, 14, 15, 0, 15, 15, 15, 0]]
    assert counts(e, count_table(3)).tolist() == [[8, 0, 0, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ptsoftmax(np.zeros((1, 513), dtype=int), shift=0), "row_entries = 513"),
        (lambda: ptsoftmax(np.zeros((1, 2), dtype=int), shift=32), "shift = 32"),
        (lambda: ptsoftmax(np.zeros((1, 2), dtype=int), shift=0, fraction_bits=0), "fraction_bits = 0"),
        (lambda: ptsoftmax(np.zeros(2, dtype=int), shift=0), r"shape \(2,\)"),
        (lambda: ptsoftmax(np.zeros((1, 2)), shift=0), "float64"),
        (lambda: ptsoftmax(np.zeros((1, 2), dtype=int), shift=0, mask=np.ones((2, 1))), r"mask of shape \(2, 1\)"),
        (lambda: counts(np.zeros((1, 2), dtype=int), np.zeros(16, dtype=int)), r"count table of shape \(16,\)"),
        (lambda: count_table(32), "alpha_exponent = 32"),
    ],
)
def test_parameters_are_checked(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("table", [None, count_table(4)])
def test_a_layer_is_rows_of_channels_with_their_bias(table: np.ndarray | None) -> None:
    """Every row of ``entries`` channels of a position against the definition."""
    rng = np.random.default_rng(3)
    layer = Ptsoftmax(rng.integers(-20, 20, 12), 2, 4, DenominatorRule.CEIL, table)
    sums = rng.integers(-100, 100, (2, 3, 12, 2, 3))
    fired = fire_ptsoftmax(layer, sums)
    for sample, step, row, y, x in np.ndindex(2, 3, 3, 2, 3):
        own = slice(4 * row, 4 * row + 4)
        e = definition((sums[sample, step, own, y, x] + layer.bias[own]).tolist(), 2, layer.rule)
        wanted = [(1 << (14 - value) if value < 15 else 0) if table is None else int(table[min(value, 31)]) for value in e]
        assert fired[sample, step, own, y, x].tolist() == wanted
    assert fired.min() >= layer.value_limits[0] and fired.max() <= layer.value_limits[1]


@pytest.mark.parametrize(("rule", "left"), [(DenominatorRule.NEAREST_UP, 0), (DenominatorRule.CEIL, 1)])
def test_masking_by_a_very_negative_score(rule: DenominatorRule, left: int) -> None:
    """One entry left of each row: probability 1; CEIL counts the others as a trace, as the sum over all entries does."""
    layer = Ptsoftmax(np.zeros(12, np.int64), 2, 4, rule)
    fired = fire_ptsoftmax(layer, np.where(np.arange(12)[:, None, None] % 4, -9999, np.zeros((1, 1, 12, 1, 1), np.int64)))
    assert fired.ravel().tolist() == [layer.value_limits[1] >> left, 0, 0, 0] * 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entries": 5}, "entries = 5 does not divide its 12 channels"),
        ({"entries": 513}, "entries = 513"),
        ({"entries": 0}, "entries = 0"),
        ({"shift": 32}, "shift = 32"),
        ({"rule": 0}, "rule = 0"),
        ({"counts": np.full(32, 256)}, "counts holds 256"),
        ({"counts": np.zeros(33, int)}, "shape"),
    ],
)
def test_wrong_layers_are_named(change: dict[str, Any], words: str) -> None:
    good = Ptsoftmax(np.zeros(12, np.int64), 2, 4)
    good.check("layer x", Shape(12))
    with pytest.raises(ValueError, match=f"layer x: .*{words}"):
        replace(good, **change).check("layer x", Shape(12))
