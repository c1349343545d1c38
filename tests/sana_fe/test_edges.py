"""Edges give golden's sums back."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.golden.synapses import contribution
from shiftfire.network.build import connections as sf
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.sana_fe.edges import MOST_PAIRS, edges_of, greatest_sum
from shiftfire.sana_fe.errors import SanaFeError

RNG = np.random.default_rng(4)


def weights(*shape: int) -> np.ndarray:
    return RNG.integers(-3, 4, shape)


CONNECTIONS = {
    "dense": (sf.dense(weights(5, 48)), 5 * 48),
    "conv2d": (sf.conv2d(weights(4, 3, 3, 3), padding=1, stride=2), None),
    "groups": (sf.conv2d(weights(6, 1, 2, 2), groups=3), 6 * 9 * 4),
    "depthwise": (sf.depthwise(weights(3, 2, 2)), 3 * 9 * 4),
    "pool": (sf.pool(2), 48),
    "direct": (sf.direct(), 48),
    "upsample": (sf.upsample(2), 4 * 48),
}


@pytest.mark.parametrize("name", CONNECTIONS)
def test_edges_sum_as_golden_does(name: str) -> None:
    connection, count = CONNECTIONS[name]
    network = NetworkBuilder("n", input=(3, 4, 4)).layer("layer", connection, theta=1).readout("none").build()
    (layer,) = network.layers
    edges = edges_of(layer, layer.synapses[0], network.input)
    spikes = RNG.integers(0, 2, (10, 48))
    matrix = np.zeros((48, layer.shape.size), np.int64)
    np.add.at(matrix, tuple(edges.pairs.T), edges.weights)
    assert np.array_equal(spikes @ matrix, contribution(layer.synapses[0], spikes.reshape(10, 3, 4, 4)).reshape(10, -1))
    assert len({tuple(pair) for pair in edges.pairs}) == len(edges.pairs) and count in (None, len(edges.pairs))
    assert greatest_sum([edges], layer.shape.size) == np.maximum(matrix, 0).sum(axis=0).max()


def test_what_are_no_edges() -> None:
    builder = NetworkBuilder("n", input=4).dense("q", weights(4, 4), theta=1).dense("k", weights(4, 4), theta=1, source="input")
    network = builder.qk("scores", "q", "k", neuron="count", theta=1, hi=1).readout("none").build()
    with pytest.raises(SanaFeError, match="qk synapses from q"):
        edges_of(network.layer("scores"), network.layer("scores").synapses[0], network.layer("q"))
    late = NetworkBuilder("n", input=4, timesteps=2).dense(
        "a", weights(4, 4), theta=1, also=sf.dense(weights(4, 4), source="a", delay=1)
    )
    with pytest.raises(SanaFeError, match="a delay from a"):
        edges_of(late.build().layers[0], late.build().layers[0].synapses[1], late.build().layers[0])


def test_too_many() -> None:
    network = NetworkBuilder("n", input=(1, 80, 80)).conv2d("c", weights(1, 1, 1, 1), theta=1).readout("none").build()
    assert MOST_PAIRS < 6400 * 6400
    with pytest.raises(SanaFeError, match="6400 x 6400 pairs"):
        edges_of(network.layers[0], network.layers[0].synapses[0], network.input)
