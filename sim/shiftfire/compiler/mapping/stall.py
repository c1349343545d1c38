"""Stall check: an untimed run of the credit graph, vector by vector, that proves a placed network keeps going.

Each core executes its program with one bank integrating, one firing, and room for one vector between fire engine and network. Real
cores have more room (the egress queue), which can only help: sources and destinations wait for each other on nothing else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, permutations

from shiftfire_spec.core_program import LOOP_COUNTERS, Opcode
from shiftfire_spec.events import IO_TILE

from ...network.graph import Network
from ..lowering.core_program import Instruction, core_program
from ..program import CompileError, Connections, CoreSlice, InjectionOrder, Stream

SAMPLES = 3
MOST_INPUT_ORDERS = 24  # that are tried


@dataclass
class _Sender:
    """What sends vectors: those that wait, in order, by their streams; ``opened`` are the slots that have opened."""

    waiting: deque[Stream] = field(default_factory=deque)
    opened: int = 0

    @property
    def ready(self) -> bool:
        return bool(self.waiting) and self.waiting[0].slot_mask & ~self.opened == 0


@dataclass
class _Core:
    """Integrate engine of one core: ``missing`` are the tiles whose part of the open vector has not come."""

    name: str
    program: tuple[Instruction, ...]
    pc: int = 0
    counters: list[int] = field(default_factory=lambda: [0] * LOOP_COUNTERS)
    group: int | None = None
    missing: set[int] = field(default_factory=set)
    sent: int = 0


class _Graph:
    """The state of all senders and cores."""

    def __init__(self, network: Network, cores: Sequence[CoreSlice], connections: Connections, order: InjectionOrder) -> None:
        self.cores = {c.tile: _Core(c.layer, core_program(network, network.layer(c.layer))) for c in cores}
        self.streams = {s.tile: s for s in connections.streams if s.tile != IO_TILE}
        self.senders = {tile: _Sender() for tile in (IO_TILE, *self.streams)}
        self.senders[IO_TILE].waiting.extend(connections.streams[number] for _ in range(SAMPLES) for number in order)
        self.credits = {(c.tile, c.group): c for c in connections.credits}

    def send(self, tile: int) -> bool:
        """Send a waiting vector whose destinations have all opened."""
        sender = self.senders[tile]
        if not sender.ready:
            return False
        stream = sender.waiting.popleft()
        sender.opened &= ~stream.slot_mask
        for target in stream.destinations:
            if target != IO_TILE:
                self.cores[target].missing.discard(tile)
        if tile != IO_TILE:
            self.cores[tile].sent += 1
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
            if self.senders[tile].waiting:
                core.pc -= 1
                return False
            self.senders[tile].waiting.append(self.streams[tile])
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
        if sending and sender.waiting:
            stream = sender.waiting[0]
            for (target, _group), credit in self.credits.items():
                if tile in credit.sources and stream.slot_mask & ~sender.opened & 1 << credit.slot:
                    return target, False, f"{stream.source} waits for {self.cores[target].name} to open its next vector"
        core = self.cores.get(tile)
        if core is None:
            return None
        if core.missing:
            source = min(core.missing)
            return source, True, f"{core.name} waits for a vector of {self.source_name(tile, source)}"
        return tile, True, f"{core.name} waits to send its last vector"

    def source_name(self, tile: int, source: int) -> str:
        """What the sender ``source`` owes to the core of ``tile``, by name."""
        if source != IO_TILE:
            return self.streams[source].source
        waiting = (s.source for s in self.senders[IO_TILE].waiting if tile in s.destinations)
        return next(waiting, "the input")

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


def injection_orders(network: Network) -> Iterator[InjectionOrder]:
    """Orders in which the vectors of a sample can be injected: step by step, or one input after the other, the inputs in any order."""
    inputs = network.inputs
    orders = list(islice(permutations(range(len(inputs))), MOST_INPUT_ORDERS))
    for order in orders:
        steps = sorted((step, place) for place, number in enumerate(order) for step in range(inputs[number].timesteps))
        yield tuple(order[place] for _, place in steps)
    if any(source.timesteps > 1 for source in inputs[1:]):
        yield from (tuple(number for number in order for _ in range(inputs[number].timesteps)) for order in orders)


def check_stall(network: Network, cores: Sequence[CoreSlice], connections: Connections) -> InjectionOrder:
    """The order in which a sample's vectors are injected.

    Raises CompileError naming the layers that wait for each other when the network would stop within three samples in any order.
    """
    first: CompileError | None = None
    for order in injection_orders(network):
        graph = _Graph(network, cores, connections, order)
        graph.run()
        stuck = next((c for c in cores if graph.cores[c.tile].sent < SAMPLES * network.layer(c.layer).timesteps), None)
        if stuck is None:
            return order
        first = first or CompileError(
            f"network {network.name} stalls: {', '.join(graph.cycle(stuck.tile))}; a layer that needs another's whole sequence"
            " cannot be bypassed by a path that needs every vector at once: give both paths the same timesteps"
        )
    assert first is not None
    raise first
