"""The router in cocotb, on chips of different queue depths and table sizes."""

import json
from dataclasses import replace

import pytest
from shiftfire_hw.noc.router import Router
from shiftfire_spec.chip import load_chip

CHIPS = {
    "nano": load_chip("nano"),
    "edge": load_chip("edge"),
    "odd": replace(load_chip("nano"), name="odd", link_queue_depth=3, tags=37),
}


@pytest.mark.parametrize("name", CHIPS)
def test_against_models(cocotb_bench, name):
    chip = CHIPS[name]
    cocotb_bench(Router(chip=chip), bench="bench_router", name=f"router-{name}", BENCH_CHIP=json.dumps(chip.as_dict()))
