"""The multiplier references of the cost table: in cocotb against their integer models; those against float; multipliers where they belong."""

import numpy as np
import pytest
from reference_sizes import design
from shiftfire.cost.models import fixed_point_layer_norm, fixed_point_softmax
from shiftfire_hw.baselines.layer_norm import FixedPointLayerNorm
from shiftfire_hw.baselines.mac_array import MacArray
from shiftfire_hw.baselines.softmax import FixedPointSoftmax
from shiftfire_spec.errors import ContractError
from test_no_multipliers import forbidden

MAC = MacArray(lanes=2, accumulator_bits=24, weight_bits=4)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [20_000])
def test_against_models(cocotb_bench, rows):
    cocotb_bench(design(), bench="bench_reference", name="reference", ROWS=rows)


def test_softmax_model_is_softmax():
    """Within the rounding of the table's index (2^-7 octaves), the table and the result."""
    rng = np.random.default_rng(1)
    a = rng.integers(-2000, 2000, (200, 64))
    exact = np.exp2(a / 256)
    exact /= exact.sum(axis=1, keepdims=True)
    error = np.abs(fixed_point_softmax(a, shift=8) / 256 - exact)
    assert error.max() < 0.5 / 256 + (2 ** (2 / 128) - 1) / 4 + 64 * 2**-16


def test_layer_norm_model_is_layer_norm():
    rng = np.random.default_rng(2)
    a = rng.integers(-3000, 9000, (100, 64))
    gamma, beta = rng.integers(-4096, 4096, 64), rng.integers(-999, 999, 64)
    exact = (a - a.mean(axis=1, keepdims=True)) / a.std(axis=1, keepdims=True) * gamma + beta
    y = fixed_point_layer_norm(a, gamma=gamma, beta=beta, group=64, value_bits=24)
    assert np.abs(y - exact).max() < 4096 * (2**-11 * 4 + 2**-12) + 1


@pytest.mark.parametrize("reference", [FixedPointSoftmax(), FixedPointLayerNorm(), MAC], ids=lambda r: type(r).__name__)
def test_references_multiply(reference):
    assert forbidden(reference).keys() & {"$mul", "$macc", "$macc_v2"}


@pytest.mark.parametrize(
    ("unit", "sizes", "message"),
    [
        (FixedPointSoftmax, {"row_entries": 510}, "not a multiple of lanes"),
        (FixedPointSoftmax, {"lanes": 3}, "lanes = 3"),
        (FixedPointLayerNorm, {"accumulator_bits": 25}, "accumulator_bits = 25"),
        (FixedPointLayerNorm, {"group": 1}, "group = 1 is out of range"),
    ],
)
def test_sizes_are_checked(unit, sizes, message):
    with pytest.raises(ContractError, match=message):
        unit(**sizes)
