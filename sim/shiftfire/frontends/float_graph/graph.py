"""A network in floats after all checks: flat, ordered, every shape known. What front ends make, and the interpreter and the quantiser read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .nodes import Input, Node, Output

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Edge:
    """What ``source`` puts out enters ``target``; several edges into one node are summed.

    ``feedback``: the edge closes a loop; under every profile it carries the value of the step before (at least).
    ``rows``: it enters a `Product` as the rows. Without the feedback edges the graph has no loop, and its nodes are stored in an order that follows the others.
    """

    source: str
    target: str
    feedback: bool = False
    rows: bool = False


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes by name, in topological order (feedback edges aside) that does not depend on the order in which they were given.

    Names of nodes within subgraphs are dotted (``block.lif``); the subgraphs' own Input and Output nodes are gone.
    ``input_shapes`` and ``output_shapes`` hold every node's. ``types`` holds each node's name in what was read, for messages
    (NIR's ``Conv2d`` or ``Affine``, a module's class). ``notes``: one line for each thing that was put right while reading.
    """

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    input_shapes: Mapping[str, Shape]
    output_shapes: Mapping[str, Shape]
    types: Mapping[str, str]
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()

    @property
    def inputs(self) -> dict[str, Shape]:
        """Shapes of the graph's inputs, in order of their names."""
        return {name: self.output_shapes[name] for name, node in self.nodes.items() if isinstance(node, Input)}

    @property
    def outputs(self) -> dict[str, Shape]:
        """Shapes of the graph's outputs, in order of their names."""
        return {name: self.input_shapes[name] for name, node in self.nodes.items() if isinstance(node, Output)}

    def into(self, name: str) -> list[Edge]:
        """Edges that end at a node, in the order of their sources."""
        return [edge for edge in self.edges if edge.target == name]

    def out_of(self, name: str) -> list[Edge]:
        """Edges that start at a node, in the order of their targets."""
        return [edge for edge in self.edges if edge.source == name]
