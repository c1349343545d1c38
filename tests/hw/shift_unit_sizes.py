"""Sizes at which the standalone shift-based units are tested, and their designs. For test files and benches alike."""

from typing import Any

BSPN: dict[str, dict[str, int]] = {
    "bspn_usual": {"accumulator_bits": 20, "lanes": 4, "group": 64, "value_bits": 24, "channels": 130},
    "bspn_small": {"accumulator_bits": 8, "lanes": 1, "group": 2, "value_bits": 18, "channels": 5},
    "bspn_beat": {"accumulator_bits": 32, "lanes": 4, "group": 4, "value_bits": 32, "channels": 9},
    "bspn_single": {"accumulator_bits": 9, "lanes": 1, "group": 1, "value_bits": 20, "channels": 3},
}
BSPN_WIDE: dict[str, dict[str, int]] = {
    "bspn_wide": {"accumulator_bits": 20, "lanes": 32, "group": 64, "value_bits": 24, "channels": 64},
}
SHIFTLIF: dict[str, dict[str, int]] = {
    "shiftlif_usual": {"accumulator_bits": 20, "membrane_bits": 16, "lanes": 4, "neurons": 18},
    "shiftlif_narrow": {"accumulator_bits": 8, "membrane_bits": 8, "lanes": 2, "neurons": 2},
    "shiftlif_wide": {"accumulator_bits": 32, "membrane_bits": 32, "lanes": 1, "neurons": 1},
}
TABLE: dict[str, dict[str, int]] = {
    "table_usual": {"accumulator_bits": 20, "lanes": 4},
    "table_narrow": {"accumulator_bits": 8, "lanes": 1},
    "table_wide": {"accumulator_bits": 32, "lanes": 8},
}


def design(kind: str, *, wide: bool = False) -> Any:
    """All units of ``kind`` (bspn, shiftlif, table) side by side: ports ``<name>__<port>``; ``wide``: the one for many rows."""
    from shiftfire_hw.standalone.activation_table import ActivationTableUnit
    from shiftfire_hw.standalone.bspn import BspnUnit
    from shiftfire_hw.standalone.shiftlif import ShiftLifUnit
    from unit_designs import Pack

    if kind == "bspn":
        return Pack({name: BspnUnit(**sizes) for name, sizes in (BSPN_WIDE if wide else BSPN).items()})
    if kind == "shiftlif":
        return Pack({name: ShiftLifUnit(**sizes) for name, sizes in SHIFTLIF.items()})
    return Pack({name: ActivationTableUnit(**sizes) for name, sizes in TABLE.items()})
