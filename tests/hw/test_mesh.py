"""Tiles in a mesh in cocotb: chain, counters, multicast."""

import json
from dataclasses import replace

import pytest
from shiftfire_hw.mesh import Mesh
from shiftfire_hw.testing.runner import TOP
from shiftfire_hw.verilog.emit import emit
from shiftfire_hw.verilog.generate import generate_tile
from unit_chips import MESH_TILE


@pytest.mark.parametrize(
    ("width", "height", "thorough"),
    [(2, 2, 0), *(pytest.param(width, height, 1, marks=pytest.mark.slow) for width, height in ((2, 2), (3, 2), (3, 3)))],
)
def test_multicast_and_counters(cocotb_bench, width, height, thorough):
    chip = replace(MESH_TILE, width=width, height=height)
    design = generate_tile(chip) + emit(Mesh(chip=chip), TOP)
    name = f"mesh-{width}x{height}"
    cocotb_bench(design, bench="bench_mesh", name=name, BENCH_CHIP=json.dumps(chip.as_dict()), BENCH_THOROUGH=thorough)
