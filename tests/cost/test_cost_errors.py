"""The error figures: measured again, and within what is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shiftfire.cost.deviation import Deviation, Range
from shiftfire.cost.document import read_document
from shiftfire.cost.errors import measure_errors
from shiftfire.cost.norm_errors import exact_layer_norm
from shiftfire.cost.softmax_errors import exact_softmax

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "cost.json"


@pytest.fixture(scope="module")
def errors() -> dict[str, Any]:
    return measure_errors()


def numbers(value: Any) -> list[float]:
    """All numbers in a record, in its order."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers(part)]
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [] if isinstance(value, str) else [value]


def test_the_committed_figures_are_these(errors: dict[str, Any]) -> None:
    """Up to the last digit kept, which another libm may round otherwise."""
    committed = read_document(DOCUMENT)["errors"]
    assert numbers(committed) == pytest.approx(numbers(errors), rel=2e-3), (
        "run `python -m shiftfire.cost.measure docs/reference/cost.json errors`"
    )


def test_known_envelopes(errors: dict[str, Any]) -> None:
    """Row sum 0.75..1.5 and ratio 3/8..3 of the published rule, 1/2..1 of the other; both nearly reached, so the rows do look for them."""
    for rule, low, high in (("NEAREST_UP", 0.75, 1.5), ("CEIL", 0.5, 1.0)):
        records = errors["softmax"][rule]
        sums = [record["row_sum"] for record in records.values()]
        assert low <= min(s[0] for s in sums) < low + 0.01 and high - 0.01 < max(s[1] for s in sums) <= high
    ratios = [record["ratio"] for record in errors["softmax"]["NEAREST_UP"].values()]
    assert 3 / 8 <= min(r[0] for r in ratios) < 0.38 and 2.9 < max(r[1] for r in ratios) <= 3


def test_references_are_as_exact_as_their_outputs(errors: dict[str, Any]) -> None:
    """One step of 2^-8 of a probability; 2^-11 of a normalised entry of at most 2 sqrt(768)."""
    assert max(record["probability"]["max"] for record in errors["softmax"]["reference"].values()) <= 2**-8
    for name in ("reference_group", "reference_row"):
        assert max(record["max"] for record in errors["norm"][name].values()) < 2 * 2 * 768**0.5 * 2**-11


def test_exact_functions() -> None:
    """Worked by hand."""
    assert exact_softmax(np.array([[256, 0, 0]])).tolist() == [[0.5, 0.25, 0.25]]
    assert exact_layer_norm(np.array([[1, 3, 5, 5]]), 2).tolist() == [[-1, 1, 0, 0]]


def test_statistics() -> None:
    deviation, span = Deviation(), Range()
    deviation.add(np.array([1.0, 2.0]), np.array([1.0, 1.5]), "first")
    deviation.add(np.array([0.0, 0.0]), np.array([-2.0, 0.0]), "second")
    assert deviation.record() == {"max": 2.0, "rms": 1.031, "scale": 1.346, "worst": "second"}
    span.add(np.array([3.0, 1.0]))
    span.add(np.array([2.0]))
    assert span.record() == [1.0, 3.0]
