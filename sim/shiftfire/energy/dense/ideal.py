"""The ideal dense accelerator: every weight and activation read once, partial sums for nothing. A bound, not a machine."""

from __future__ import annotations

from shiftfire_spec.chip import ChipConfig

from ...network.graph import Network
from ..parts import Clock, EnergyEstimate, EnergyPart, merge, times
from ..sram import load_sram
from ..table import EnergyTable, load_table
from .arithmetic import INTEGERS
from .machine import Densities, movement_parts, operation_parts, output_parts, prices_of
from .toggling import Toggling
from .work import activation_bits, works

_TOGGLING = Toggling("multiply_bit_pair_steady", "add_partial_sum", adds_zeros=False)
"""The least of any machine's."""


def estimate_ideal(
    network: Network, chip: ChipConfig, samples: int, densities: Densities, *, table: EnergyTable | None = None
) -> EnergyEstimate:
    """Energy of ``samples`` inferences from the chip's memories; ``densities``: how often its arithmetic toggles. It has no clock and does not leak."""
    table = table or load_table()
    prices = prices_of(chip, load_sram(table.constant("sram_margin")), table)
    parts: list[EnergyPart] = []
    for work in works(network):
        parts += operation_parts(work, densities[work.source], 1.0, INTEGERS, _TOGGLING, table)
        slices = work.weights * work.weight_bits / chip.lanes
        parts.append(EnergyPart("memory:weights read", work.layer, slices, "reads", prices.accesses["weights", "read"]))
    for layer in network.layers:
        for name in dict.fromkeys(name for synapses in layer.synapses for name in synapses.sources):
            source = network.source(name)
            words = prices.words(source.shape.size, activation_bits(source))
            parts.append(EnergyPart("memory:activations read", layer.name, words, "reads", prices.accesses["membranes", "read"]))
        parts += output_parts(layer, INTEGERS, prices, table)
    parts += movement_parts(network, INTEGERS, table)
    nothing: dict[Clock, tuple[EnergyPart, ...]] = {clock: () for clock in Clock}
    return EnergyEstimate("ideal (a bound)", samples, merge(times(parts, samples)), nothing, ())
