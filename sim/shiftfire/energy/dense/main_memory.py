"""Main memory of a dense machine: inputs, outputs, and weights where the chip has to load its own as well."""

from __future__ import annotations

from dataclasses import replace

from ...network.graph import Network
from ...system.main_memory import MainMemoryTraffic
from ..main_memory import main_memory_parts
from ..parts import EnergyEstimate
from ..table import load_table
from .arithmetic import Arithmetic
from .work import activation_bits, works


def dense_traffic(network: Network, arithmetic: Arithmetic, samples: int, loads: int) -> MainMemoryTraffic:
    """Of ``samples`` inferences: activations of the inputs are read and those of the outputs written, all weights are read ``loads`` times."""
    inputs = samples * sum(source.shape.size * arithmetic.activation_bits(activation_bits(source)) for source in network.inputs)
    layers = [network.layer(name) for name in network.outputs]
    written = samples * sum(layer.shape.size * arithmetic.activation_bits(activation_bits(layer)) for layer in layers)
    weights = loads * sum(work.weights * arithmetic.weight_bits(work) for work in works(network))
    return MainMemoryTraffic((inputs, weights), (written,), loads)


def with_main_memory(
    estimate: EnergyEstimate, network: Network, arithmetic: Arithmetic, traffic: MainMemoryTraffic | None
) -> EnergyEstimate:
    """The dense machine's estimate with its main memory beside it, which loads weights as often as the run of ``traffic`` (None: never)."""
    own = dense_traffic(network, arithmetic, estimate.samples, 0 if traffic is None else traffic.loads)
    return replace(estimate, main_memory=main_memory_parts(own, load_table()))
