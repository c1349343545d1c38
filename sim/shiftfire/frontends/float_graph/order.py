"""An order of the nodes that does not depend on the file's, and which edges carry the step before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from .errors import FloatGraphError


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key: digits within a name count as numbers, so '2' comes before '10'."""
    return tuple(
        (0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part) for part in re.split(r"(\d+)", name) if part
    )


def ordered(
    names: Iterable[str], edges: list[tuple[str, str]], stateful: set[str], starts: set[str]
) -> tuple[list[str], set[tuple[str, str]]]:
    """Topological order, and the edges that close loops.

    Where a loop has to be opened, it is opened in front of the node nearest to an input (``starts``), so a recurrent
    layer takes its feedforward input of this step and its own spikes of the step before. Ties go by name. A loop
    without a node of ``stateful`` (neurons, delays) is refused: nothing says in which order it would compute.
    """
    nodes = sorted(names, key=natural)
    after: dict[str, list[str]] = {name: [] for name in nodes}
    for source, target in sorted(set(edges), key=lambda edge: (natural(edge[0]), natural(edge[1]))):
        after[source].append(target)
    _refuse_bare_loops(nodes, after, stateful)
    distance = _distances(after, sorted(starts, key=natural))
    component = _components(nodes, after)
    before: dict[str, set[str]] = {name: set() for name in nodes}
    for source in nodes:
        for target in after[source]:
            before[target].add(source)
    rank = {name: (distance.get(name, len(nodes)), index) for index, name in enumerate(nodes)}
    return _emit(nodes, after, before, component, rank)


def _emit(
    nodes: list[str],
    after: dict[str, list[str]],
    before: dict[str, set[str]],
    component: dict[str, int],
    rank: dict[str, tuple[int, int]],
) -> tuple[list[str], set[tuple[str, str]]]:
    order: list[str] = []
    feedback: set[tuple[str, str]] = set()
    missing = {name: set(sources) for name, sources in before.items()}
    outside = {name: sum(component[s] != component[name] for s in before[name]) for name in nodes}
    waiting = set(nodes)
    ready = sorted((name for name in nodes if not missing[name]), key=rank.__getitem__, reverse=True)
    while waiting:
        if not ready:
            opened = min((name for name in waiting if not outside[name]), key=rank.__getitem__)
            feedback |= {(source, opened) for source in missing[opened]}
            missing[opened].clear()
            ready = [opened]
        name = ready.pop()
        waiting.discard(name)
        order.append(name)
        for target in after[name]:
            if target not in waiting or name not in missing[target]:
                continue
            missing[target].discard(name)
            outside[target] -= component[name] != component[target]
            if not missing[target]:
                ready.append(target)
        ready.sort(key=rank.__getitem__, reverse=True)
    return order, feedback


def _distances(after: dict[str, list[str]], starts: list[str]) -> dict[str, int]:
    distance = dict.fromkeys(starts, 0)
    wave = starts
    while wave:
        following: list[str] = []
        for name in wave:
            for target in after[name]:
                if target not in distance:
                    distance[target] = distance[name] + 1
                    following.append(target)
        wave = following
    return distance


def _refuse_bare_loops(nodes: list[str], after: dict[str, list[str]], stateful: set[str]) -> None:
    """A loop is left over when nodes without predecessors are taken away, again and again, ignoring stateful nodes."""
    rest = [name for name in nodes if name not in stateful]
    entering = dict.fromkeys(rest, 0)
    for name in rest:
        for target in after[name]:
            if target in entering:
                entering[target] += 1
    free = [name for name in rest if not entering[name]]
    done = 0
    while free:
        name = free.pop()
        done += 1
        for target in after[name]:
            if target in entering:
                entering[target] -= 1
                if not entering[target]:
                    free.append(target)
    if done != len(rest):
        left = {name for name in rest if entering[name]}  # on loops, and behind them
        inner = {name: [target for target in after[name] if target in left] for name in nodes if name in left}
        component = _components(list(inner), inner)
        sizes = Counter(component.values())
        first = next(name for name in inner if sizes[component[name]] > 1 or name in inner[name])
        loop = [name for name in inner if component[name] == component[first]]
        raise FloatGraphError(
            f"node '{loop[0]}' lies on a loop without a neuron or a delay ({', '.join(loop[:4])}); put a neuron into the loop"
        )


def _components(nodes: list[str], after: dict[str, list[str]]) -> dict[str, int]:
    """Strongly connected components (Kosaraju, without recursion)."""
    seen: set[str] = set()
    finished: list[str] = []
    for root in nodes:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(after[root]))]
        while stack:
            name, targets = stack[-1]
            following = next((target for target in targets if target not in seen), None)
            if following is None:
                finished.append(name)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(after[following])))
    back: dict[str, list[str]] = {name: [] for name in nodes}
    for source in nodes:
        for target in after[source]:
            back[target].append(source)
    component: dict[str, int] = {}
    for number, root in enumerate(reversed(finished)):
        stack2 = [root] if root not in component else []
        while stack2:
            name = stack2.pop()
            if name not in component:
                component[name] = number
                stack2 += back[name]
    return component
