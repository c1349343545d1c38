"""Shipped models as golden runs them."""

from __future__ import annotations

from ...golden.execute import GoldenTrace, execute
from ...network.bundled import find_model
from ...network.container import load_network, load_test_split
from ...network.graph import Network
from ...network.input_sets import take_samples

SAMPLES = 4


class Runs:
    """The first `SAMPLES` samples of models' test splits, each model run once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Network, GoldenTrace]] = {}

    def of(self, model: str) -> tuple[Network, GoldenTrace]:
        """A shipped model, and what its layers emit and store."""
        if model not in self._known:
            directory = find_model(model)
            network = load_network(directory)
            inputs = load_test_split(directory, network).inputs
            self._known[model] = network, execute(network, take_samples(inputs, slice(SAMPLES)), membranes=True)
        return self._known[model]
