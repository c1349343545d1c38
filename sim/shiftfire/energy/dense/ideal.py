"""The ideal dense accelerator: every weight and activation read once, partial sums for nothing. A bound, not a machine."""

from __future__ import annotations

from ...network.graph import Network
from ..parts import Clock, EnergyEstimate, EnergyPart, merge
from ..table import EnergyTable, load_table
from .arithmetic import INTEGERS
from .machine import movement_parts
from .work import activation_bits, works


def estimate_ideal(network: Network, samples: int, *, table: EnergyTable | None = None) -> EnergyEstimate:
    """Energy of ``samples`` inferences; the same every time, as nothing depends on the data. It has no clock and does not leak."""
    table = table or load_table()
    accumulate, compare, buffer = (table.constant(name) for name in ("accumulate", "compare", "buffer_bit"))
    parts: list[EnergyPart] = []
    for work in works(network):
        constant, pairs = INTEGERS.product(work, table)
        parts.append(EnergyPart("multiply", work.layer, work.macs * pairs * samples, "operand bit pairs", constant))
        additions = work.macs + work.additions
        parts.append(EnergyPart("accumulate", work.layer, additions * samples, "additions", accumulate))
        parts.append(EnergyPart("memory:weights", work.layer, work.weights * work.weight_bits * samples, "bits", buffer))
    for layer in network.layers:
        names = dict.fromkeys(name for synapses in layer.synapses for name in synapses.sources)
        read = sum(network.source(name).shape.size * activation_bits(network.source(name)) for name in names)
        written = layer.shape.size * activation_bits(layer)
        parts.append(EnergyPart("fire:accumulate", layer.name, layer.shape.size * samples, "operations", accumulate))
        parts.append(EnergyPart("fire:compare", layer.name, 2 * layer.shape.size * samples, "operations", compare))
        parts.append(EnergyPart("memory:activations", layer.name, (read + written) * samples, "bits", buffer))
    for part in movement_parts(network, INTEGERS, table):
        parts.append(EnergyPart(part.name, part.layer, part.count * samples, part.what, part.constant, part.factor))
    nothing: dict[Clock, tuple[EnergyPart, ...]] = {clock: () for clock in Clock}
    return EnergyEstimate("ideal (a bound)", samples, merge(parts), nothing, ())
