"""PTSOFTMAX as a unit of its own: in cocotb against golden; without multipliers; parameters."""

import pytest
from ptsoftmax_designs import SIZES
from shiftfire_hw.core.ptsoftmax import PtSoftmax
from shiftfire_hw.standalone.ptsoftmax import PtSoftmaxUnit
from shiftfire_hw.testing.runner import TOP
from shiftfire_hw.verilog.emit import emit
from shiftfire_spec.errors import ContractError
from test_no_multipliers import forbidden
from unit_designs import Pack


@pytest.fixture(scope="module")
def units() -> str:
    return emit(Pack({name: PtSoftmaxUnit(**size) for name, size in SIZES.items()}), TOP)


QUICK_SIZES = [pytest.param(size, marks=[] if size in ("core", "serial") else pytest.mark.slow) for size in SIZES]


@pytest.mark.parametrize("size", QUICK_SIZES)
def test_random_rows(cocotb_bench, units, size):
    cocotb_bench(units, bench="bench_ptsoftmax", name="ptsoftmax", testcase="random_rows", SIZE=size, ROWS=500)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "rows"), [("serial", 20_000), ("pair", 20_000), ("core", 100_000), ("wide", 20_000)])
def test_many_random_rows(cocotb_bench, units, size, rows):
    cocotb_bench(units, bench="bench_ptsoftmax", name="ptsoftmax", testcase="random_rows", SIZE=size, ROWS=rows)


@pytest.mark.parametrize("size", QUICK_SIZES)
def test_long_rows(cocotb_bench, units, size):
    cocotb_bench(units, bench="bench_ptsoftmax", name="ptsoftmax", testcase="long_rows", SIZE=size)


@pytest.mark.parametrize(
    ("size", "entries", "rows"),
    [
        ("core", 1, 72),
        ("core", 2, 864),
        pytest.param("core", 3, 10_368, marks=pytest.mark.slow),
        pytest.param("core", 4, 124_416, marks=pytest.mark.slow),
        pytest.param("serial", 3, 10_368, marks=pytest.mark.slow),
        pytest.param("pair", 3, 10_368, marks=pytest.mark.slow),
    ],
)
def test_every_short_row(cocotb_bench, units, size, entries, rows):
    """12 choices per entry, 2 rules, 3 shifts; the bench counts the rows it compares. A row of "core" is one beat, of the others up to three."""
    parameters = {"SIZE": size, "ENTRIES": entries, "ROWS": rows}
    assert rows == 6 * 12**entries
    cocotb_bench(units, bench="bench_ptsoftmax", name="ptsoftmax", testcase="every_short_row", **parameters)


def test_flags_and_cycles(cocotb_bench, units):
    cocotb_bench(units, bench="bench_ptsoftmax", name="ptsoftmax", testcase="flags_and_cycles")


@pytest.mark.parametrize("design", [PtSoftmax(accumulator_bits=20, lanes=4), PtSoftmaxUnit()], ids=["step", "unit"])
def test_no_multiplier(design):
    assert forbidden(design) == {}


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"accumulator_bits": 7}, "accumulator_bits = 7"),
        ({"lanes": 3}, "lanes = 3"),
        ({"fraction_bits": 49}, "fraction_bits = 49"),
        ({"row_entries": 513}, "row_entries = 513"),
        ({"row_entries": 510}, "not a multiple of lanes"),
    ],
)
def test_parameters_are_checked(sizes, message):
    with pytest.raises(ContractError, match=message):
        PtSoftmaxUnit(**sizes)
