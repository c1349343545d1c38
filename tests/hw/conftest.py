"""Fixtures of the RTL tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shiftfire_hw.testing.runner import run_cocotb

BENCHES = Path(__file__).parent / "benches"


@pytest.fixture
def cocotb_bench() -> Callable[..., int]:
    """Run a bench of tests/hw/benches: ``cocotb_bench(design, bench="bench_queue", name="queue", **environment)``."""

    def run(design: Any, *, bench: str, name: str, testcase: str | None = None, **parameters: object) -> int:
        return run_cocotb(design, name=name, test_module=bench, bench_directory=BENCHES, testcase=testcase, parameters=parameters)

    return run
