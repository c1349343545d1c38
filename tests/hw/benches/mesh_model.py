"""XY multicast trees on a W x H mesh, worked out step by step, and what they make of a flit."""

from collections import Counter
from dataclasses import dataclass, field

from shiftfire_spec.packet import Port

IO = -1  # sits west of tile 0
MOVE = {Port.NORTH: (0, -1), Port.EAST: (1, 0), Port.SOUTH: (0, 1), Port.WEST: (-1, 0)}


@dataclass
class Tree:
    """Output ports of every tile for one tag."""

    source: int
    destinations: frozenset[int]
    ports: dict[int, set[Port]] = field(default_factory=dict)

    def mask(self, tile):
        return sum(1 << port for port in self.ports.get(tile, ()))


def grow(width, source, destinations):
    """Tree from ``source`` to all ``destinations``: first along x, then along y; the I/O tile by way of tile 0."""
    tree = Tree(source, frozenset(destinations))
    for destination in destinations:
        x, y = max(source, 0) % width, max(source, 0) // width
        goal_x, goal_y = max(destination, 0) % width, max(destination, 0) // width
        while True:
            ports = tree.ports.setdefault(y * width + x, set())
            if x != goal_x:
                port = Port.EAST if goal_x > x else Port.WEST
            elif y != goal_y:
                port = Port.SOUTH if goal_y > y else Port.NORTH
            else:
                ports.add(Port.WEST if destination == IO else Port.LOCAL)
                break
            ports.add(port)
            x, y = x + MOVE[port][0], y + MOVE[port][1]
    return tree


def flits_per_port(trees_and_counts):
    """{(tile, port): flits} when ``count`` flits went along each tree."""
    total = Counter()
    for tree, count in trees_and_counts:
        for tile, ports in tree.ports.items():
            for port in ports:
                total[tile, port] += count
    return total
