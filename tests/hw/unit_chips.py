"""Sizes at which the core's units are tested: around powers of two, and at the ends. For test files and benches alike."""

from dataclasses import replace

from shiftfire_spec.chip import ChipConfig, load_chip

ONE_TILE = replace(load_chip("edge"), width=1, height=1, tags=8, inject_queue_depth=8, ingress_queue_depth=4, egress_queue_depth=4)

CHIPS: dict[str, ChipConfig] = {
    "narrow": replace(
        ONE_TILE,
        name="narrow",
        lanes=2,
        fire_lanes=2,
        accumulator_bits=9,
        membrane_bits=9,
        weight_rows=3,
        accumulator_groups=5,
        parameter_groups=5,
        axis_entries=7,
        program_words=5,
        stream_groups=1,
        slots=1,
        regions=1,
        counter_bits=16,
        leak_terms=2,
        neuron_leaks=False,
        dynamic_weights=False,
        feedback=False,
        chains=False,
        row_windows=False,
        delay_words=0,
        axon_bits=12,
        memory_address_bits=14,
    ),
    "wide": replace(
        load_chip("edge"),
        name="wide",
        lanes=16,
        fire_lanes=4,
        accumulator_bits=24,
        membrane_bits=16,
        weight_rows=16,
        accumulator_groups=16,
        parameter_groups=4,
        axis_entries=33,
        program_words=16,
        stream_groups=4,
        delay_words=40,
        slots=9,
        regions=4,
        counter_bits=17,
    ),
    "serial": replace(
        ONE_TILE,
        name="serial",
        lanes=8,
        fire_lanes=1,
        accumulator_bits=20,
        membrane_bits=14,
        weight_rows=2,
        accumulator_groups=1,
        parameter_groups=1,
        axis_entries=1,
        program_words=3,
        stream_groups=8,
        delay_words=7,
        multispike=False,
        currents=False,
        wide_values=False,
        resets=False,
        refractory=False,
        neuron_parameters=False,
        leak_terms=1,
        slots=32,
        regions=16,
        counter_bits=20,
    ),
}

ACCUMULATOR_BITS = (8, 20, 32)  # lane, requant
LIF_BITS = ((8, 4), (20, 14), (32, 32))  # accumulator, membrane
COUNT_BITS = (20, 32)
DIGIT_BITS = (4, 9, 16, 32)  # wide values
EXHAUSTIVE_COUNT_BITS = 5
EXHAUSTIVE_COUNTS = 15  # one unit for every threshold
EXHAUSTIVE_THRESHOLDS = (*range(1, 17), 17, 31, 32, 63)  # of multi-spike: every one that a 5-bit membrane reaches, and above
ARGMAX_LANES = (1, 2, 4)
ARGMAX_BITS = 9

# A tile small enough for meshes of many to build quickly.
MESH_TILE = replace(
    ONE_TILE,
    name="mesh-tile",
    lanes=2,
    fire_lanes=1,
    accumulator_bits=8,
    membrane_bits=4,
    weight_rows=2,
    accumulator_groups=2,
    parameter_groups=2,
    axis_entries=2,
    program_words=3,
    stream_groups=1,
    delay_words=0,
    tags=32,
    slots=16,
    regions=8,
    link_queue_depth=2,
    ingress_queue_depth=2,
    egress_queue_depth=2,
    counter_bits=16,
    shift_units=False,
)
