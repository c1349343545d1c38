"""A chip of one roomy core, for tests that want the quickest build that runs random networks."""

from __future__ import annotations

from dataclasses import replace

from shiftfire_spec.chip import ChipConfig, load_chip


def one_core() -> ChipConfig:
    """A single tile of 8 lanes with short queues; every width as in `edge`, without shift units."""
    return replace(
        load_chip("edge"),
        name="one-core",
        width=1,
        height=1,
        lanes=8,
        fire_lanes=1,
        accumulator_bits=20,
        membrane_bits=14,
        weight_rows=512,
        accumulator_groups=32,
        parameter_groups=16,
        axis_entries=16,
        program_words=8,
        stream_groups=2,
        shift_units=False,
        tags=8,
        slots=2,
        regions=2,
        link_queue_depth=2,
        ingress_queue_depth=4,
        egress_queue_depth=4,
        inject_queue_depth=8,
        counter_bits=20,
        memory_latency_cycles=4,
        clock_mhz=12.0,
    )


def narrow_core() -> ChipConfig:
    """`one_core` with what a small FPGA leaves out."""
    return replace(
        one_core(),
        name="narrow-core",
        lanes=4,
        weight_rows=1024,
        accumulator_groups=64,
        parameter_groups=32,
        dynamic_weights=False,
        axon_bits=12,
        tags=4,
        slots=1,
        regions=1,
        link_queue_depth=1,
        ingress_queue_depth=1,
        egress_queue_depth=1,
        inject_queue_depth=1,
        counter_bits=0,
        memory_address_bits=16,
        memory_latency_cycles=2,
    )
