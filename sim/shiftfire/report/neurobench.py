"""A run in NeuroBench's terms: its keys, and its definitions applied to the integer network (J. Yik et al., "The NeuroBench framework for benchmarking
neuromorphic computing algorithms and systems", Nature Communications 16:1545, 2025; package neurobench 2.3.0).

What each figure means here is in ``docs/reference/neurobench.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from shiftfire_spec.weights import FORMATS

from ..golden.synapses import contribution, of_block
from ..network.geometry import require_weights
from ..network.graph import Layer, Network
from ..network.recode import received
from ..network.synapses import SynapseOp, Synapses
from ..network.tensors import smallest_type
from ..network.values import IntArray
from .document import head, provenance
from .run import Run

NEUROBENCH_FORMAT, NEUROBENCH_VERSION = "shiftfire-neurobench", 1
COUNTED = frozenset((SynapseOp.DENSE, SynapseOp.CONV2D, SynapseOp.DEPTHWISE))
"""Connections that NeuroBench counts: torch's Linear and Conv layers. Sums without weights and products of activations are none of its layers."""
SPARSITY_DIGITS = 4  # that NeuroBench rounds the connection sparsity to


def neurobench_document(run: Run) -> dict[str, Any]:
    """NeuroBench's results, and under ``shiftfire`` what they were made with. Raises InputError unless the run recorded "spikes" and "membrane"."""
    network, values, membranes = run.network, run.spikes, run.membrane
    accuracy = {} if run.accuracy is None else {"ClassificationAccuracy": run.accuracy}
    parts = footprint(network)
    return {
        "Footprint": sum(parts.values()),
        "ConnectionSparsity": connection_sparsity(network),
        **accuracy,
        "ActivationSparsity": activation_sparsity(network, values),
        "SynapticOperations": synaptic_operations(network, values),
        "MembraneUpdates": membrane_updates(membranes, run.samples),
        "shiftfire": {
            **head(NEUROBENCH_FORMAT, NEUROBENCH_VERSION),
            **provenance(run.schedule),
            "backend": run.backend,
            "samples": run.samples,
            "footprint": parts,
            "not_counted": not_counted(network),
        },
    }


def footprint(network: Network) -> dict[str, int]:
    """Bytes of the ``weights``, in the bits of their format, and of the neurons' ``parameters``, in the smallest types that hold them; what is buffered is not in it."""
    weights = parameters = 0
    for layer in network.layers:
        for synapses in layer.synapses:
            if synapses.weights is not None:
                weights += -(-require_weights(synapses).size * FORMATS[synapses.weight_format].bits // 8)
            if synapses.recode is not None:
                parameters += _bytes(synapses.recode)
        parameters += sum(_bytes(tensor) for tensor in layer.kind.container_tensors().values())
    return {"weights": weights, "parameters": parameters}


def _bytes(tensor: IntArray) -> int:
    return tensor.size * np.dtype(smallest_type("parameters", tensor)).itemsize


def connection_sparsity(network: Network) -> float | None:
    """Share of weights that are 0, rounded as NeuroBench does; None without weights."""
    tensors = [require_weights(s) for layer in network.layers for s in layer.synapses if s.op in COUNTED]
    total = sum(tensor.size for tensor in tensors)
    return round(sum(int((tensor == 0).sum()) for tensor in tensors) / total, SPARSITY_DIGITS) if total else None


def activation_sparsity(network: Network, values: dict[str, IntArray]) -> float:
    """Share of activations that are 0, of all layers but read-outs, whose one event names a class or whose values are membranes."""
    seen = [values[layer.name] for layer in network.layers if not layer.kind.one_event and not layer.kind.wide]
    total = sum(array.size for array in seen)
    return sum(int((array == 0).sum()) for array in seen) / total if total else 0.0


def synaptic_operations(network: Network, values: dict[str, IntArray]) -> dict[str, float]:
    """Per sample: operations of values and weights that are not 0, accumulations where a timestep's values are all -1, 0 or 1, else multiply-accumulates;
    ``Dense``: those of all values and weights. Biases are left out."""
    effective = {True: 0, False: 0}
    dense = 0
    samples = len(values[network.input.name])
    for layer in network.layers:
        for synapses in layer.synapses:
            if synapses.op in COUNTED:
                steps, whole = _operations(synapses, values[synapses.source])
                dense += whole
                for spiking, operations in steps:
                    effective[spiking] += operations
    return {
        "Effective_MACs": effective[False] / samples,
        "Effective_ACs": effective[True] / samples,
        "Dense": dense / samples,
    }


def _operations(synapses: Synapses, values: IntArray) -> tuple[list[tuple[bool, int]], int]:
    """Of each timestep of the source's ``values`` (samples, timesteps, channels, height, width), of all samples together: whether they are spikes, and the
    effective operations. And the dense ones of all timesteps."""
    weights = require_weights(synapses)
    plain = replace(synapses, scale=0, recode=None, pre_pool=1, block=None)
    binary, ones = (replace(plain, weights=kept.astype(np.int64)) for kept in (weights != 0, np.ones(weights.shape)))
    steps = []
    dense = 0
    for seen in _seen(synapses, values):
        steps.append((bool((np.abs(seen) <= 1).all()), int(contribution(binary, (seen != 0).astype(np.int64)).sum())))
        dense += int(contribution(ones, np.ones_like(seen[:1])).sum()) * len(seen)
    return steps, dense


def _seen(synapses: Synapses, values: IntArray) -> Iterator[IntArray]:
    """What the weights meet in each timestep, (samples, channels, height, width): delayed, cut, looked up and summed by windows as the synapses say."""
    pool = synapses.pre_pool
    windows = Synapses(synapses.source, SynapseOp.POOL, kernel=(pool, pool), stride=(pool, pool))
    for step in range(values.shape[1]):
        own = values[:, step - synapses.delay] if step >= synapses.delay else np.zeros_like(values[:, 0])
        taken = received(synapses, of_block(synapses, own))
        yield taken if pool == 1 else contribution(windows, taken)


def membrane_updates(membranes: dict[str, IntArray], samples: int) -> float:
    """Per sample: membranes that a step left otherwise than the step before did, and in the first step all of them."""
    updates = 0
    for stored in membranes.values():
        updates += int(stored[:, 0].size) + int((stored[:, 1:] != stored[:, :-1]).sum())
    return updates / samples


def not_counted(network: Network) -> list[str]:
    """Connections without weights, or with other layers' activations as weights: LAYER: operation. They are not NeuroBench's synaptic operations."""
    return [f"{layer.name}: {s.op}" for layer in network.layers for s in _others(layer)]


def _others(layer: Layer) -> list[Synapses]:
    return [s for s in layer.synapses if s.op not in COUNTED]
