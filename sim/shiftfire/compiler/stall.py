"""Stall check: an untimed run of the credit graph, vector by vector, that proves a placed network keeps going.

Each core executes its program with one bank integrating, one firing, and room for one vector between fire engine and network. Real
cores have more room (the egress queue), which can only help: sources and destinations wait for each other on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shiftfire_spec.events import IO_TILE
from shiftfire_spec.program import LOOP_COUNTERS, Opcode

from ..network.graph import Network
from .program import CompileError, CoreSlice
from .programs import Instruction, core_program
from .streams import Connections

SAMPLES = 3


@dataclass
class _Sender:
    """A stream's source: a vector waits while ``pending``; ``opened`` are the slots that have opened."""

    name: str
    slot_mask: int
    pending: int = 0
    opened: int = 0

    @property
    def ready(self) -> bool:
        return self.pending > 0 and self.opened & self.slot_mask == self.slot_mask


@dataclass
class _Core:
    """Integrate engine of one core: ``missing`` are the tiles whose part of the open vector has not come."""

    name: str
    program: tuple[Instruction, ...]
    pc: int = 0
    counters: list[int] = field(default_factory=lambda: [0] * LOOP_COUNTERS)
    group: int | None = None
    missing: set[int] = field(default_factory=set)


class _Graph:
    """The state of all senders and cores."""

    def __init__(self, network: Network, cores: Sequence[CoreSlice], connections: Connections) -> None:
        self.cores = {c.tile: _Core(c.layer, core_program(network, network.layer(c.layer))) for c in cores}
        self.senders = {s.tile: _Sender(s.source, s.slot_mask) for s in connections.streams}
        self.destinations = {s.tile: tuple(t for t in s.destinations if t != IO_TILE) for s in connections.streams}
        self.credits = {(c.tile, c.group): c for c in connections.credits}
        self.senders[IO_TILE].pending = SAMPLES * network.input.timesteps
        self.collected = dict.fromkeys(self.cores, 0)

    def send(self, tile: int) -> bool:
        """Send a waiting vector whose destinations have all opened."""
        sender = self.senders[tile]
        if not sender.ready:
            return False
        sender.pending -= 1
        sender.opened = 0
        for target in self.destinations[tile]:
            self.cores[target].missing.discard(tile)
        if tile != IO_TILE:
            self.collected[tile] += 1
        return True

    def execute(self, tile: int) -> bool:
        """Execute one instruction, if the core can."""
        core = self.cores[tile]
        if core.group is not None and core.missing:
            return False
        core.group = None
        instruction = core.program[core.pc]
        core.pc += 1
        if instruction.opcode in (Opcode.ACC, Opcode.LOAD):
            credit = self.credits[tile, instruction.group]
            core.group, core.missing = instruction.group, set(credit.sources)
            for source in credit.sources:
                self.senders[source].opened |= 1 << credit.slot
        elif instruction.opcode is Opcode.FIRE:
            if self.senders[tile].pending:
                core.pc -= 1
                return False
            self.senders[tile].pending = 1
        elif instruction.opcode is Opcode.LOOP:
            core.counters[instruction.group] += 1
            if core.counters[instruction.group] < instruction.count:
                core.pc = instruction.target
            else:
                core.counters[instruction.group] = 0
        elif instruction.opcode is Opcode.JUMP:
            core.pc = instruction.target
        return True

    def run(self) -> None:
        """Go on until nothing can."""
        moved = True
        while moved:
            moved = False
            for tile in self.senders:
                moved |= self.send(tile)
            for tile in self.cores:
                while self.execute(tile):
                    moved = True

    def waits(self, tile: int, sending: bool) -> tuple[int, bool, str] | None:
        """What the sender (or the core) of a stuck tile waits for: the next tile, whether its sender, and the reason in words."""
        sender = self.senders[tile]
        if sending and sender.pending:
            for (target, _group), credit in self.credits.items():
                if tile in credit.sources and not sender.opened >> credit.slot & 1:
                    return target, False, f"{sender.name} waits for {self.cores[target].name} to open its next vector"
        core = self.cores.get(tile)
        if core is None:
            return None
        if core.missing:
            source = min(core.missing)
            return source, True, f"{core.name} waits for a vector of {self.senders[source].name}"
        return tile, True, f"{core.name} waits to send its last vector"

    def cycle(self, tile: int) -> list[str]:
        """The waiting layers of the cycle that the stuck core of ``tile`` leads to, each with its reason."""
        seen: dict[tuple[int, bool], int] = {}
        reasons: list[str] = []
        node = (tile, False)
        while node not in seen:
            seen[node] = len(reasons)
            step = self.waits(*node)
            if step is None:
                return reasons
            reasons.append(step[2])
            node = step[:2]
        return reasons[seen[node] :]


def check_stall(network: Network, cores: Sequence[CoreSlice], connections: Connections) -> None:
    """Raise CompileError naming the layers that wait for each other when the network would stop within three samples."""
    graph = _Graph(network, cores, connections)
    graph.run()
    for core in cores:
        wanted = SAMPLES * network.layer(core.layer).timesteps
        if graph.collected[core.tile] < wanted:
            raise CompileError(
                f"network {network.name} stalls: {', '.join(graph.cycle(core.tile))}; a layer that needs another's whole sequence"
                " cannot be bypassed by a path that needs every vector at once: give both paths the same timesteps"
            )
