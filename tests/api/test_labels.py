"""Labels that a caller gives: what is taken, and what would only make the accuracy wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shiftfire as sf
from support.api_networks import toy, toy_inputs


@pytest.mark.parametrize("labels", [[0, 3, 1], (0.0, 3.0, 1.0), np.array([0, 3, 1], np.uint8)])
def test_forms(labels: Any) -> None:
    """Lists as well: the document is written of them."""
    result = sf.run(toy(), toy_inputs(), labels=labels, backend="golden")
    assert result.accuracy == np.mean(result.predictions == np.array([0, 3, 1]))
    assert result.as_dict()["labels"] == [0, 3, 1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 4], r"label 4 of sample 2 is no channel of out: give whole numbers within 0\.\.3"),
        ([0, -1, 0], "label -1 of sample 1 is no channel"),
        ([0.0, 1.0, 0.5], "label 0.5 of sample 2 is no channel"),
        ([0.0, np.nan, 1.0], "label nan of sample 1 is no channel"),
        (["a", "b", "c"], "labels are <U1: give indices"),
        ([True, False, True], "labels are bool: give indices"),
        ([[0], [1, 2], [3]], "labels make no array"),
        (np.eye(4)[:3], r"labels have shape \(3, 4\): give one for each of the 3 samples"),
        ([0, 1], r"labels have shape \(2,\): give one for each of the 3 samples"),
    ],
)
def test_what_is_refused(labels: Any, message: str) -> None:
    """Before anything runs, by both that take labels."""
    for call in (sf.run, sf.verify):
        with pytest.raises(sf.InputError, match=message):
            call(toy(), toy_inputs(), labels=labels)
