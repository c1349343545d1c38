"""Sizes at which PTSOFTMAX is tested, for test files and benches alike."""

from collections.abc import Mapping
from types import MappingProxyType

SIZES: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "serial": {"accumulator_bits": 8, "lanes": 1, "fraction_bits": 1, "row_entries": 5},
        "pair": {"accumulator_bits": 9, "lanes": 2, "fraction_bits": 9, "row_entries": 6},
        "core": {"accumulator_bits": 20, "lanes": 4, "fraction_bits": 24, "row_entries": 512},
        "wide": {"accumulator_bits": 32, "lanes": 8, "fraction_bits": 48, "row_entries": 64},
    }
)
