"""An untrained model computes the same function as the network that it exports."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.golden.execute import driving_sums, execute

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")


@pytest.mark.parametrize("name", ["digits-cnn", "digits-mlp", "digits-ssf", "spikformer-tiny", "sdt-tiny"])
def test_export(name: str) -> None:
    """Logits equal golden's sums; thresholds are low and biases drawn, so that all layers are active."""
    from shiftfire.training.__main__ import MODELS
    from shiftfire.training.loop import prepare_torch
    from shiftfire.training.quantise import IntegerVector

    prepare_torch(3)
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
