"""Main memory of a run: what is read from it and written to it, and what that takes."""

from __future__ import annotations

from dataclasses import dataclass

from .parts import EnergyPart
from .table import EnergyTable

ROW_BITS = 8 * 1024
"""A row of DRAM that is opened at once: 1 KiB, as in DDR4 devices of 8 data pins."""


@dataclass(frozen=True)
class MainMemoryTraffic:
    """Bits ``read`` and ``written`` in a run of all its samples, and ``activations`` of rows.

    ``loads``: how often everything that a chip holds comes from main memory in the run: 0 of a network that fits at once, which is configured once for all runs;
    else its batches.
    """

    read: int
    written: int
    activations: int
    loads: int


def rows_of(bits: int) -> int:
    """Rows that so many bits lie in, one behind the other."""
    return -(-bits // ROW_BITS)


def main_memory_parts(traffic: MainMemoryTraffic, table: EnergyTable) -> tuple[EnergyPart, ...]:
    """What the traffic takes. No layer has it alone."""
    bit, activation = table.constant("main_memory_bit"), table.constant("main_memory_activation")
    return (
        EnergyPart("main memory:read", None, traffic.read, "bits", bit),
        EnergyPart("main memory:write", None, traffic.written, "bits", bit),
        EnergyPart("main memory:activations", None, traffic.activations, "activations", activation),
    )
