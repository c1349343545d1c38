"""Layers that never fire in a run, and how far they are from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..golden.execute import GoldenTrace, execute_checked
from ..golden.steps import of_neurons
from ..golden.sums import driving_sums
from ..network.graph import Layer, Network
from ..network.input_sets import Inputs
from .plan import RunPlan


@dataclass(frozen=True)
class SilentLayer:
    """A layer that sent nothing: the ``largest`` value of its ``quantity`` (membrane, or sum with bias), of the neuron that came nearest to its ``threshold``.

    ``threshold`` is None where no single number makes the kind of neuron fire.
    """

    layer: str
    quantity: str
    largest: int
    threshold: int | None

    def sentence(self) -> str:
        """For people."""
        limit = "" if self.threshold is None else f", its threshold {self.threshold:,}"
        return f"layer {self.layer} never fired: its largest {self.quantity} is {self.largest:,}{limit}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def silent_layers(network: Network, plans: Sequence[RunPlan], inputs: Inputs) -> tuple[SilentLayer, ...]:
    """Layers that sent no event in planned rounds, in the network's order. ``inputs``: those of the plans."""
    heard = {events.core.layer for plan in plans for events in plan.events if len(events.axon)}
    silent = [layer for layer in network.layers if layer.name not in heard]
    if not silent:
        return ()
    trace = execute_checked(network, inputs, membranes=True)  # once more: a plan keeps no sums
    return tuple(_nearest(layer, trace) for layer in silent)


def _nearest(layer: Layer, trace: GoldenTrace) -> SilentLayer:
    """The neuron that is nearest to firing."""
    membrane = trace.membranes.get(layer.name)
    values = membrane if membrane is not None else driving_sums(layer, trace.activations) + of_neurons(layer.kind.bias)
    largest = values.max(axis=(0, 1))
    words = layer.kind.threshold
    thresholds = None if words is None else np.broadcast_to(of_neurons(words), largest.shape)
    nearest = np.unravel_index(np.argmax(largest if thresholds is None else largest - thresholds), largest.shape)
    return SilentLayer(
        layer=layer.name,
        quantity="sum" if membrane is None else "membrane",
        largest=int(largest[nearest]),
        threshold=None if thresholds is None else int(thresholds[nearest]),
    )
