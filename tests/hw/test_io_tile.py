"""The I/O tile in cocotb, on chips of different latency, queue depths and numbers of tiles."""

import json
from dataclasses import replace

import pytest
from shiftfire_hw.io.io_tile import IoTile
from shiftfire_spec.chip import load_chip

CHIPS = {
    "nano": load_chip("nano"),
    "edge": load_chip("edge"),
    "odd": replace(load_chip("nano"), name="odd", memory_latency_cycles=1, width=3, ingress_queue_depth=3, inject_queue_depth=2),
}
TESTS = 11


@pytest.mark.parametrize("name", CHIPS)
def test_against_models(cocotb_bench, name):
    chip = CHIPS[name]
    design = IoTile(chip=chip)
    assert cocotb_bench(design, bench="bench_io_tile", name=f"io-tile-{name}", BENCH_CHIP=json.dumps(chip.as_dict())) == TESTS
