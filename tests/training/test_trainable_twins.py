"""An untrained model computes the same function as the network that it exports."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.golden.execute import execute

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")


@pytest.mark.parametrize("name", ["cnn", "mlp", "ssf"])
def test_export(name: str) -> None:
    from shiftfire.training.cnn import DigitsCnn
    from shiftfire.training.loop import prepare_torch
    from shiftfire.training.mlp import DigitsMlp
    from shiftfire.training.ssf import DigitsSsf

    prepare_torch(3)
    model = {"cnn": DigitsCnn, "mlp": DigitsMlp, "ssf": DigitsSsf}[name]()
    images = np.random.default_rng(0).integers(0, model.maximum + 1, (40, 1, 8, 8))
    predictions = execute(model.export({}), images).predictions
    assert predictions is not None
    assert predictions.tolist() == model(torch.from_numpy(images).float()).argmax(1).tolist()
    assert len(set(predictions.tolist())) > 1
