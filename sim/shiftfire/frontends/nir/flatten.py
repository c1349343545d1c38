"""One flat graph from graphs within graphs: dotted names, and edges that pass through the inner Inputs and Outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import NirError
from .limits import MAX_DEPTH, MAX_EDGES, MAX_NAME, MAX_NODES
from .tree import Tree


@dataclass
class Flat:
    """Nodes by dotted name and edges between them; ``passing`` holds inner Inputs and Outputs until they are bridged."""

    nodes: dict[str, Tree] = field(default_factory=dict[str, Tree])
    edges: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    passing: set[str] = field(default_factory=set[str])
    ends: dict[str, dict[str, list[str]]] = field(default_factory=dict[str, dict[str, list[str]]])


def flatten(tree: Tree) -> Flat:
    """The flat graph. Errors: no nodes, dangling or doubled edges, names that clash, a subgraph whose end is not clear."""
    flat = Flat()
    _collect(tree, "", flat, 0)
    if not flat.nodes:
        raise NirError("the NIR graph has no nodes; export the network again")
    flat.edges = _bridged(flat)
    flat.nodes = {name: node for name, node in flat.nodes.items() if name not in flat.passing}
    return flat


def _collect(tree: Tree, prefix: str, flat: Flat, depth: int) -> None:
    where = f"NIR graph '{prefix[:-1]}'" if prefix else "the NIR graph"
    nodes, edges = tree.get("nodes"), tree.get("edges")
    if tree.get("type") is None and not prefix:
        raise NirError(
            "the NIR graph has no type, as in a file that nir.write did not finish; write it again, and look at what nir.write says"
        )
    if tree.get("type") != "NIRGraph" or not isinstance(nodes, Mapping) or edges is None:
        raise NirError(f"{where} has no nodes and edges (it is '{tree.get('type')}'); write a NIRGraph with nir.write")
    if depth > MAX_DEPTH:
        raise NirError(f"{where}: graphs within graphs, {MAX_DEPTH} deep; flatten them")
    for key, node in nodes.items():
        name = f"{prefix}{key}"
        if len(name) > MAX_NAME or len(flat.nodes) >= MAX_NODES:
            raise NirError(f"{where} is too large: at most {MAX_NODES} nodes with names of {MAX_NAME} characters")
        if not isinstance(node, Mapping) or not isinstance(node.get("type"), str):
            raise NirError(f"NIR node '{name}' has no type; export the network again")
        if name in flat.nodes:
            raise NirError(f"NIR node '{name}' is there twice, in a subgraph and beside it; rename one")
        if node["type"] == "NIRGraph":
            _collect(dict(node), f"{name}.", flat, depth + 1)
        else:
            flat.nodes[name] = dict(node)
    _ends(nodes, prefix, flat)
    flat.edges += [_edge(pair, prefix, nodes, flat, where) for pair in _pairs(edges, where, flat)]


def _ends(nodes: Mapping[Any, Any], prefix: str, flat: Flat) -> None:
    """Where edges to and from this graph go, if it is an inner one."""
    kinds = {kind: [f"{prefix}{k}" for k, n in nodes.items() if n["type"] == kind] for kind in ("Input", "Output")}
    if prefix:
        flat.ends[prefix[:-1]] = kinds
        flat.passing.update(kinds["Input"], kinds["Output"])


def _pairs(edges: Any, where: str, flat: Flat) -> list[tuple[str, str]]:
    try:
        pairs = [tuple(_text(end) for end in edge) for edge in edges]
    except TypeError:
        raise NirError(f"{where}: edges must be pairs of node names") from None
    if len(pairs) + len(flat.edges) > MAX_EDGES:
        raise NirError(f"{where} has more than {MAX_EDGES} edges")
    for pair in pairs:
        if len(pair) != 2:
            raise NirError(f"{where}: edge {pair} must be a pair of node names")
    doubled = [pair for pair, times in Counter(pairs).items() if times > 1]
    if doubled:
        raise NirError(f"{where}: edge '{doubled[0][0]}' -> '{doubled[0][1]}' is there twice; a sum needs two nodes, so drop one")
    return pairs  # type: ignore[return-value]


def _text(end: Any) -> str:
    if isinstance(end, bytes):
        return end.decode("utf-8", "replace")
    if isinstance(end, str):
        return end
    raise TypeError


def _edge(pair: tuple[str, str], prefix: str, nodes: Mapping[Any, Any], flat: Flat, where: str) -> tuple[str, str]:
    source, target = (f"{prefix}{end}" for end in pair)
    return _resolved(source, "Output", pair, flat, where), _resolved(target, "Input", pair, flat, where)


def _resolved(name: str, kind: str, pair: tuple[str, str], flat: Flat, where: str) -> str:
    """A node; for a subgraph its only Input or Output. ``sub.input`` names one of several."""
    if name in flat.nodes:
        return name
    if name not in flat.ends:
        raise NirError(f"{where}: edge '{pair[0]}' -> '{pair[1]}' names '{name}', which is no node of it; export the network again")
    found = flat.ends[name][kind]
    if len(found) != 1:
        raise NirError(
            f"NIR graph '{name}' has {len(found)} {kind} nodes, so edge '{pair[0]}' -> '{pair[1]}' is not clear; name one, as '{name}.{kind.lower()}'"
        )
    return found[0]


def _bridged(flat: Flat) -> list[tuple[str, str]]:
    """Edges with the inner Inputs and Outputs replaced by what lies behind them."""
    after: dict[str, list[str]] = {}
    for source, target in flat.edges:
        after.setdefault(source, []).append(target)
    reached: dict[str, list[str]] = {}
    edges: list[tuple[str, str]] = []
    for source, target in flat.edges:
        if source not in flat.passing:
            edges += [(source, end) for end in _behind(target, after, flat.passing, reached)]
        if len(edges) > MAX_EDGES:
            raise NirError(f"the NIR graph has more than {MAX_EDGES} edges")
    return edges


def _behind(target: str, after: dict[str, list[str]], passing: set[str], reached: dict[str, list[str]]) -> list[str]:
    """Nodes that a value entering ``target`` reaches: itself, or what follows an inner Input or Output."""
    if target not in passing:
        return [target]
    if target not in reached:
        found: list[str] = []
        stack = [(target, frozenset[str]())]
        while stack:
            name, seen = stack.pop()
            if name in seen or len(found) > MAX_EDGES:
                raise NirError(f"NIR node '{name}' lies on a loop of Inputs and Outputs only; a loop needs a neuron or a delay")
            for following in after.get(name, []):
                if following in passing:
                    stack.append((following, seen | {name}))
                else:
                    found.append(following)
        reached[target] = found
    return reached[target]
