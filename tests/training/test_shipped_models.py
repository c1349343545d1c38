"""The shipped models: accuracy by golden, provenance of the test split, fit to the smallest chip's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shiftfire.golden.execute import execute
from shiftfire.network.bundled import find_model, model_names
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Lif, NetworkError
from shiftfire_spec.chip import load_chip
from shiftfire_spec.weights import WeightFormat

MODELS = ("digits-cnn", "digits-mlp", "digits-ssf")


def test_names() -> None:
    assert model_names() == MODELS


def test_find_model(tmp_path: Path) -> None:
    assert find_model(str(tmp_path)) == tmp_path
    with pytest.raises(NetworkError, match="no model 'digits': shipped are digits-cnn, digits-mlp, digits-ssf"):
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


@pytest.mark.parametrize("name", MODELS)
def test_fits_small_words(name: str) -> None:
    """Membranes fit the smallest preset; accumulators too, whatever the input, bias included."""
    chip = load_chip("nano")
    network = load_network(find_model(name))
    formats = set()
    for layer in network.layers:
        (synapses,) = layer.synapses
        formats.add(synapses.weight_format)
        source = network.source(synapses.source)
        largest = source.value_limits[1] * synapses.pre_pool**2 * (source.timesteps if layer.timesteps == 1 else 1)
        weights = synapses.weights
        assert weights is not None
        sums = np.abs(weights.reshape(len(weights), -1)).sum(axis=1) * largest + np.abs(layer.neuron.bias)
        assert sums.max() < 1 << (chip.accumulator_bits - 1)
        if isinstance(layer.neuron, Lif):
            limit = 1 << (chip.membrane_bits - 1)
            assert -limit <= layer.neuron.v_min and layer.neuron.v_max < limit
    assert formats == ({WeightFormat.INT4, WeightFormat.PM1} if name == "digits-ssf" else {WeightFormat.INT4})
