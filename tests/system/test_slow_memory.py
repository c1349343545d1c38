"""Runs whose counters take longer to read than the run and its configuration took: the RTL gets the time that it needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.schedule import resident_schedule
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire.system.configure import readout_cycles_bound
from shiftfire.verification.verify import verify
from shiftfire_hw.testing.chip_harness import build_harness
from shiftfire_hw.verilog.generate import generate
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip
from support.one_round import run_sim


def tiny_network() -> Network:
    synapses = Synapses("in", SynapseOp.DENSE, np.eye(4, dtype=np.int64), WeightFormat.BIT)
    layer = Layer("out", Shape(4), (synapses,), Argmax(np.zeros(4, np.int64)))
    return Network("tiny", Input("in", Shape(4), 1, PayloadKind.UNIT, 0, 1), (layer,), "out", Readout.EVENT)


def slow_memory(stall: int) -> ChipConfig:
    """The odd chip with a memory that takes a request in one of so many cycles; its RTL knows nothing of that."""
    chip = replace(odd_chip(), memory_stall_period_cycles=stall + 1, memory_stall_cycles=stall)
    assert generate(chip) == generate(odd_chip())
    return chip


@pytest.mark.parametrize("stall", [0, 199, 999])
def test_the_counters_are_read_in_time(stall: int) -> None:
    chip = slow_memory(stall)
    program = compile_network(tiny_network(), chip)
    inputs = np.ones((1, 1, 4, 1, 1), np.int64)
    verification = verify(resident_schedule(program), inputs, built=build_harness(odd_chip()))
    assert verification.passed, verification.as_dict()
    if stall:
        sim = run_sim(program, inputs)
        assert sim.cycles is not None and sim.config_cycles is not None
        assert readout_cycles_bound(chip) > 2 * max(sim.cycles, sim.config_cycles)
