"""Whole chips with the ports of a bus, against the simulator: behind a pipelined bus the cycles are the simulator's, behind a classic one the values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire.system.layout import lay_out
from shiftfire_hw.modules import CHIP_MODULE
from shiftfire_hw.testing.runner import run_cocotb
from shiftfire_hw.verilog.generate import generate
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.weights import WeightFormat
from support.one_core import one_core
from support.one_round import plan_run, run_sim

pytestmark = pytest.mark.slow
CHIP = one_core()
BENCHES = Path(__file__).parents[1] / "hw" / "benches"
TIMED = [c for c in Counter if c.name.endswith(("_BUSY", "_STALL")) or "_WAIT_" in c.name]


def network() -> Network:
    """Six inputs, eight LIF neurons, T = 2: one core, all that the chip has."""
    weights = np.random.default_rng(5).integers(-8, 8, (8, 6))
    synapses = Synapses("in", SynapseOp.DENSE, weights, WeightFormat.INT4)
    neuron = Lif(np.full(8, 5), np.zeros(8, np.int64), v_min=-4000, v_max=4000)
    out = Layer("out", Shape(8), (synapses,), neuron, timesteps=2)
    return Network("small", Input("in", Shape(6), timesteps=2), (out,), "out", Readout.SUM, {})


@pytest.mark.parametrize("top", ["wishbone", "axi4-lite", "wishbone-classic"])
def test_against_the_simulator(tmp_path: Path, top: str) -> None:
    program = compile_network(network(), CHIP)
    inputs = np.random.default_rng(6).integers(0, 2, (4, 2, 6, 1, 1))
    plan = plan_run(program, inputs)
    layout = lay_out([plan], [program.image])
    part = layout.rounds[0]
    job = {
        "latency": CHIP.memory_latency_cycles,
        "size": layout.size,
        "config": part.config,
        "inject": part.inject,
        "collect": (part.collect, part.collect_limit, plan.collect_ends),
        "readback": part.readback,
        "counters": part.counters,
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    np.save(tmp_path / "words.npy", layout.words)
    text = generate(CHIP, top=top).replace(f"module {CHIP_MODULE}(", "module top(")
    ran = run_cocotb(
        text, name=f"nano-{top}", test_module="bench_bus_chip", bench_directory=BENCHES, parameters={"BENCH_JOB": tmp_path}
    )
    assert ran == 1
    seen, memory = json.loads((tmp_path / "seen.json").read_text()), np.load(tmp_path / "memory.npy")
    simulated = run_sim(program, inputs)
    assert simulated.counters is not None
    counters = memory[part.counters :][: CHIP.tiles * COUNTERS].reshape(-1, COUNTERS)
    assert (seen["fingerprint"], seen["collected"]) == (contract_fingerprint(), plan.collect_packets)
    values = [c for c in Counter if c not in TIMED]
    np.testing.assert_array_equal(counters[:, values], simulated.counters[:, values])
    if top == "wishbone-classic":
        assert seen["cycles"] > simulated.cycles
    else:
        assert (seen["config_cycles"], seen["cycles"]) == (simulated.config_cycles, simulated.cycles)
        np.testing.assert_array_equal(counters, simulated.counters)
