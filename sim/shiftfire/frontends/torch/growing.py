"""The graph while a module is read: nodes in the order in which they are met, sources before what they feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

import numpy as np

from ..float_graph.graph import Edge, Graph, Shape
from ..float_graph.neurons import FloatArray, Neuron
from ..float_graph.nodes import Clip, Conv, Input, Linear, Node, Output, Pool, Scale, Threshold, Upsample

Sources = tuple[str, ...]

_Value = TypeVar("_Value")


@dataclass
class Growing:
    """``sources`` and ``rows`` (of products) by node: names whose outputs are summed."""

    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    types: dict[str, str] = field(default_factory=dict[str, str])
    sources: dict[str, Sources] = field(default_factory=dict[str, Sources])
    rows: dict[str, Sources] = field(default_factory=dict[str, Sources])
    shapes_in: dict[str, Shape] = field(default_factory=dict[str, Shape])
    shapes_out: dict[str, Shape] = field(default_factory=dict[str, Shape])
    _slices: dict[tuple[str, int, int], str] = field(default_factory=dict[tuple[str, int, int], str])

    def shape(self, terms: Sources) -> Shape:
        """Of what ``terms`` put out."""
        return self.shapes_out[terms[0]]

    def add(self, name: str, kind: str, node: Node, sources: Sources, out: Shape, rows: Sources = ()) -> Sources:
        """The node's name, with a number where ``name`` is taken, as the terms of a value. ``kind``: for messages; ``out``: the shape of what it puts out.

        What is there already is not added again: a loop over time calls each layer in every step.
        """
        name, count, wanted = name or kind, 1, name or kind
        while name in self.nodes:
            if (self.sources[name], self.rows[name]) == (sources, rows) and _same(self.nodes[name], node):
                return (name,)
            count += 1
            name = f"{wanted}-{count}"
        self.nodes[name], self.types[name] = node, kind
        self.sources[name], self.rows[name] = sources, rows
        self.shapes_in[name] = self.shape(sources) if sources else out
        self.shapes_out[name] = out
        return (name,)

    def flat(self, terms: Sources) -> Sources:
        """``terms`` as a plain vector."""
        shape = self.shape(terms)
        if len(shape) == 1:
            return terms
        from ..float_graph.nodes import Flatten

        total = int(np.prod(shape))
        return self.add(f"{terms[0]}.flat", "Flatten", Flatten(0, len(shape) - 1), terms, (total,))

    def binary(self, terms: Sources) -> bool:
        """Whether what ``terms`` put out is 0 or 1 for certain."""
        from ..float_graph.neurons import Spiking
        from ..float_graph.nodes import Flatten

        if len(terms) != 1:
            return False
        node = self.nodes[terms[0]]
        if isinstance(node, Flatten | Upsample):
            return self.binary(self.sources[terms[0]])
        return isinstance(node, Spiking | Threshold)

    def sliced(self, name: str, first: int, last: int) -> str:
        """The node that puts out channels ``first`` to ``last`` - 1 of node ``name``: neurons and what is before them are cut, as each channel is on its own."""
        key = (name, first, last)
        if key not in self._slices:
            self._slices[key] = self._cut(name, first, last)
        return self._slices[key]

    def _cut(self, name: str, first: int, last: int) -> str:
        node, shape = self.nodes[name], self.shapes_out[name]
        out, label, kind = (last - first, *shape[1:]), f"{name}.{first}-{last}", self.types[name]
        made = _cut_rows(node, first, last)
        if made is not None:
            return self.add(label, kind, made, self.sources[name], out)[0]
        made = _cut_each(node, first, last)
        if made is not None:
            sources = tuple(self.sliced(source, first, last) for source in self.sources[name])
            return self.add(label, kind, made, sources, out)[0]
        chosen = np.eye(shape[0])[first:last]
        return self.add(label, kind, pointwise(chosen, None, len(shape) - 1), (name,), out)[0]

    def graph(self, outputs: list[tuple[str, Sources]], notes: tuple[str, ...]) -> Graph:
        """The graph of what leads to ``outputs``, by name."""
        for name, terms in outputs:
            self.add(name, "Output", Output(), terms, self.shape(terms))
        needed: set[str] = set()
        open_ = [name for name, node in self.nodes.items() if isinstance(node, Output)]
        while open_:
            name = open_.pop()
            if name not in needed:
                needed.add(name)
                open_ += [*self.sources[name], *self.rows[name]]
        names = [name for name in self._ordered() if name in needed]
        place = {name: index for index, name in enumerate(names)}
        edges = [Edge(s, name) for name in names for s in sorted(self.sources[name], key=place.__getitem__)]
        edges += [Edge(s, name, rows=True) for name in names for s in sorted(self.rows[name], key=place.__getitem__)]
        shapes = _chosen(self.shapes_in, names), _chosen(self.shapes_out, names)
        return Graph(_chosen(self.nodes, names), tuple(edges), *shapes, _chosen(self.types, names), {}, notes)

    def _ordered(self) -> list[str]:
        """Sources first: slices were made after what they feed may have been."""
        order: dict[str, None] = {}
        for name in self.nodes:
            stack = [name]
            while stack:
                missing = [s for s in (*self.sources[stack[-1]], *self.rows[stack[-1]]) if s not in order]
                if missing:
                    stack += missing
                else:
                    order[stack.pop()] = None
        return list(order)


def _same(one: Node, two: Node) -> bool:
    return type(one) is type(two) and all(np.array_equal(getattr(one, f.name), getattr(two, f.name)) for f in fields(one))


def pointwise(weight: FloatArray, bias: FloatArray | None, axes: int) -> Node:
    """A map of channels, (out, in), at each position of ``axes`` axes."""
    if axes == 0:
        return Linear(weight, bias)
    ones = (1,) * axes
    zero = np.zeros(len(weight)) if bias is None else bias
    return Conv(weight.reshape(*weight.shape, *ones), zero, ones, ((0, 0),) * axes, ones, 1)


def _cut_rows(node: Node, first: int, last: int) -> Node | None:
    """A node whose channels see all channels of its source; None of others."""
    if isinstance(node, Conv) and node.groups == 1:
        return replace(node, weight=node.weight[first:last], bias=node.bias[first:last])
    if isinstance(node, Linear) and node.weight.ndim == 2:
        return Linear(node.weight[first:last], None if node.bias is None else node.bias[first:last])
    return None


def _cut_each(node: Node, first: int, last: int) -> Node | None:
    """A node whose channels see their own channel of its source only; None of others."""
    if isinstance(node, Neuron | Scale | Threshold):
        values = {field.name: getattr(node, field.name) for field in fields(node)}
        return replace(node, **{name: value[first:last] for name, value in values.items() if isinstance(value, np.ndarray)})
    return node if isinstance(node, Pool | Clip | Upsample) and not isinstance(node, Input) else None


def _chosen(table: Mapping[str, _Value], names: Sequence[str]) -> dict[str, _Value]:
    """Of the table, what those names have."""
    return {name: table[name] for name in names}
