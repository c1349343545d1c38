"""Fixtures of the RTL tests."""

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from shiftfire_hw.testing.runner import run_cocotb

BENCHES = Path(__file__).parent / "benches"


def tests_of(bench: str) -> list[str]:
    """Names of the functions that ``@cocotb.test()`` decorates in a bench, read from its source."""
    functions = (node for node in ast.parse((BENCHES / f"{bench}.py").read_text()).body if isinstance(node, ast.AsyncFunctionDef))
    return [f.name for f in functions if any(ast.unparse(decorator).startswith("cocotb.test(") for decorator in f.decorator_list)]


@pytest.fixture
def cocotb_bench() -> Callable[..., None]:
    """Run a bench of tests/hw/benches: ``cocotb_bench(design, bench="bench_queue", name="queue", **environment)``.

    Asserts that every test of the bench ran but for those named in ``skipped``, or just the one named ``testcase``; raises RtlError when one fails.
    """

    def run(
        design: Any, *, bench: str, name: str, testcase: str | None = None, skipped: Sequence[str] = (), **parameters: object
    ) -> None:
        wanted = [test for test in tests_of(bench) if testcase in (None, test) and test not in skipped]
        ran = run_cocotb(design, name=name, test_module=bench, bench_directory=BENCHES, testcase=testcase, parameters=parameters)
        assert wanted and ran == len(wanted), (
            f"{bench}: {ran} tests ran, wanted were {', '.join(wanted) or f'none named {testcase}'}"
        )

    return run
