"""In which order the nodes of one step compute."""

from __future__ import annotations

from .errors import FloatGraphError
from .graph import Graph
from .neurons import Neuron
from .nodes import Delay
from .profile import Profile


def schedule(graph: Graph, profile: Profile) -> list[str]:
    """Names in an order in which every node finds what it needs.

    Where feedback takes steps of its own that is the graph's order. Where it takes none (``recurrent_delay`` 0), what
    neurons put out comes from earlier steps (``output_delay``), so edges from neurons do not count, and the rest has no loop.
    """
    if profile.recurrent_delay:
        return list(graph.nodes)
    missing = {name: 0 for name in graph.nodes}
    after: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for edge in graph.edges:
        if not isinstance(graph.nodes[edge.source], Neuron):
            missing[edge.target] += 1
            after[edge.source].append(edge.target)
    order = [name for name in graph.nodes if not missing[name]]
    for name in order:
        for target in after[name]:
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    if len(order) < len(graph.nodes):
        left = next(name for name, node in graph.nodes.items() if missing[name] and isinstance(node, Delay))
        raise FloatGraphError(
            f"node '{left}' (Delay) lies on a loop without a neuron, and profile {profile.name} has recurrent_delay 0; choose one with 1"
        )
    return order
