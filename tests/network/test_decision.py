"""What a network decides from what its output layer sent, by hand."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from shiftfire.network.decision import decide
from shiftfire.network.graph import Readout
from shiftfire.network.values import NetworkError

SCORES = np.array([[[3, 0, 0], [0, 2, 0], [0, 2, 1]], [[0, 0, 0], [0, 0, 0], [0, 0, -1]]])  # 2 samples, 3 vectors, 3 channels


@pytest.mark.parametrize(
    ("readout", "expected"),
    [
        (Readout.SUM, [1, 0]),
        (Readout.EVENT, [1, 0]),
        (Readout.MAX, [0, 0]),
        (Readout.LAST, [1, 0]),
        (Readout.VALUE, [8, -1]),
    ],
)
def test_by_hand(readout: Readout, expected: list[int]) -> None:
    found = decide(readout, SCORES)
    assert found is not None and found.tolist() == expected


def test_none_and_unknown() -> None:
    assert decide(Readout.NONE, SCORES) is None
    with pytest.raises(NetworkError, match="no decision of read-out median"):
        decide(cast(Any, "median"), SCORES)
