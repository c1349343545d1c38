"""Feedback: which layers see each other's vectors, and the order of the layers within a step.

A synapse with ``delay`` takes its source's vector of the step before. Its source may be the layer itself or a later one, so layers can form loops.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from .graph import Layer, Network
from .synapses import Synapses


def recurrent(network: Network) -> bool:
    """Whether a synapse of the network has a delay."""
    return any(s.delay for layer in network.layers for s in layer.synapses)


def delayed_synapses(layer: Layer) -> tuple[Synapses, ...]:
    """The layer's synapses with a delay."""
    return tuple(s for s in layer.synapses if s.delay)


def rings(network: Network) -> bool:
    """Whether sums must be kept for later steps: some delay is more than 1, a layer has nothing but delayed sources, of which one is before it, or takes
    one source at several delays, or one step late what other layers between them take at once. Then every layer takes the vectors of those before it as
    they come.
    """
    if not recurrent(network):
        return False
    if any(s.delay > 1 for layer in network.layers for s in layer.synapses):
        return True
    known = {source.name for source in network.inputs}
    for layer in network.layers:
        if all(s.delay for s in layer.synapses) and any(s.source in known for s in layer.synapses):
            return True
        known.add(layer.name)
    if any(len({s.delay for s in layer.synapses if name in s.sources}) > 1 for layer in network.layers for name in _names(layer)):
        return True
    return late_order(network) is None


def taken_late(network: Network, layer: Layer, synapses: Synapses) -> bool:
    """Whether ``layer`` takes the vectors of ``synapses`` one step after they were sent: else as they come, and a delay is all the ring's."""
    if not synapses.delay:
        return False
    place = [source.name for source in (*network.inputs, *network.layers)].index
    return place(synapses.source) >= place(layer.name) or not rings(network)


def steps_ahead(network: Network, layer: Layer, synapses: Synapses) -> int:
    """For how many steps the sums of ``synapses`` are kept once its vector has come."""
    return synapses.delay - int(taken_late(network, layer, synapses))


def takes_late(network: Network) -> bool:
    """Whether some vectors are taken a step late, so that the last ones of a sample come after its end."""
    return any(taken_late(network, layer, s) for layer in network.layers for s in delayed_synapses(layer))


def _names(layer: Layer) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for s in layer.synapses for name in s.sources))


def feeds_back(layers: tuple[Layer, ...]) -> bool:
    """Whether the layers of one of `components` are a loop: several, or one that is a source of its own."""
    return len(layers) > 1 or any(layer.name in s.sources for layer in layers for s in layer.synapses)


def components(network: Network) -> tuple[tuple[Layer, ...], ...]:
    """The layers in groups, each after all groups that it has sources in: loops (strongly connected components), and the other layers one by one.

    Layers of a group are in the network's order. Without delays that is all layers in their order.
    """
    if not recurrent(network):
        return tuple((layer,) for layer in network.layers)
    place = {layer.name: number for number, layer in enumerate(network.layers)}
    sources = [[place[name] for s in layer.synapses for name in s.sources if name in place] for layer in network.layers]
    return tuple(tuple(network.layers[number] for number in sorted(group)) for group in _strong_components(sources))


def _strong_components(edges: list[list[int]]) -> list[list[int]]:
    """Strongly connected components of a graph given by the successors of every node, each component after all that it leads to (Tarjan)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    found: list[list[int]] = []
    done: set[int] = set()
    for root in range(len(edges)):
        visits = [(root, iter(edges[root]))] if root not in index else []
        if visits:
            index[root] = low[root] = len(index)
            stack.append(root)
        while visits:
            node, successors = visits[-1]
            following = next((n for n in successors if n not in done), None)
            if following is None:
                visits.pop()
                if visits:
                    low[visits[-1][0]] = min(low[visits[-1][0]], low[node])
                if low[node] == index[node]:
                    start = stack.index(node)
                    found.append(stack[start:])
                    done.update(stack[start:])
                    del stack[start:]
            elif following in index:
                low[node] = min(low[node], index[following])
            else:
                index[following] = low[following] = len(index)
                stack.append(following)
                visits.append((following, iter(edges[following])))
    return found


def step_order(network: Network) -> tuple[str, ...]:
    """Names of inputs and layers in an order in which the vectors of a step can be sent one after the other (docs/decisions/0018-feedback.md): every
    source that is taken at once comes before its reader, every other not before it. Without delays, and with rings, it is the network's order.
    """
    order = None if rings(network) else late_order(network)
    return tuple(source.name for source in (*network.inputs, *network.layers)) if order is None else order


def late_order(network: Network) -> tuple[str, ...] | None:
    """The order within a step when everything with a delay is taken a step late. None when there is none."""
    names = [source.name for source in (*network.inputs, *network.layers)]
    if not recurrent(network):
        return tuple(names)
    place = {name: number for number, name in enumerate(names)}
    after: list[set[int]] = [set() for _ in names]
    for layer in network.layers:
        reader = place[layer.name]
        for synapses in layer.synapses:
            for source in (place[name] for name in synapses.sources if name != layer.name):
                first, second = (reader, source) if synapses.delay else (source, reader)
                after[first].add(second)
    waits = [0] * len(names)
    for followers in after:
        for follower in followers:
            waits[follower] += 1
    free = [number for number, count in enumerate(waits) if not count]
    heapify(free)
    order: list[str] = []
    while free:
        number = heappop(free)
        order.append(names[number])
        for follower in after[number]:
            waits[follower] -= 1
            if not waits[follower]:
                heappush(free, follower)
    return tuple(order) if len(order) == len(names) else None


def blocked_step(network: Network) -> str:
    """Why a network has no `late_order`, in one line: names a layer that needs a source of the same step to which it gives way."""
    for layer in network.layers:
        for name in (name for s in delayed_synapses(layer) for name in s.sources if name != layer.name):
            if name in _sent_before(network, layer.name):
                return (
                    f"layer {layer.name}: it takes {name} one step late, but cannot fire a step before {name} has sent the same step's vector,"
                    " which other layers on the way to it need; leave the delay out, delay the other way to it as well, or take a chip with delay_words"
                )
    raise AssertionError(f"network {network.name} has an order within a step")


def _sent_before(network: Network, reader: str) -> set[str]:
    """Names of what must fire a step before ``reader`` can: its sources without delay, what takes those late, and so on."""
    late: dict[str, list[str]] = {}
    direct: dict[str, list[str]] = {}
    for layer in network.layers:
        direct[layer.name] = [name for s in layer.synapses if not s.delay for name in s.sources]
        for name in (name for s in delayed_synapses(layer) for name in s.sources if name != layer.name):
            late.setdefault(name, []).append(layer.name)
    seen: set[str] = set()
    waiting = [reader]
    while waiting:
        name = waiting.pop()
        found = [n for n in (*direct.get(name, ()), *late.get(name, ())) if n not in seen]
        seen.update(found)
        waiting += found
    return seen
