"""Choices and bits of layers by trying: each layer alone, driven by what the float model's sources sent on the samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np

from ..network.values import IntArray
from .activity import Statistics
from .dynamics import Emits
from .errors import QuantiseError
from .layer import IntegerLayer, integer_layer
from .population import Population
from .replay import replay
from .settings import Choices, Settings, offered_bits

COMPENSATIONS = (0.0, 0.5, 1.0)
SMALL_LEAK_ERROR = 1e-3  # below it, making up for the leak's error is not tried


def loss(made: IntegerLayer, population: Population, ideal: Mapping[str, IntArray]) -> float:
    """Share of neuron-steps that differ; of layers that send membranes, the squared error relative to what they send."""
    sent, own = replay(made.layer, ideal), ideal[population.name]
    if population.dynamics.emits is not Emits.MEMBRANE:
        return float(np.mean(sent != own))
    power = float(np.mean(np.square(own.astype(np.float64) * made.sends)))
    return float(np.mean(np.square((sent - own) * made.sends))) / power if power else 0.0


class Trials:
    """Layers as they would be, made of ``populations`` on the samples of ``statistics``; ``sources``: real value of an integer step of each source.

    ``ideal``: what the float model sent, as integers, by node.
    """

    def __init__(
        self,
        populations: tuple[Population, ...],
        statistics: Statistics,
        sources: Mapping[str, float],
        ideal: Mapping[str, IntArray],
    ) -> None:
        self.populations = {p.name: p for p in populations}
        self.statistics, self.sources, self.ideal = statistics, sources, ideal

    def loss(self, name: str, settings: Settings, choices: Choices) -> float:
        """Of one layer. Raises QuantiseError when it cannot be had."""
        population = self.populations[name]
        made = integer_layer(population, self.sources, self.statistics, settings, choices)
        ideal = self.ideal
        if population.dynamics.emits is Emits.MEMBRANE:  # its integers depend on the unit that was chosen
            real = self.statistics.sent[name].reshape(ideal[name].shape)
            ideal = {**ideal, name: np.rint(real / made.sends).astype(np.int64)}
        return loss(made, population, ideal)

    def best_choices(self, name: str, settings: Settings) -> Choices:
        """Of those that are tried, the ones that lose least; the first of equals."""
        probe = integer_layer(self.populations[name], self.sources, self.statistics, settings, Choices())
        compensations = COMPENSATIONS if abs(probe.leak.worst_fit.error) > SMALL_LEAK_ERROR else COMPENSATIONS[:1]
        tried = [
            Choices(cancelling, percentile, compensation)
            for compensation, percentile, cancelling in product(compensations, (False, True), (True, False))
        ]
        return min(tried, key=lambda choices: self.loss(name, settings, choices))


def mixed_bits(trials: Trials, settings: Settings, budget_bits: int) -> dict[str, int]:
    """Bits per layer so that all stored weights take at most ``budget_bits``: from the most that the chip offers down, each time where the loss per saved bit grows least.

    Raises QuantiseError when 1 bit each is still too much.
    """
    ladder = sorted(offered_bits(settings.chip), reverse=True)
    sizes = {name: stored_weights(p) for name, p in trials.populations.items()}
    sizes = {name: size for name, size in sizes.items() if size}
    bits = dict.fromkeys(sizes, ladder[0])
    losses: dict[tuple[str, int], float] = {}

    def of(name: str, width: int) -> float:
        if (name, width) not in losses:
            losses[name, width] = trials.loss(name, replace(settings, layer_bits={name: width}), Choices())
        return losses[name, width]

    def price(name: str) -> float:
        less = ladder[ladder.index(bits[name]) + 1]
        return (of(name, less) - of(name, bits[name])) / (sizes[name] * (bits[name] - less))

    while sum(sizes[name] * bits[name] for name in sizes) > budget_bits:
        lower = [name for name in sizes if bits[name] > ladder[-1]]
        if not lower:
            raise QuantiseError(f"budget of {budget_bits} bits: the {sum(sizes.values())} weights need a bit each; allow more")
        cheapest = min(lower, key=price)
        bits[cheapest] = ladder[ladder.index(bits[cheapest]) + 1]
    return bits


def stored_weights(population: Population) -> int:
    """Weights that a population's synapses store."""
    return sum(s.weights.size for s in population.synapses if s.stored)
