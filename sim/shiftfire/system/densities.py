"""How many elements of every input and layer say anything in a sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..compiler.lowering.events import CoreEvents
from ..network.graph import Network
from ..network.input_sets import Inputs, expand_all
from .batches import batch_sizes
from .plan import RunPlan


def densities(network: Network, plans: Sequence[RunPlan], inputs: Inputs) -> dict[str, float]:
    """Share of (sample, element) in which the element is not zero in all timesteps, by input and layer. ``inputs``: those of the plans."""
    found: dict[str, float] = {}
    samples = sum(batch_sizes(plans))
    for name, values in expand_all(network.inputs, inputs).items():
        found[name] = float(np.mean(np.any(values != 0, axis=1)))
    for layer in network.layers:
        emitted = [events for plan in plans for events in plan.events if events.core.layer == layer.name]
        found[layer.name] = sum(_elements(events, layer.timesteps) for events in emitted) / (samples * layer.shape.size)
    return found


def _elements(events: CoreEvents, timesteps: int) -> int:
    """Pairs of a sample and an element of the core that sends something in it."""
    steps = np.repeat(np.arange(len(events.event_start) - 1), np.diff(events.event_start))
    sample = steps // (events.steps * timesteps)
    return len(np.unique(np.stack([sample, events.axon]), axis=1).T)
