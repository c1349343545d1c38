"""An untrained model computes the same function as the network that it exports; so do single neurons on inputs of every size."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.golden.execute import driving_sums, execute

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")


def test_reproducible_restores() -> None:
    """The process computes with denormals, threads and kernels as before."""
    from shiftfire.training.loop import reproducible

    def settings() -> tuple[bool, int, bool]:
        return bool(torch.tensor(1e-45) * 1 == 0), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()

    before = settings()
    with reproducible(3):
        assert settings() == (True, 1, True)
        drawn = torch.rand(4).tolist()
    assert settings() == before
    with reproducible(3):
        assert torch.rand(4).tolist() == drawn


@pytest.mark.parametrize("name", ["digits-cnn", "digits-mlp", "digits-ssf", "spikformer-tiny", "sdt-tiny"])
def test_export(name: str) -> None:
    """Logits equal golden's sums; thresholds are low and biases drawn, so that all layers are active."""
    from shiftfire.training.__main__ import MODELS
    from shiftfire.training.loop import reproducible
    from shiftfire.training.quantise import IntegerVector

    with reproducible(3):
        model = MODELS[name]()
        for module in model.modules():
            if isinstance(module, IntegerVector):
                threshold = module.minimum > 0
                torch.nn.init.uniform_(module.latent, *((0.1, 0.4) if threshold else (-0.05, 0.15)))
    images = np.random.default_rng(0).integers(0, model.maximum + 1, (20, 1, 8, 8))
    network = model.export({})
    activations = execute(network, images).activations
    output = network.layer(network.output)
    sums = driving_sums(output, activations)[:, 0, :, 0, 0] + output.neuron.bias
    logits = model(torch.from_numpy(images).float()) * model.output.unit
    assert logits.tolist() == sums.tolist()
    for layer in network.layers:
        values = activations[layer.name]
        assert 0.02 < np.mean(values != 0) < 0.98, layer.name
        assert len(np.unique(values, axis=0)) > 1, layer.name


def test_sorbet_export() -> None:
    """Logits equal golden's sums; gains of both signs and biases drawn, so that every part of BSPN takes effect."""
    from shiftfire.training.docstrings import WORDS, TextSplit
    from shiftfire.training.loop import reproducible
    from shiftfire.training.powers import TrainedBspn
    from shiftfire.training.sorbet import SorbetTiny

    with reproducible(3):
        model = SorbetTiny()
        for module in model.modules():
            if isinstance(module, TrainedBspn):
                torch.nn.init.uniform_(module.gain, -3, 3)
                torch.nn.init.uniform_(module.beta.latent, -0.5, 0.5)
                torch.nn.init.uniform_(module.bias.latent, -0.5, 0.5)
    tokens = np.random.default_rng(0).integers(0, WORDS, (20, 32))
    network = model.export({})
    nothing = np.zeros(0, np.int64)
    vectors = TextSplit(nothing, nothing, nothing, nothing, "").vectors(tokens)
    assert np.array_equal(vectors, vectors_of(tokens))
    activations = execute(network, vectors).activations
    output = network.layer(network.output)
    sums = driving_sums(output, activations)[:, 0, :, 0, 0] + output.neuron.bias
    logits = model(torch.from_numpy(tokens)) * model.output.unit
    assert logits.tolist() == sums.tolist()
    assert len(np.unique(sums, axis=0)) == len(tokens)
    for layer in network.layers[:-1]:
        values = activations[layer.name]
        assert len(np.unique(values)) == 6 if layer.name.endswith("scores") else len(np.unique(values)) > 8, layer.name
        assert len(np.unique(values, axis=0)) == len(tokens), layer.name


def vectors_of(tokens: np.ndarray) -> np.ndarray:
    """One-hot words and positions, written out."""
    vectors = np.zeros((len(tokens), 512, 32, 1), np.int64)
    for sample, row in enumerate(tokens):
        for position, token in enumerate(row):
            vectors[sample, token, position] = vectors[sample, 480 + position, position] = 1
    return vectors


def test_bspn_twin() -> None:
    """Powers equal golden's for sums of every size, zeros among them, with channel gains down to 2**-6 and large offsets."""
    from shiftfire.golden.execute import fire
    from shiftfire.training.powers import TrainedBspn

    torch.manual_seed(0)
    twin = TrainedBspn(64, fraction=8, guard=4)
    torch.nn.init.uniform_(twin.gain, -6, 5)
    with torch.no_grad():
        twin.gain.copy_(torch.sign(twin.gain) * torch.exp2(twin.gain.abs() - 4))
        twin.beta.latent[:8] = torch.tensor([1e-3, -1e-3, 0.5, -0.5, 3, -3, 100, -100.0])
    generator = np.random.default_rng(0)
    sums = generator.integers(-1 << 15, 1 << 15, (400, 64, 1, 1)) >> generator.integers(0, 16, (400, 1, 1, 1))
    sums[:5] = 0
    exact = fire(twin.export(), sums[:, None])[:, 0]
    assert twin(torch.from_numpy(sums).float()).long().tolist() == exact.tolist()
    assert (exact == 0).any() and exact.min() < -(1 << 12) and exact.max() > 1 << 12


def test_softmax_twin() -> None:
    """Counts equal golden's, with sums of powers at, above and below the midpoint of two powers, and entries beyond the sum's fraction bits."""
    from shiftfire.golden.execute import fire
    from shiftfire.training.powers import PowerSoftmax

    twin = PowerSoftmax(entries=32, shift=2, alpha_exponent=6, hi=15)
    generator = np.random.default_rng(1)
    rows = generator.integers(-200, 200, (600, 32)) >> generator.integers(0, 8, (600, 1))
    rows[0], rows[0, :2] = -400, (0, -4)  # 1 + 1/2: the midpoint
    rows[1], rows[1, :2] = -4 * 24, (0, -4)
    rows[2], rows[2, :2] = -400, (0, -8)
    scores = rows.reshape(300, 64, 1, 1)
    exact = fire(twin.export(64), scores[:, None])[:, 0]
    assert twin(torch.from_numpy(scores).float()).long().tolist() == exact.tolist()
    assert set(np.unique(exact)) == {0, 1, 2, 4, 8, 15}
