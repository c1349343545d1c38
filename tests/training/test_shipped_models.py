"""The shipped models: accuracy by golden, provenance of the test split, fit to the smallest chip's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shiftfire.golden.execute import driving_sums, execute
from shiftfire.network.bundled import find_model, model_names
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import IntArray, Lif, Network, NetworkError, SynapseOp, Synapses
from shiftfire_spec.chip import load_chip
from shiftfire_spec.weights import WeightFormat

FORMATS = {
    "digits-cnn": {WeightFormat.INT4},
    "digits-mlp": {WeightFormat.INT4},
    "digits-ssf": {WeightFormat.INT4, WeightFormat.PM1},
    "sdt-tiny": {WeightFormat.INT4, WeightFormat.BIT, WeightFormat.INT8},  # spikes as values, k^T v as rows
    "spikformer-tiny": {WeightFormat.INT4, WeightFormat.BIT, WeightFormat.ONE},  # spikes as keys and values, residual add
}
MODELS = tuple(FORMATS)


def test_names() -> None:
    assert model_names() == MODELS


def test_find_model(tmp_path: Path) -> None:
    assert find_model(str(tmp_path)) == tmp_path
    with pytest.raises(
        NetworkError, match="no model 'digits': shipped are digits-cnn, digits-mlp, digits-ssf, sdt-tiny, spikformer-tiny"
    ):
        find_model("digits")


@pytest.mark.parametrize("name", MODELS)
def test_accuracy(name: str) -> None:
    network, test = load_network(find_model(name)), load_test_split(find_model(name))
    predictions = execute(network, test.inputs).predictions
    assert predictions is not None
    accuracy = float(np.mean(predictions == test.labels))
    assert accuracy >= 0.97
    assert network.name == name
    assert network.metadata["integer_accuracy"] == f"{accuracy:.4f}"


@pytest.mark.parametrize("name", MODELS)
def test_split_is_the_data_sets(name: str) -> None:
    """The shipped samples are scikit-learn's, the test part of the split that the metadata name."""
    datasets = pytest.importorskip("sklearn.datasets")
    selection = pytest.importorskip("sklearn.model_selection")
    network, test = load_network(find_model(name)), load_test_split(find_model(name))
    digits = datasets.load_digits()
    numbers = np.arange(len(digits.target))
    _, chosen = selection.train_test_split(numbers, test_size=360, stratify=digits.target, random_state=0)
    assert np.array_equal(test.inputs[:, 0], np.minimum(digits.images[chosen], network.input.hi))
    assert np.array_equal(test.labels, digits.target[chosen])


def _largest_sums(network: Network, synapses: Synapses) -> IntArray:
    """Per channel (or one for all), no less than what the synapses make of one vector in any state."""
    source = network.source(synapses.source)
    scale = source.value_limits[1] * synapses.pre_pool**2 << synapses.scale
    if synapses.rows is not None:
        terms = source.shape.height * source.shape.width if synapses.op is SynapseOp.KV else source.shape.channels // synapses.heads
        return np.array([terms * network.source(synapses.rows).value_limits[1] * scale])
    if synapses.weights is None:
        assert synapses.op is SynapseOp.DIRECT
        return np.array([scale])
    return np.abs(synapses.weights.reshape(len(synapses.weights), -1)).sum(axis=1) * scale


@pytest.mark.parametrize("name", MODELS)
def test_fits_small_words(name: str) -> None:
    """Membranes fit the smallest preset; accumulators too, whatever the input, bias included."""
    chip = load_chip("nano")
    network = load_network(find_model(name))
    for layer in network.layers:
        sums = np.abs(layer.neuron.bias)
        for synapses in layer.synapses:
            vectors = network.source(synapses.source).timesteps if layer.timesteps == 1 else 1
            sums = sums + _largest_sums(network, synapses) * vectors
        assert sums.max() < 1 << (chip.accumulator_bits - 1)
        if isinstance(layer.neuron, Lif):
            limit = 1 << (chip.membrane_bits - 1)
            assert -limit <= layer.neuron.v_min and layer.neuron.v_max < limit
    assert {synapses.weight_format for layer in network.layers for synapses in layer.synapses} == FORMATS[name]


@pytest.mark.parametrize("name", ["sdt-tiny", "spikformer-tiny"])
def test_attention_fires_as_published(name: str) -> None:
    """Attention's neurons are ``h = v + (x - v) / 2``, spike at ``h >= 0.5``, ``v = 0`` after one, with x = 0.125 times the product.

    In float64, where every term is exact. The product is computed here, from the queries, keys and values that golden emits.
    """
    network, test = load_network(find_model(name)), load_test_split(find_model(name))
    activations = execute(network, test.inputs[:40]).activations
    q, k, v = (activations[layer].reshape(40, 4, 2, 16, 16).astype(float) for layer in ("query", "key", "value"))
    product = np.einsum("bthdi,bthdj,bthej->bthei", q, k, v)  # samples, steps, heads, channels, tokens
    layer = network.layer("attend")
    scale = layer.synapses[0].scale
    assert np.array_equal(driving_sums(layer, activations), product.reshape(40, 4, 32, 4, 4) * 2**scale)
    potential = np.zeros_like(product[:, 0])
    for step in range(4):
        potential += (product[:, step] * 0.125 - potential) / 2
        spikes = potential >= 0.5
        potential[spikes] = 0
        assert np.array_equal(activations["attend"][:, step], spikes.reshape(40, 32, 4, 4))
    assert 0.1 < activations["attend"].mean() < 0.9
