"""The Verilog in Icarus: a standard event-driven simulator reads it as Verilator does."""

from __future__ import annotations

from pathlib import Path

import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.verification.compare import counter_differences
from shiftfire_spec.chip import load_chip
from support.icarus import icarus, run_icarus
from support.one_round import run_sim


@pytest.mark.skipif(icarus() is None, reason="needs Icarus Verilog: apt-get install iverilog")
def test_a_sample_of_digits_mlp_on_ulx3s(tmp_path: Path) -> None:
    """Every packet, activity, cycle and counter is the simulator's, and nothing is unknown."""
    folder = find_model("digits-mlp")
    program = compile_network(load_network(folder), load_chip("ulx3s"))
    inputs = load_test_split(folder).inputs[:1]
    sim, icarus_run = run_sim(program, inputs, trace=True), run_icarus(program, inputs, tmp_path)
    assert (icarus_run.cycles, icarus_run.config_cycles) == (sim.cycles, sim.config_cycles)
    for name in ("events", "engine_events"):
        ours, theirs = getattr(sim, name), getattr(icarus_run, name)
        assert len(ours) and theirs.tolist() == ours.tolist(), name
    assert counter_differences(program, sim, icarus_run) == ()
    assert icarus_run.predictions.tolist() == sim.predictions.tolist()  # type: ignore[union-attr]
