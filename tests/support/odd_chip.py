"""A small chip with awkward parameters, shared by the tests that run RTL so that it is built once."""

from __future__ import annotations

from dataclasses import replace

from shiftfire_spec.chip import ChipConfig, load_chip


def odd_chip() -> ChipConfig:
    """3 x 2 tiles of 4 lanes; short queues of unequal depth, two-cycle memory that stalls, narrow counters."""
    return replace(
        load_chip("ulx3s"),
        name="odd",
        width=3,
        height=2,
        lanes=4,
        shift_units=True,
        multispike=True,
        currents=True,
        wide_values=True,
        resets=True,
        refractory=True,
        neuron_parameters=True,
        neuron_leaks=True,
        feedback=True,
        chains=True,
        row_windows=True,
        delay_words=130,
        fire_lanes=2,
        accumulator_bits=22,
        membrane_bits=15,
        weight_rows=900,
        accumulator_groups=200,
        parameter_groups=20,
        link_queue_depth=2,
        ingress_queue_depth=3,
        egress_queue_depth=1,
        inject_queue_depth=3,
        timed_inputs=True,
        counter_bits=17,
        memory_latency_cycles=2,
        memory_stall_period_cycles=7,
        memory_stall_cycles=3,
    )
