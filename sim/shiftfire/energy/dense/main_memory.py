"""Main memory of a dense machine: inputs, outputs, and weights where the chip has to load its own as well."""

from __future__ import annotations

from ...network.graph import Network
from ...system.main_memory import MainMemoryTraffic
from .arithmetic import Arithmetic
from .work import activation_bits, works


def dense_traffic(network: Network, arithmetic: Arithmetic, samples: int, loads: int) -> MainMemoryTraffic:
    """Of ``samples`` inferences: activations of the inputs are read and those of the outputs written, all weights are read ``loads`` times."""
    inputs = samples * sum(source.shape.size * arithmetic.activation_bits(activation_bits(source)) for source in network.inputs)
    layers = [network.layer(name) for name in network.outputs]
    written = samples * sum(layer.shape.size * arithmetic.activation_bits(activation_bits(layer)) for layer in layers)
    weights = loads * sum(work.weights * arithmetic.weight_bits(work) for work in works(network))
    return MainMemoryTraffic((inputs, weights), (written,), loads)
