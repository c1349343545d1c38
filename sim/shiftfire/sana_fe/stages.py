"""Timesteps: SANA-FE hands every spike over one timestep later, the fabric in the same one."""

from __future__ import annotations

from ..network.graph import Network
from .errors import SanaFeError


def stages_of(network: Network) -> dict[str, int]:
    """Per input and layer: how many of SANA-FE's timesteps later its first vector is fired. Raises SanaFeError where ways of different length meet."""
    stages = {source.name: 0 for source in network.inputs}
    for layer in network.layers:
        found = {name: stages[name] + 1 for synapses in layer.synapses for name in synapses.sources}
        if len(set(found.values())) > 1:
            ways = ", ".join(f"{name} {stage}" for name, stage in found.items())
            raise SanaFeError(
                f"layer {layer.name}: its sources reach it in different timesteps of SANA-FE ({ways}); make the ways equally long"
            )
        stages[layer.name] = next(iter(found.values()))
    return stages
