"""Random dense networks: what the seed and the density decide."""

import numpy as np
import pytest
from shiftfire.golden.execute import execute
from shiftfire.network.check import check_network
from shiftfire.network.random_dense import random_dense_network, random_spikes

SIZES = (300, 100, 80, 10)


def _weights(seed: int) -> list[np.ndarray]:
    network = random_dense_network(SIZES, 4, 0.1, seed)
    return [s.weights for layer in network.layers for s in layer.synapses if s.weights is not None]


def test_shape_and_weights() -> None:
    network = random_dense_network(SIZES, 4, 0.1, 0)
    check_network(network)
    assert [layer.shape.channels for layer in network.layers] == [100, 80, 10]
    assert {layer.timesteps for layer in (network.input, *network.layers)} == {4}
    for weights, shape in zip(_weights(0), [(100, 300), (80, 100), (10, 80)], strict=True):
        assert weights.shape == shape
        assert (weights.min(), weights.max()) == (-7, 7)


def test_the_seed_decides() -> None:
    same, other = zip(_weights(5), _weights(5), strict=True), zip(_weights(5), _weights(6), strict=True)
    assert all(np.array_equal(a, b) for a, b in same)
    assert not any(np.array_equal(a, b) for a, b in other)
    source = random_dense_network(SIZES, 4, 0.1, 0).input
    assert np.array_equal(random_spikes(source, 0.3, 5, 2), random_spikes(source, 0.3, 5, 2))
    assert not np.array_equal(random_spikes(source, 0.3, 5, 2), random_spikes(source, 0.3, 6, 2))


def test_samples_and_timesteps_differ() -> None:
    spikes = random_spikes(random_dense_network(SIZES, 4, 0.1, 0).input, 0.5, 0, 3).reshape(12, -1)
    assert len(np.unique(spikes, axis=0)) == 12


@pytest.mark.parametrize("density", [0.0, 0.1, 1.0])
def test_density(density: float) -> None:
    spikes = random_spikes(random_dense_network(SIZES, 16, density, 0).input, density, 0, 20)
    assert set(np.unique(spikes)) <= {0, 1}
    assert spikes.mean() == pytest.approx(density, abs=0.01)


@pytest.mark.parametrize("density", [0.02, 0.1, 0.3])
def test_hidden_layers_spike_now_and_then(density: float) -> None:
    network = random_dense_network((784, 128, 128, 128), 16, density, 0)
    activations = execute(network, random_spikes(network.input, density, 0, 3)).activations
    for layer in network.layers:
        assert 0.05 < activations[layer.name].mean() < 0.2
