"""Sizes at which the multiplier references are tested, and their designs. For test files and benches alike."""

from typing import Any

SOFTMAX: dict[str, dict[str, int]] = {
    "softmax_usual": {"accumulator_bits": 20, "lanes": 4, "row_entries": 512},
    "softmax_small": {"accumulator_bits": 8, "lanes": 1, "row_entries": 5},
    "softmax_wide": {"accumulator_bits": 24, "lanes": 8, "row_entries": 64},
}
LAYER_NORM: dict[str, dict[str, int]] = {
    "norm_usual": {"accumulator_bits": 20, "lanes": 4, "group": 64, "value_bits": 24, "channels": 132},
    "norm_row": {"accumulator_bits": 20, "lanes": 8, "group": 48, "value_bits": 20, "channels": 48},
    "norm_small": {"accumulator_bits": 8, "lanes": 1, "group": 3, "value_bits": 18, "channels": 7},
    "norm_beat": {"accumulator_bits": 24, "lanes": 4, "group": 4, "value_bits": 32, "channels": 12},
}
MAC: dict[str, dict[str, int]] = {
    "mac_four": {"lanes": 3, "accumulator_bits": 24, "weight_bits": 4},
    "mac_eight": {"lanes": 2, "accumulator_bits": 20, "weight_bits": 8},
}


def design() -> Any:
    """All references side by side: ports ``<name>__<port>``."""
    from shiftfire_hw.baselines.layer_norm import FixedPointLayerNorm
    from shiftfire_hw.baselines.mac_array import MacArray
    from shiftfire_hw.baselines.softmax import FixedPointSoftmax
    from unit_designs import Pack

    return Pack(
        {
            **{name: FixedPointSoftmax(**sizes) for name, sizes in SOFTMAX.items()},
            **{name: FixedPointLayerNorm(**sizes) for name, sizes in LAYER_NORM.items()},
            **{name: MacArray(**sizes) for name, sizes in MAC.items()},
        }
    )
