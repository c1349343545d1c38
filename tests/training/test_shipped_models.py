"""The shipped models: accuracy by golden, provenance of the test split, fit to the smallest chip's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from shiftfire.closed_loop.tasks import TASKS
from shiftfire.golden.execute import driving_sums, execute
from shiftfire.network.bundled import find_model, model_names
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Network
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, NetworkError
from shiftfire_spec.weights import WeightFormat

FloatArray = NDArray[np.float64]
CONTROL = tuple(task.model for task in TASKS.values())
FORMATS = {
    **{name: {WeightFormat.INT8, WeightFormat.PM1} for name in sorted(CONTROL)},
    "digits-cnn": {WeightFormat.INT4},
    "digits-mlp": {WeightFormat.INT4},
    "digits-ssf": {WeightFormat.INT4, WeightFormat.PM1},
    "sdt-tiny": {WeightFormat.INT4, WeightFormat.BIT, WeightFormat.INT8},  # spikes as values, k^T v as rows
    "sorbet-tiny": {WeightFormat.PM1, WeightFormat.INT4, WeightFormat.ONE},  # linear layers, attention and read-out, residual adds
    "spikformer-tiny": {WeightFormat.INT4, WeightFormat.BIT, WeightFormat.ONE},  # spikes as keys and values, residual add
}
MODELS = tuple(FORMATS)
SMALL_WORD_BITS = 16
LABELLED = tuple(name for name in MODELS if name not in CONTROL)
DIGITS = tuple(name for name in LABELLED if name != "sorbet-tiny")
LEAST_ACCURACY = {"sorbet-tiny": 0.87}  # of the others 0.97


def test_names() -> None:
    assert model_names() == MODELS


def test_find_model(tmp_path: Path) -> None:
    assert find_model(str(tmp_path)) == tmp_path
    with pytest.raises(
        NetworkError,
        match="no model 'digits': shipped are control-acrobot, control-cartpole, control-mountaincar, digits-cnn, digits-mlp, digits-ssf, sdt-tiny, sorbet-tiny, spikformer-tiny",
    ):
        find_model("digits")


@pytest.mark.parametrize("name", LABELLED)
def test_accuracy(name: str) -> None:
    network, test = load_network(find_model(name)), load_test_split(find_model(name))
    predictions = execute(network, test.inputs).predictions
    assert predictions is not None
    accuracy = float(np.mean(predictions == test.labels))
    assert accuracy >= LEAST_ACCURACY.get(name, 0.97)
    assert network.name == name
    assert network.metadata["integer_accuracy"] == f"{accuracy:.4f}"


@pytest.mark.parametrize("name", CONTROL)
def test_policies(name: str) -> None:
    """Weights of 8 bits, prototypes of 1 bit with half their sum as bias; observations without labels; returns and their spread in the metadata."""
    network, test = load_network(find_model(name)), load_test_split(find_model(name))
    assert network.name == name and test.labels is None
    assert {synapses.weight_format for layer in network.layers for synapses in layer.synapses} == FORMATS[name]
    head = network.layer("action")
    prototypes = head.synapses[0].weights
    assert prototypes is not None and np.array_equal(-2 * head.neuron.bias, prototypes.sum(axis=1))
    task = next(task for task in TASKS.values() if task.model == name)
    assert float(network.metadata["integer_return"].split(" +- ")[0]) >= task.solved
    assert len(network.metadata["integer_return_of_seeds"].split(", ")) == 3


@pytest.mark.parametrize("name", DIGITS)
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


def test_text_split_is_this_pythons() -> None:
    """The shipped samples are the test part of the text that the metadata name."""
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    from shiftfire.training.docstrings import load_text_split

    split = load_text_split()
    network, test = load_network(find_model("sorbet-tiny")), load_test_split(find_model("sorbet-tiny"))
    if f"digest {split.digest}" not in network.metadata["data"]:
        pytest.skip("the text is that of another release of Python")
    words, positions = test.inputs[:, :480, :, 0], test.inputs[:, 480:, :, 0]
    assert np.array_equal(words.argmax(axis=1), split.test_inputs)
    assert (words.sum(axis=1) == 1).all() and (positions == np.eye(32, dtype=np.int64)).all()
    assert np.array_equal(test.labels, split.test_labels)


@pytest.mark.parametrize("name", DIGITS)
def test_fits_small_words(name: str) -> None:
    """Membranes and accumulators fit 16 bits, whatever the input, bias included."""
    network = load_network(find_model(name))
    for layer in network.layers:
        sums = np.abs(layer.neuron.bias)
        for synapses in layer.synapses:
            vectors = network.source(synapses.source).timesteps if layer.timesteps == 1 else 1
            sums = sums + _largest_sums(network, synapses) * vectors
        assert sums.max() < 1 << (SMALL_WORD_BITS - 1)
        if isinstance(layer.neuron, Lif):
            limit = 1 << (SMALL_WORD_BITS - 1)
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


def test_sorbet_keeps_its_float_counterparts_accuracy() -> None:
    metadata = load_network(find_model("sorbet-tiny")).metadata
    assert float(metadata["float_accuracy"]) - float(metadata["integer_accuracy"]) <= 0.015


def _bspn_in_float64(neuron: Bspn, x: FloatArray) -> FloatArray:
    """Published BSPN of x (samples, 64, tokens), value 1 being 2**8: mean to a power of two, channel powers, offset, result to a power of two, or 0 below 2**-8."""
    assert neuron.guard == 4
    mean = np.abs(x).mean(axis=1, keepdims=True) / 2**8
    gain = np.where(neuron.negative == 1, -1.0, 1.0) * 2.0 ** (neuron.shift - 12)
    y = gain[:, None] * (x / 2**8) * 2.0 ** -np.ceil(np.log2(mean + 1e-5)) + (neuron.beta / 2**12)[:, None]
    exponent = np.round(np.log2(np.where(y == 0, 2.0**-20, np.abs(y))))
    return np.where(exponent < -8, 0.0, np.sign(y) * 2.0**exponent)


@pytest.mark.parametrize("number", [0, 1])
def test_sorbet_layer_is_as_published(number: int) -> None:
    """An encoder layer in float64 by the paper's definitions, from the powers that golden's layer before emits, gives golden's powers.

    Thresholds and biases of the linear layers are the network's. Every value of the comparison is real: powers are divided by 2**8, probabilities are 2**-6 a count.
    """
    network, test = load_network(find_model("sorbet-tiny")), load_test_split(find_model("sorbet-tiny"))
    activations = execute(network, test.inputs[:40]).activations
    before = ("embedding", "layer0.norm")[number]

    def emitted(name: str) -> FloatArray:
        return activations[name][:, 0, :, :, 0].astype(float)

    def linear(part: str, values: FloatArray) -> FloatArray:
        synapses = network.layer(f"layer{number}.{part}").synapses[0]
        assert synapses.weights is not None and synapses.op is SynapseOp.CONV2D
        return np.einsum("oi,bit->bot", synapses.weights[:, :, 0, 0], values) * 2.0**synapses.scale

    def count(part: str, sums: FloatArray, lo: int, hi: int) -> FloatArray:
        neuron = network.layer(f"layer{number}.{part}").neuron
        assert isinstance(neuron, Count)
        return np.clip(np.floor((sums + neuron.bias[:, None]) / neuron.theta[:, None]), lo, hi)

    def four_bits(powers: FloatArray) -> FloatArray:
        return np.clip(np.rint(powers / 2**8 / 0.25), -8, 7)

    def norm(part: str, sums: FloatArray) -> FloatArray:
        neuron = network.layer(f"layer{number}.{part}").neuron
        assert isinstance(neuron, Bspn)
        return _bspn_in_float64(neuron, sums + neuron.bias[:, None]) * 2**8

    x = emitted(before)
    q, k, v = (count(part, linear(part, four_bits(x)), -8, 7).reshape(40, 4, 16, 32) for part in ("query", "key", "value"))
    score = np.ceil(np.einsum("bhdi,bhdj->bhij", q, k) / 16)  # of token i for token j
    powers = 2.0 ** (score - score.max(axis=3, keepdims=True))
    total = powers.sum(axis=3, keepdims=True)
    below = 2.0 ** np.floor(np.log2(total))
    probabilities = powers / np.where(total - below >= 2 * below - total, 2 * below, below)
    p = np.clip(np.rint(probabilities * 2**6), 0, 15)
    context = count("context", np.einsum("bhij,bhdj->bhdi", p, v).reshape(40, 64, 32), -8, 7)
    attention = norm("attention", x + linear("attention", context))
    assert np.array_equal(attention, emitted(f"layer{number}.attention"))
    hidden = count("hidden", linear("hidden", four_bits(attention)), 0, 15)
    assert np.array_equal(norm("norm", attention + linear("norm", hidden)), emitted(f"layer{number}.norm"))
    assert len(np.unique(attention)) > 12 and len(np.unique(p)) == 6
