"""Chips on which a defect was found once, or that are at the end of what can be described."""

from __future__ import annotations

from dataclasses import replace

from shiftfire_spec.chip import MAX_TILES, ChipConfig, load_chip

from .odd_chip import odd_chip


def wide_lanes() -> ChipConfig:
    """One core of many lanes, and axons of few bits."""
    return replace(
        load_chip("nano"), name="wide-lanes", lanes=32, axon_bits=4, accumulator_bits=16, membrane_bits=16, counter_bits=16
    )


def stalling_memory() -> ChipConfig:
    """3 x 3 tiles; a memory that takes a request in one of a hundred cycles."""
    return replace(odd_chip(), name="slow-memory", width=3, height=3, memory_stall_period_cycles=100, memory_stall_cycles=99)


def few_weights() -> ChipConfig:
    """Cores that the inputs of few layers fit: they are cut by inputs."""
    return replace(
        odd_chip(), name="few-weights", membrane_bits=16, weight_rows=24, stream_groups=3, regions=16, tags=120, slots=32
    )


def most_tiles() -> ChipConfig:
    """As many tiles as can be addressed, all small, with as many streams and destinations."""
    chip = replace(
        odd_chip(),
        name="most-tiles",
        width=17,
        height=15,
        weight_rows=300,
        accumulator_groups=24,
        tags=256,
        slots=32,
        regions=32,
    )
    assert chip.tiles == MAX_TILES
    return chip


def many_lanes(lanes: int) -> ChipConfig:
    """More lanes than most layers have channels, and tiles for parts of a lane group."""
    return replace(odd_chip(), name=f"lanes-{lanes}", width=3, height=3, lanes=lanes, fire_lanes=2, tags=60)
