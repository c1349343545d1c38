"""Energies of the shipped models: within what is published of chips, and what a round through main memory adds."""

from __future__ import annotations

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.energy.dense.arithmetic import FP32, INTEGERS
from shiftfire.energy.dense.main_memory import dense_traffic
from shiftfire.energy.main_memory import ROW_BITS, main_memory_parts
from shiftfire.energy.parts import Clock
from shiftfire.energy.table import load_table
from shiftfire.system.main_memory import MainMemoryTraffic

WORD = 32


@pytest.mark.parametrize("name", ["digits-mlp", "digits-cnn", "digits-ssf", "spikformer-tiny"])
def test_a_synaptic_operation_is_within_the_published_span(name: str) -> None:
    """Of what happens, at every corner: between the least of a chip made for it and Loihi's."""
    report = sf.run(sf.load(name), sf.samples(name, 2).inputs).energy_report()
    published = [chip.value for chip in load_table().published]
    low, high = report.per_operation["events"].ends
    assert min(published) < low < high < max(published)


def test_main_memory_of_a_network_that_fits() -> None:
    """Injection words are read and records of two words written; nothing is configured in a run."""
    network, inputs = sf.load("digits-mlp"), sf.samples("digits-mlp", 3).inputs
    run = sf.run(network, inputs)
    assert run.traffic is not None and run.traffic.loads == 0
    vectors, events = int(np.prod(inputs.shape[:2])), int(np.count_nonzero(inputs))
    assert sum(run.traffic.reads) == WORD * (events + 3 * vectors)  # BEGIN, its mask and END of each vector
    assert sum(run.traffic.writes) == WORD * 2 * 3 * 2  # of each sample one event and its END, or an ARGMAX's
    dense = dense_traffic(network, INTEGERS, 3, 0)
    assert (sum(dense.reads), sum(dense.writes)) == (3 * 64 * 5, 3 * 10)
    assert run.energy is not None
    assert run.energy.total(Clock.GATED) + run.energy.sum_of(run.energy.main_memory) == run.energy.with_main_memory(Clock.GATED)


def test_rounds_load_and_hand_over() -> None:
    """The layer between is written by one round and read by the next; what is configured is read; dense machines read their weights as well."""
    network, inputs = sf.load("digits-mlp"), sf.samples("digits-mlp", 3).inputs
    at_once, rounds = sf.run(network, inputs), sf.run(network, inputs, layers_at_once=1)
    assert at_once.traffic is not None and rounds.traffic is not None
    between = int(np.count_nonzero(sf.run(network, inputs, record=["spikes"]).spikes["hidden"]))
    assert sum(rounds.traffic.writes) > sum(at_once.traffic.writes) + WORD * between
    assert sum(rounds.traffic.reads) > sum(at_once.traffic.reads) + WORD * between
    assert rounds.traffic.loads == 1
    resident, loaded = (dense_traffic(network, arithmetic, 3, 1) for arithmetic in (INTEGERS, FP32))
    weights = sum(synapses.weights.size for layer in network.layers for synapses in layer.synapses if synapses.weights is not None)
    assert sum(loaded.reads) - 3 * 64 * 32 == 32 * weights
    assert sum(resident.reads) < sum(loaded.reads) / 6


def test_what_main_memory_costs() -> None:
    """Bits and opened rows, at their constants; twice the traffic is twice the energy."""
    table = load_table()
    bit, row = table.constant("main_memory_bit").value, table.constant("main_memory_activation").value
    parts = main_memory_parts(MainMemoryTraffic((4 * ROW_BITS, ROW_BITS - 5), (ROW_BITS + 5,), 0), table)
    assert sum(part.band.nominal for part in parts) == pytest.approx(6 * ROW_BITS * bit + 7 * row)
    twice = main_memory_parts(MainMemoryTraffic((4 * ROW_BITS, ROW_BITS - 5) * 2, (ROW_BITS + 5,) * 2, 0), table)
    assert [2 * part.band.high for part in parts] == pytest.approx([part.band.high for part in twice])
