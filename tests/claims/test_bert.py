"""The BERT-base that the claim on Sorbet runs: its shape, and how much it sends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shiftfire.claims.bert import TIMESTEPS, Case, bert_base, quantisers, sending, spike_rate
from shiftfire.claims.sorbet import SETTINGS
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Network
from shiftfire.network.values import IntArray

TOKENS = 32
ENCODER_WEIGHTS, POOLER_WEIGHTS, CLASSES = 4 * 768 * 768 + 2 * 768 * 3072, 768 * 768, 2


@pytest.fixture(scope="module", params=list(SETTINGS["bert-base"]))
def ran(request: pytest.FixtureRequest) -> tuple[str, Network, dict[str, IntArray]]:
    case: dict[str, Any] = SETTINGS["bert-base"][request.param]
    network, inputs = bert_base(Case(**case), TOKENS, SETTINGS["seed"])
    return request.param, network, execute(network, inputs).activations


def test_its_shape(ran: tuple[str, Network, dict[str, IntArray]]) -> None:
    """An encoder layer has BERT-base's weights, all but the classifier's of one bit."""
    _, network, _ = ran
    stored = [s for layer in network.layers for s in layer.synapses if s.weights is not None and s.weights.size > 3 * 768]
    assert sum(s.weights.size for s in stored if s.weights is not None) == ENCODER_WEIGHTS + POOLER_WEIGHTS
    assert all(set(np.unique(s.weights)) == {-1, 1} for s in stored if s.weights is not None)
    assert network.layer("layer0.scores").shape.channels == 12 * TOKENS and network.input.shape.channels == 768


def test_how_much_it_sends(ran: tuple[str, Network, dict[str, IntArray]]) -> None:
    """As the names of the cases say; counted here code by code."""
    name, network, emitted = ran
    names = quantisers(network)
    assert {"layer0.query.input", "layer0.query", "layer0.value", "layer0.hidden.input", "pooled.input"} <= set(names)
    assert not {"layer0.key", "layer0.scores", "layer0.attention", "pooled"} & set(names)  # of levels, or no quantisers of 4 bits
    codes = np.concatenate([emitted[each].reshape(-1) for each in names])
    assert codes.min() >= -8 and codes.max() <= 15
    assert spike_rate(network, emitted) == pytest.approx(np.abs(codes).mean() / TIMESTEPS)
    assert sending(network, emitted) == pytest.approx((codes != 0).mean())
    if "published" in name:
        assert 0.13 < spike_rate(network, emitted) < 0.15
    if "few" in name:
        assert 0.1 < sending(network, emitted) < 0.2


def test_the_published_rate_is_that_of_all_layers() -> None:
    """Steps follow what each quantiser sees, so that twelve layers send as much as one: three do."""
    network, inputs = bert_base(Case(3, 3.0, 6.0), TOKENS, SETTINGS["seed"])
    assert 0.13 < spike_rate(network, execute(network, inputs).activations) < 0.15
