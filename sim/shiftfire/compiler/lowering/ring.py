"""The ring of a core: how its sums of later steps lie there."""

from __future__ import annotations

from ...network.graph import Network
from ..program import CoreSlice
from .core_program import ordered_intakes


def ring_words(part: CoreSlice, lanes: int) -> int:
    """Accumulator groups of a step of the slice."""
    return part.rows * part.columns * -(-part.channels // lanes)


def ring_length(network: Network, part: CoreSlice, lanes: int) -> int:
    """Words of the ring that the slice needs: one step's for every step that its sums are ahead; 0 when none are."""
    intakes = ordered_intakes(network, network.layer(part.layer))
    return ring_words(part, lanes) * max(intake.ahead for intake in intakes)


def ring_register(network: Network, part: CoreSlice, lanes: int) -> dict[str, int]:
    """Fields of the core's register `RING`."""
    length = ring_length(network, part, lanes)
    return {"words": ring_words(part, lanes), "length": length} if length else {}
