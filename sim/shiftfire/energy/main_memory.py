"""What a run's traffic with main memory takes."""

from __future__ import annotations

from ..system.main_memory import MainMemoryTraffic
from .parts import EnergyPart
from .table import EnergyTable

ROW_BITS = 8 * 1024
"""A row of DRAM that is opened at once: 1 KiB, as in DDR4 devices of 8 data pins."""


def main_memory_parts(traffic: MainMemoryTraffic, table: EnergyTable) -> tuple[EnergyPart, ...]:
    """Bits, and rows that are opened: each stream's once. No layer has them alone."""
    bit, activation = table.constant("main_memory_bit"), table.constant("main_memory_activation")
    rows = sum(-(-bits // ROW_BITS) for bits in (*traffic.reads, *traffic.writes))
    return (
        EnergyPart("main memory:read", None, sum(traffic.reads), "bits", bit),
        EnergyPart("main memory:write", None, sum(traffic.writes), "bits", bit),
        EnergyPart("main memory:activations", None, rows, "activations", activation),
    )
