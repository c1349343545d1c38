"""Random small chips: every parameter that shapes timing, at awkward values."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.chip import ChipConfig


def random_chip(rng: np.random.Generator, name: str, *, max_tiles: int = 16) -> ChipConfig:
    """A chip of up to ``max_tiles`` tiles that the random networks have a fair chance to fit."""
    width = int(rng.integers(1, 5))
    height = int(rng.integers(1, min(4, max_tiles // width) + 1))
    lanes = int(2 ** rng.integers(2, 7))
    accumulator_bits = int(rng.integers(18, 29))
    return ChipConfig(
        name=name,
        width=width,
        height=height,
        lanes=lanes,
        fire_lanes=int(2 ** rng.integers(0, lanes.bit_length())),
        accumulator_bits=accumulator_bits,
        membrane_bits=int(rng.integers(12, min(accumulator_bits, 20) + 1)),
        leak_terms=3,
        weight_rows=int(rng.choice([300, 512, 1024])),
        accumulator_groups=int(rng.choice([50, 128, 200])),
        parameter_groups=int(rng.choice([17, 32, 64])),
        axis_entries=int(rng.choice([33, 64, 100])),
        program_words=int(rng.choice([12, 16, 33])),
        stream_groups=int(rng.integers(2, 5)),
        requant=True,
        shift_units=True,
        dynamic_weights=True,
        axon_bits=int(rng.choice([14, 17, 20])),
        tags=int(rng.choice([24, 32, 100])),
        slots=int(rng.choice([6, 8, 32])),
        regions=int(rng.choice([1, 3, 16])),
        link_queue_depth=int(rng.integers(1, 9)),
        ingress_queue_depth=int(rng.integers(1, 9)),
        egress_queue_depth=int(rng.integers(1, 9)),
        inject_queue_depth=int(rng.integers(1, 10)),
        counter_bits=int(rng.choice([0, 16, 24, 32])),
        memory_address_bits=int(rng.choice([20, 24, 32])),
        memory_latency_cycles=int(rng.integers(1, 20)),
        memory_stall_period_cycles=int(rng.integers(5, 12)),
        memory_stall_cycles=int(rng.integers(0, 5)),
        clock_mhz=10.0,
    )
