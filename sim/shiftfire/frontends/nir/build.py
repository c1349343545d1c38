"""From a NIR graph as plain dictionaries to the checked, flat, ordered graph."""

from __future__ import annotations

from ..float_graph.errors import FloatGraphError
from ..float_graph.graph import Edge, Graph, Shape
from ..float_graph.nodes import Node
from ..float_graph.order import natural, ordered
from .errors import NirError
from .fields import Fields
from .flatten import Flat, flatten
from .parse import STATEFUL, TYPES, claimed, parse
from .tree import Tree, tree_of

_NOT_IN_NIR = {
    "MaxPool2d": "the maximum of spikes is a SumPool2d followed by a Threshold of 0.5",
    "MaxPool1d": "the maximum of spikes is a SumPool2d over rows of height 1, followed by a Threshold of 0.5",
    "Upsample": "build the network with sf.Network, whose upsample repeats elements",
}


def graph_of(nir_graph: object) -> Graph:
    """The checked graph of a ``nir.NIRGraph`` in memory. Raises NirError, one line, naming the node."""
    return build_graph(tree_of(nir_graph))


def build_graph(tree: Tree, notes: tuple[str, ...] = ()) -> Graph:
    """The checked graph of what a file holds. Raises NirError, one line, naming the node.

    Every parameter is finite and spread to its layer's shape, every shape known, and the order does not depend on the file's.
    """
    flat = flatten(tree)
    lines = list(notes)
    for name, node in flat.nodes.items():
        if node["type"] not in TYPES:
            remedy = _NOT_IN_NIR.get(str(node["type"]), f"NIR has {', '.join(sorted(TYPES))}")
            raise NirError(f"NIR node '{name}' has the unknown type '{str(node['type'])[:60]}'; {remedy}")
    _ends(flat, lines)
    kinds = {name: str(node["type"]) for name, node in flat.nodes.items()}
    stateful = {name for name, kind in kinds.items() if kind in STATEFUL}
    try:
        order, feedback = ordered(kinds, flat.edges, stateful, {name for name, kind in kinds.items() if kind == "Input"})
    except FloatGraphError as error:
        raise NirError(f"NIR {error}") from None
    nodes, shapes_in, shapes_out = _shapes(flat, order, feedback, lines)
    place = {name: index for index, name in enumerate(order)}
    edges = sorted(flat.edges, key=lambda edge: (place[edge[1]], place[edge[0]]))
    metadata = {str(k): str(v) for k, v in (tree.get("metadata") or {}).items()} if isinstance(tree.get("metadata"), dict) else {}
    return Graph(
        nodes=nodes,
        edges=tuple(Edge(source, target, (source, target) in feedback) for source, target in edges),
        input_shapes=shapes_in,
        output_shapes=shapes_out,
        types={name: kinds[name] for name in order},
        metadata=metadata,
        notes=tuple(lines),
    )


def _ends(flat: Flat, lines: list[str]) -> None:
    """Adds the Inputs and Outputs of a graph that has none, as nir does; refuses nodes that nothing enters, Inputs that something enters."""
    sources, targets = {source for source, _ in flat.edges}, {target for _, target in flat.edges}
    for name, node in list(flat.nodes.items()):
        fields = Fields(name, node)
        if node["type"] == "Input" and name in targets:
            raise fields.error("an edge enters an Input of the whole graph; remove it, or make the Input a node")
        if node["type"] == "Output" and name in sources:
            raise fields.error("an edge leaves an Output of the whole graph; let it leave the node before")
        if node["type"] == "Output" and name not in targets:
            raise fields.error("nothing enters it; connect it or remove it")
    kinds = {node["type"] for node in flat.nodes.values()}
    roots = [name for name, node in flat.nodes.items() if name not in targets and node["type"] != "Input"]
    if roots and "Input" in kinds:
        raise Fields(roots[0], flat.nodes[roots[0]]).error("nothing enters it; connect it to an Input or remove it")
    leaves = [name for name, node in flat.nodes.items() if name not in sources and node["type"] != "Output"]
    if "Input" not in kinds:
        _add(flat, "Input", sorted(roots, key=natural), lines)
    if "Output" not in kinds:
        _add(flat, "Output", sorted(leaves, key=natural), lines)


def _add(flat: Flat, kind: str, beside: list[str], lines: list[str]) -> None:
    if not beside:
        raise NirError(f"the NIR graph has no {kind} and no node to put one at; add an {kind} node")
    for name in beside:
        end = f"{kind.lower()}_{name}"
        if end in flat.nodes:
            raise NirError(f"the NIR graph has no {kind}, and '{end}' is taken; add an {kind} node")
        flat.nodes[end] = {"type": kind, "shape": claimed(Fields(name, flat.nodes[name])) if kind == "Input" else ()}
        flat.edges.append((end, name) if kind == "Input" else (name, end))
        lines.append(f"the graph has no {kind} node; added '{end}'")


def _shapes(
    flat: Flat, order: list[str], feedback: set[tuple[str, str]], lines: list[str]
) -> tuple[dict[str, Node], dict[str, Shape], dict[str, Shape]]:
    entering: dict[str, list[str]] = {name: [] for name in order}
    after: dict[str, list[str]] = {name: [] for name in order}
    for source, target in flat.edges:
        entering[target].append(source)
        after[source].append(target)
    nodes: dict[str, Node] = {}
    shapes_in: dict[str, Shape] = {}
    shapes_out: dict[str, Shape] = {}
    for name in order:
        fields = Fields(name, flat.nodes[name])
        sources = [source for source in entering[name] if (source, name) not in feedback]
        if fields.type == "Input":
            shape = _input_shape(fields, [Fields(target, flat.nodes[target]) for target in after[name]], lines)
        else:
            shape = _common(fields, sources, shapes_out)
        nodes[name], shapes_in[name], shapes_out[name] = parse(fields, shape)
        if fields.type == "Output":
            _check_output(fields, shapes_in[name], lines)
    for source, target in sorted(feedback):
        if shapes_out[source] != shapes_in[target]:
            raise Fields(target, flat.nodes[target]).error(
                f"gets shape {shapes_out[source]} back from '{source}', but has {shapes_in[target]}; export again with matching shapes"
            )
    return nodes, shapes_in, shapes_out


def _common(fields: Fields, sources: list[str], shapes: dict[str, Shape]) -> Shape | None:
    """The one shape of all that enters (several edges are a sum); None if nothing does yet."""
    found = {shapes[source] for source in sources}
    if len(found) > 1:
        told = ", ".join(f"{shapes[source]} from '{source}'" for source in sources[:4])
        raise fields.error(f"edges of different shapes are summed: {told}; export again with matching shapes")
    return found.pop() if found else None


def _input_shape(fields: Fields, consumers: list[Fields], lines: list[str]) -> Shape:
    """An Input's shape without the batch axis that some exporters leave in it."""
    shape = fields.shape("shape")
    wanted = [claim for claim in map(claimed, consumers) if claim]
    if not shape:
        if not wanted:
            raise fields.error("its shape is not in the file; export with a sample of the input")
        return fields.checked(wanted[0])
    axes = {len(claim) for claim in wanted} | {_axes(consumer) for consumer in consumers} - {0}
    if len(shape) > 1 and shape[0] == 1 and (axes == {len(shape) - 1} or (not axes and len(shape) > 3)):
        lines.append(f"input '{fields.name}' has shape {shape}; its first axis is taken as the batch")
        return shape[1:]
    return shape


def _axes(consumer: Fields) -> int:
    """How many axes a node needs without regard to sizes; 0: any."""
    return {"Conv1d": 2, "Conv2d": 3, "SumPool2d": 3, "AvgPool2d": 3}.get(consumer.type, 0)


def _check_output(fields: Fields, shape: Shape, lines: list[str]) -> None:
    declared = fields.shape("shape")
    if declared in ((), shape):
        return
    if tuple(size for size in declared if size != 1) != tuple(size for size in shape if size != 1):
        raise fields.error(f"declares shape {declared}, but {shape} enters it; export again with matching shapes")
    if declared != (1, *shape):
        lines.append(f"output '{fields.name}' declares shape {declared}; {shape} enters it, and is taken")
