"""The rule, on made-up figures: all four outcomes, and how cases go together."""

from __future__ import annotations

import math

import pytest
from shiftfire.claims.verdict import Expected, Figure, Verdict, claim_verdict, deciding_factor, exactly
from shiftfire.energy.corners import Band

TEN = Expected(10, 10)


def figure(low: float, high: float, case: str | None = "all", name: str = "x") -> Figure:
    return Figure(name, "%", Band(low, (low + high) / 2, high), case)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (9, 11, Verdict.REPRODUCED),  # it lies within
        (10.9, 20, Verdict.REPRODUCED),  # a tenth away
        (4, 9.1, Verdict.REPRODUCED),
        (11.5, 90, Verdict.WITHIN),
        (1, 5, Verdict.WITHIN),  # just at the factor
        (20, 30, Verdict.WITHIN),
        (20.1, 30, Verdict.NOT_REPRODUCED),
        (1, 4.9, Verdict.NOT_REPRODUCED),
        (0, 0, Verdict.NOT_REPRODUCED),
    ],
)
def test_a_number(low: float, high: float, verdict: Verdict) -> None:
    assert claim_verdict([figure(low, high)], TEN) is verdict


def test_corners_may_be_in_any_order() -> None:
    """Ratios fall from the low corner to the high one as often as they rise."""
    assert claim_verdict([Figure("x", "x", Band(12, 11, 9), "all")], TEN) is Verdict.REPRODUCED


def test_bounds() -> None:
    at_least_one = Expected(1, math.inf)
    assert claim_verdict([figure(0.7, 1.2)], at_least_one) is Verdict.REPRODUCED  # the bands overlap
    assert claim_verdict([figure(100, 200)], at_least_one) is Verdict.REPRODUCED
    assert claim_verdict([figure(0.4, 0.6)], at_least_one) is Verdict.WITHIN
    assert claim_verdict([figure(0.1, 0.4)], at_least_one) is Verdict.NOT_REPRODUCED
    at_most_one = Expected(0, 1)
    assert claim_verdict([figure(1.5, 3)], at_most_one) is Verdict.WITHIN
    assert claim_verdict([figure(0.001, 0.002)], at_most_one) is Verdict.REPRODUCED


def test_nothing_that_decides_cannot_be_said() -> None:
    assert claim_verdict([], TEN) is Verdict.CANNOT_SAY
    assert claim_verdict([figure(10, 10, case=None)], TEN) is Verdict.CANNOT_SAY
    assert claim_verdict([figure(10, 10)], None) is Verdict.CANNOT_SAY


def test_a_figure_that_is_not_there_is_not_reproduced() -> None:
    assert claim_verdict([Figure("no crossing", "%", None, "all")], TEN) is Verdict.NOT_REPRODUCED


def test_the_nearest_of_a_case_and_the_farthest_case() -> None:
    open_setting = [figure(100, 100, "a"), figure(10, 10, "a")]
    assert deciding_factor(open_setting, TEN) == 1
    assert deciding_factor([*open_setting, figure(15, 15, "b")], TEN) == pytest.approx(1.5)
    assert deciding_factor([*open_setting, figure(1000, 1000, None)], TEN) == 1


def test_a_count_has_no_corners() -> None:
    assert exactly(3).ends == (3, 3)


def test_what_a_paper_cannot_say() -> None:
    with pytest.raises(ValueError, match="in that order"):
        Expected(2, 1)
