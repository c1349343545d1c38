"""Pairs and hops, against what the simulated routers and cores counted."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.api.runs import SilentLayerWarning, run
from shiftfire.energy.estimate import HOP_COUNTERS
from shiftfire.network.graph import Network
from shiftfire.sana_fe.pairs import spike_hops, spike_pairs
from shiftfire_spec.counters import Counter
from support.sana_fe_networks import SILENT, convolution, dense, spikes


@pytest.mark.parametrize("network", [dense(), convolution()], ids=lambda n: n.name)
def test_every_core_sees_its_pairs(network: Network) -> None:
    result = run(network, spikes(network), record=["spikes"])
    program, counters = result.schedule.rounds[0].program, result.rounds[0].counters
    assert counters is not None and len(program.cores) > len(network.layers)
    seen = np.zeros(len(counters), np.int64)
    for sample in range(2):
        for (name, neuron, step, tile), times in spike_pairs(program, result.spikes, sample).items():
            assert result.spikes[name][sample, step].reshape(-1)[neuron] and times == 1
            seen[tile] += 1
    assert np.array_equal(seen, counters[:, Counter.EVENTS_IN])


def test_hops_are_what_routers_count_more_than_of_silence() -> None:
    """ENDs and credits are the same without spikes; the last layer, which is collected, is silent."""
    network = dense(last=SILENT)
    flits: list[int] = []
    hops = 0
    for inputs in (spikes(network), np.zeros_like(spikes(network))):
        with pytest.warns(SilentLayerWarning):
            result = run(network, inputs, record=["spikes"])
        counters = result.rounds[0].counters
        assert counters is not None
        flits.append(int(counters[:, list(HOP_COUNTERS)].sum()))
        hops += sum(spike_hops(result.schedule.rounds[0].program, result.spikes, sample) for sample in range(2))
    assert hops == flits[0] - flits[1] > 0
