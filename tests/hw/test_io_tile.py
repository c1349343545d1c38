"""The I/O tile in cocotb, on chips of different latency, queue depths, regions and numbers of tiles."""

import json
from dataclasses import replace

import pytest
from shiftfire_hw.io_tile.io_tile import IoTile
from shiftfire_spec.chip import load_chip
from shiftfire_spec.inject import MEMORY_WORD_BITS
from shiftfire_spec.packet import AXON_BITS, TAG_BITS

NANO = replace(  # every bit of axons, tags, addresses and values that the formats have: the stimuli are random words
    load_chip("nano"),
    axon_bits=AXON_BITS,
    tags=1 << TAG_BITS,
    regions=2,
    slots=2,
    ingress_queue_depth=4,
    inject_queue_depth=8,
    memory_latency_cycles=4,
    memory_address_bits=MEMORY_WORD_BITS,
    counter_bits=MEMORY_WORD_BITS,
)
CHIPS = {
    "nano": NANO,
    "edge": replace(load_chip("edge"), tags=1 << TAG_BITS),
    "odd": replace(
        NANO,
        name="odd",
        memory_latency_cycles=1,
        width=3,
        ingress_queue_depth=3,
        inject_queue_depth=2,
        regions=3,
        timed_inputs=True,
        memory_address_bits=18,
    ),
    "least": replace(NANO, name="least", ingress_queue_depth=1, inject_queue_depth=1, regions=1),
}
BENCHES = ("bench_io_tile", "bench_io_rounds")


def _runs() -> list[object]:
    """Every bench on every chip; the quick tests take an odd chip, and for the first bench a larger one."""
    quick = {("edge", "bench_io_tile"), ("odd", "bench_io_tile"), ("odd", "bench_io_rounds")}
    runs = [(name, bench) for name in CHIPS for bench in BENCHES]
    return [run if run in quick else pytest.param(*run, marks=pytest.mark.slow) for run in runs]


@pytest.mark.parametrize(("name", "bench"), _runs())
def test_against_models(cocotb_bench, name, bench):
    chip = CHIPS[name]
    design = IoTile(chip=chip)
    cocotb_bench(design, bench=bench, name=f"io-tile-{name}", BENCH_CHIP=json.dumps(chip.as_dict()))
