"""Tables of PTSILU and PTSOFTPLUS against their definitions in float64, and against the functions they stand for."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from shiftfire.golden.activation_table import activation_table, fire_table, ptsilu, ptsoftplus, table_values
from shiftfire.network.neurons.table import Table
from shiftfire.network.values import Shape
from shiftfire_spec.packet import PayloadKind


def silu_in_float(x: float) -> float:
    return -(2.0**x) if x < -1.791995 else 2.0 ** (-x - 1) + x - 0.228245


def softplus_in_float(x: float) -> float:
    joint = math.log2(1 / math.log(2))
    return 2.0**x if x < joint else x + (1 / math.log(2) - joint)


BOTH = [(ptsilu, silu_in_float), (ptsoftplus, softplus_in_float)]
ARGUMENTS = [
    (Fraction(1, 4), Fraction(-4)),
    (Fraction(1, 2), Fraction(-8)),
    (Fraction(3, 17), Fraction(-2)),
    (Fraction(1, 7), Fraction(1, 8)),
]


@pytest.mark.parametrize(("function", "in_float"), BOTH)
@pytest.mark.parametrize(("alpha", "zero"), ARGUMENTS)
@pytest.mark.parametrize("fraction", [0, 6, 11])
def test_entries_are_correctly_rounded(function, in_float, alpha, zero, fraction):
    table = activation_table(function, alpha=alpha, zero=zero, fraction=fraction)
    for q, entry in enumerate(table.tolist()):
        exact = in_float(float(alpha * q + zero)) * 2**fraction
        assert abs(entry - exact) <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("function", "true", "bound"),
    [(ptsilu, lambda x: x / (1 + math.exp(-x)), 0.3146), (ptsoftplus, lambda x: math.log1p(math.exp(x)), 0.91393)],
)
def test_error_is_the_published_one(function, true, bound):
    error = max(abs(float(function(Decimal(n) / 64)) - true(n / 64)) for n in range(-1000, 1001))
    assert 0.99 * bound < error <= bound


def test_known_values():
    assert abs(float(ptsilu(Decimal(0))) - 0.271755) < 1e-9
    assert abs(float(ptsoftplus(Decimal("0.5287663729448977"))) - 1.4426950408889634) < 1e-15


def test_lookup_rounds_the_argument_half_to_even_and_clips():
    table = np.arange(32) * 10
    for shift in (0, 1, 3):
        sums = np.arange(-40, 300)
        expected = [10 * max(0, min(31, round(Fraction(int(s), 2**shift)))) for s in sums]
        assert table_values(table, sums, shift=shift).tolist() == expected


def test_too_many_fraction_bits_are_refused():
    with pytest.raises(ValueError, match="fewer fraction bits"):
        activation_table(ptsoftplus, alpha=Fraction(1), zero=Fraction(0), fraction=11)
    with pytest.raises(ValueError, match="alpha = 0"):
        activation_table(ptsoftplus, alpha=Fraction(0), zero=Fraction(0), fraction=4)


def test_a_layer_adds_the_bias_of_each_channel():
    table, bias = np.arange(32) * 10, np.array([0, 7, -3])
    sums = np.arange(2 * 3 * 3 * 4 * 5).reshape(2, 3, 3, 4, 5) - 100
    fired = fire_table(Table(bias, 2, table), sums)
    for place in np.ndindex(sums.shape):
        a = int(sums[place]) + int(bias[place[2]])
        assert fired[place] == 10 * max(0, min(31, round(Fraction(a, 4))))


@pytest.mark.parametrize(
    ("values", "kind", "limits"),
    [(range(32), PayloadKind.COUNT, (0, 31)), (range(-5, 27), PayloadKind.SIGNED, (-5, 26)), ([9] * 32, PayloadKind.COUNT, (0, 9))],
)
def test_payload_of_a_table(values, kind, limits):
    table = Table(np.zeros(1, np.int64), 0, np.array(list(values)))
    table.check("layer x", Shape(1))
    assert (table.payload_kind, table.value_limits) == (kind, limits)


@pytest.mark.parametrize(
    ("shift", "values", "words"),
    [
        (32, np.zeros(32, int), "shift = 32"),
        (0, np.zeros(31, int), "shape"),
        (0, np.full(32, 256), "values holds 256"),
        (0, np.full(32, -128), "values holds -128"),
        (0, np.array([-1] + [128] * 31), "values reach -1..128; no payload holds both"),
        (0, np.zeros(32), "not an integer array"),
    ],
)
def test_tables_that_no_payload_carries_are_refused(shift, values, words):
    with pytest.raises(ValueError, match=f"layer x: .*{words}"):
        Table(np.zeros(1, np.int64), shift, values).check("layer x", Shape(1))
