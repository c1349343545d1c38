"""The firmware's report, read back."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.host.report import ReportError, read_report
from shiftfire_spec.counters import COUNTERS, Counter

TEXT = """contract 0x0000abcd
chip 2 1 memory 65536 clock 50000
image digits-mlp words 6760 runs 2
config entries 3048 cycles 6110
run 0 samples 2 cycles 4719 packets 4
sample 0 0 predicted 7 expected 7
sample 0 1 predicted 6 expected 5
counter 0 0 BEATS 1911
counter 0 1 FLITS_EAST 3
run 1 samples 1 cycles 100 packets 2
sample 1 0 predicted 1 expected 1
counter 1 0 BEATS 5
end 1: predictions differ from those expected
"""


def test_a_report() -> None:
    report = read_report(TEXT)
    assert (report.fingerprint, report.config_cycles, report.status) == (0xABCD, 6110, 1)
    assert report.sentence == "predictions differ from those expected"
    first, second = report.runs
    assert (first.cycles, first.packets) == (4719, 4)
    np.testing.assert_array_equal(first.predictions, [7, 6])
    np.testing.assert_array_equal(first.expected, [7, 5])
    assert first.counters.shape == (2, COUNTERS)
    assert (first.counters[0, Counter.BEATS], first.counters[1, Counter.FLITS_EAST], first.counters.sum()) == (1911, 3, 1914)
    assert (second.cycles, second.counters.shape) == (100, (1, COUNTERS))


def test_reports_that_end_early() -> None:
    assert read_report("").status is None
    report = read_report("contract 0x1\nerror: it broke (at 0x5)\nend 12: no")
    assert (report.errors, report.runs, report.config_cycles, report.status) == (("it broke (at 0x5)",), (), None, 12)


@pytest.mark.parametrize(
    "damaged", ["contract zz", "run 0 samples 2", "run 0 cycles 1 packets 2\ncounter 0 0 BEANS 5", "end", "config 1"]
)
def test_damage(damaged: str) -> None:
    with pytest.raises(ReportError, match="report is damaged"):
        read_report(damaged)
