"""Cycles of a configuration (RTL: ``io_tile/configure.py``)."""

from __future__ import annotations

from collections import deque

from shiftfire_spec.address import CONFIG_ENTRY_WORDS
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import COUNTERS


def cycles_after_last_request(chip: ChipConfig, last: int) -> int:
    """Cycles of a configuration whose last request the memory took in cycle ``last`` of it: latency, chain, and noticing the end."""
    return last + chip.memory_latency_cycles + chip.tiles + 3


def configuration_cycles(chip: ChipConfig, entries: int) -> int:
    """Cycles of a configuration of ``entries`` writes: two requests each, then latency and chain.

    With a memory that never stalls this is ``2 * entries + latency + tiles + 2``; otherwise the DMA's rules are played through.
    """
    if entries == 0:
        return 1
    if chip.memory_stall_cycles == 0:
        return cycles_after_last_request(chip, 2 * entries - 1)
    return played_configuration_cycles(chip, entries)


def readout_cycles_bound(chip: ChipConfig) -> int:
    """At least as many cycles as it takes to read every counter: each is an entry to fetch and a value to store. An image that reads is not played through."""
    requests = chip.tiles * COUNTERS * (CONFIG_ENTRY_WORDS + 1)
    open_cycles = chip.memory_stall_period_cycles - chip.memory_stall_cycles
    return cycles_after_last_request(chip, -(-requests // open_cycles) * chip.memory_stall_period_cycles)


def played_configuration_cycles(chip: ChipConfig, entries: int) -> int:
    """The configuration DMA cycle by cycle: requests, responses, and words coming back from the chain."""
    period, open_cycles = chip.memory_stall_period_cycles, chip.memory_stall_period_cycles - chip.memory_stall_cycles
    limit = chip.config_entries_in_flight
    responses: deque[tuple[int, bool]] = deque()  # cycle, is the data word of an entry
    returning: deque[int] = deque()
    requested = flying = returned = cycle = 0
    while returned < entries:
        comes_back = bool(returning) and returning[0] == cycle
        if responses and responses[0][0] == cycle and responses.popleft()[1]:
            returning.append(cycle + 1 + chip.tiles)
        if requested < 2 * entries and (requested % 2 or flying < limit) and cycle % period < open_cycles:
            responses.append((cycle + chip.memory_latency_cycles, bool(requested % 2)))
            flying += requested % 2 == 0
            requested += 1
        if comes_back:
            returning.popleft()
            returned += 1
            flying -= 1
        cycle += 1
    return cycle + 1
