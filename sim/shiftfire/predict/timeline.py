"""The timeline of a run by whole vectors: when each core opens, integrates, fires and sends each of them.

A model of docs/architecture.md section 3. What it leaves out: which packet goes first where several meet, and the order of packets within a row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from shiftfire_spec.core_program import Opcode
from shiftfire_spec.events import IO_TILE

from ..compiler.program import CoreSlice
from .links import Links, Slow, packet_cycles
from .mapped import Mapped
from .moments import Cause, Moment
from .steps import Step, core_steps
from .traffic import Traffic
from .transfer import Outcome, Rate, Reader, Sender, transfer
from .wiring import GroupKey, Wiring, hops


@dataclass
class _Core:
    """A core on its way through its program: ``now`` is when it executes the next step; ``idle`` when its fire engine can start."""

    part: CoreSlice
    steps: tuple[Step, ...]
    now: Moment
    passes: int  # of its program, that are still to come
    next: int = 0
    fired: int = 0
    idle: Moment | None = None
    receives: bool = False


@dataclass
class _Vector:
    """One vector of a source, as far as it is known: who is ready for it. ``discarded`` by those groups."""

    fired: dict[int, Moment] = field(default_factory=dict[int, Moment])
    opened: dict[GroupKey, Moment] = field(default_factory=dict[GroupKey, Moment])
    discarded: set[GroupKey] = field(default_factory=set[GroupKey])


@dataclass(frozen=True, eq=False)
class Course:
    """What a timeline gives: per sample the cycle of its first packet and of its last END, and the moment at which the run ends.

    ``complete``: whether every core has executed all of its program.
    """

    began: tuple[float, ...]
    ended: tuple[float, ...]
    last: Moment
    complete: bool


class Timeline:
    """The run of ``samples`` samples, back to back."""

    def __init__(self, mapped: Mapped, wiring: Wiring, traffic: Traffic, samples: int) -> None:
        self._mapped, self._wiring, self._traffic, self._samples = mapped, wiring, traffic, samples
        self._origin = Moment(0.0, Cause.CONTROL, IO_TILE, None)
        self._cores = {part.tile: self._core(part) for part in mapped.cores}
        self._queue = deque(self._cores)
        self._vectors: dict[tuple[str, int], _Vector] = {}
        self._ready: list[tuple[float, int, str, int]] = []  # vectors that can go, by time
        self._turn = 0
        self._taken = dict.fromkeys(wiring.takes, 0)
        self._gone = dict.fromkeys(wiring.senders, 0)
        self._sent: dict[int, Moment] = {}
        self._injections = deque(number for _ in range(samples) for number in mapped.order)
        self._links = Links(mapped.chip, mapped.connections.streams)
        self._port = traffic.port
        self._pieces = {source.name: len(source.pieces) for source in mapped.network.inputs}
        self._injected = ""  # the input whose vector went last
        self._slot = packet_cycles(mapped.chip)
        self._collected = self._origin
        self._began: dict[int, float] = {}
        self._ended: dict[int, float] = {}

    def _core(self, part: CoreSlice) -> _Core:
        """A core at the start of its program, a pass of which takes a sample, or a vector of one."""
        network = self._mapped.network
        steps = core_steps(network, part, self._mapped.chip.lanes)
        fires = sum(step.instruction.opcode is Opcode.FIRE for step in steps)
        return _Core(part, steps, self._origin, self._samples * network.layer(part.layer).timesteps // fires)

    def run(self) -> Course:
        """Work out everything, vectors in the order in which they can go."""
        self._inject(Moment(self._port.start, Cause.SEND, IO_TILE, self._origin))
        while self._queue or self._ready:
            while self._queue:
                self._advance(self._cores[self._queue.popleft()])
            if self._ready:
                _time, _turn, name, number = heappop(self._ready)
                self._go(name, number)
        began, ended = ([times.get(i, 0.0) for i in range(self._samples)] for times in (self._began, self._ended))
        return Course(tuple(began), tuple(ended), self._collected, not any(core.passes for core in self._cores.values()))

    def _vector(self, name: str, number: int) -> _Vector:
        return self._vectors.setdefault((name, number), _Vector())

    def _inject(self, after: Moment) -> None:
        """The I/O tile is ready for the next vector of the sample's order."""
        if self._injections:
            name = self._mapped.network.inputs[self._injections.popleft()].name
            number = self._gone[name]
            self._vector(name, number).fired[IO_TILE] = after
            self._settle(name, number)

    def _advance(self, core: _Core) -> None:
        """Execute steps until one has to wait for others."""
        tile, layer = core.part.tile, core.part.layer
        while core.passes and not core.receives:
            step = core.steps[core.next]
            now = core.now.time + step.lead
            if step.instruction.opcode is Opcode.FIRE:
                if core.fired > self._gone[layer]:
                    return  # the vector before has not gone
                fired = Moment(now, Cause.CONTROL, tile, core.now)
                if core.idle is not None and core.idle.time > now:
                    fired = core.idle
                core.now = Moment(fired.time + 1, Cause.CONTROL, tile, fired)
                self._vector(layer, core.fired).fired[tile] = fired
                core.fired += 1
                self._pass(core)
                self._settle(layer, core.fired - 1)
                continue
            core.now = Moment(now + 1 + step.cycles, Cause.CLEAR if step.cycles else Cause.CONTROL, tile, core.now)
            if step.instruction.opcode is not Opcode.STEP:
                self._open(core, step)
            self._pass(core)

    def _open(self, core: _Core, step: Step) -> None:
        """ACC and LOAD: the core waits for a vector. When it has it, it is at the step behind."""
        key = (core.part.tile, step.instruction.group)
        name, number = self._wiring.takes[key], self._taken[key]
        vector = self._vector(name, number)
        vector.opened[key] = core.now
        if step.instruction.discard:
            vector.discarded.add(key)
        self._taken[key] += 1
        core.receives = True
        self._settle(name, number)

    def _pass(self, core: _Core) -> None:
        """On to the next step."""
        core.next += 1
        if core.next == len(core.steps):
            core.next = 0
            core.passes -= 1
            core.now = Moment(core.now.time + 1, Cause.CONTROL, core.part.tile, core.now)

    def _settle(self, name: str, number: int) -> None:
        """The vector can go if everybody is ready for it."""
        vector = self._vector(name, number)
        if len(vector.fired) == len(self._wiring.senders[name]) and len(vector.opened) == len(self._wiring.readers[name]):
            time = max(moment.time for moment in (*vector.fired.values(), *vector.opened.values()))
            self._turn += 1
            heappush(self._ready, (time, self._turn, name, number))

    def _go(self, name: str, number: int) -> None:
        """A vector goes: what goes before it is known."""
        vector = self._vectors.pop((name, number))
        senders = [self._sender(name, number, tile, fired) for tile, fired in vector.fired.items()]
        readers = [self._reader(number, key, vector) for key in vector.opened]
        collects = IO_TILE not in vector.fired and self._mapped.network.collects(name)
        if collects:
            readers.append(self._collector(name, senders))
        outcome = transfer(senders, readers, self._mapped.chip)
        self._gone[name] += 1
        self._sent |= outcome.sent
        self._note_slow(senders, outcome)
        if collects:
            self._note_collected(name, number, outcome, readers[-1])
        for key, ready in zip(vector.opened, outcome.ready, strict=False):
            core = self._cores[key[0]]
            core.receives = False
            core.now = ready
            self._queue.append(key[0])
        if IO_TILE in vector.fired:
            sample = number // self._mapped.network.source(name).timesteps
            self._began.setdefault(sample, outcome.began[IO_TILE].time)
            self._injected = name
            self._inject(outcome.sent[IO_TILE])
            return
        for tile, idle in outcome.idle.items():
            self._cores[tile].idle = idle
            self._queue.append(tile)

    def _sender(self, name: str, number: int, tile: int, fired: Moment) -> Sender:
        emission, flow = self._traffic.emission(name, tile, number), self._traffic.flow(name, tile, number)
        sent = self._sent.get(tile)
        if tile != IO_TILE:
            return Sender(tile, emission, flow, self._rate(name, tile), fired, sent)
        played = self._pieces[name] > 0
        gap = self._port.gap(sent.time, self._pieces[self._injected] > 0, played) if sent is not None else 0.0
        return Sender(tile, emission, flow, self._rate(name, tile), fired, sent, gap, self._port.lead(played))

    def _reader(self, number: int, key: GroupKey, vector: _Vector) -> Reader:
        """A core; of what it discards each packet takes a cycle."""
        far, name = self._wiring.hears[key], self._wiring.takes[key]
        if key in vector.discarded:
            loads = {tile: self._traffic.emission(name, tile, number).packets for tile in far}
        else:
            loads = {tile: self._traffic.load(key, tile, number) for tile in far}
        return Reader(key[0], vector.opened[key], None, loads, far)

    def _collector(self, name: str, senders: Sequence[Sender]) -> Reader:
        """The I/O tile as a reader: a packet takes two writes, a stored one a single one."""
        writes = self._port.closed * (1 if name in self._mapped.network.stored else 2)
        loads = {s.tile: (s.emission.packets + 1) * writes for s in senders}
        return Reader(IO_TILE, None, self._collected, loads, {s.tile: hops(s.tile, 0, self._mapped.chip) for s in senders})

    def _rate(self, name: str, tile: int) -> Rate:
        """Of a sender, on links that others slow down."""
        tag, links = self._wiring.tags[name, tile], self._links
        if tile == IO_TILE:
            pieces = self._pieces[name]
            return lambda cycle, packets: links.cycles(tag, cycle, packets, self._port.injection_cycles(cycle, packets, pieces))
        return lambda cycle, packets: links.cycles(tag, cycle, packets, packets * self._slot)

    def _note_slow(self, senders: Sequence[Sender], outcome: Outcome) -> None:
        """Which vectors their readers held up."""
        for sender in senders:
            began, sent = outcome.began[sender.tile], outcome.sent[sender.tile]
            cycles = sent.time - began.time
            if sent.cause is Cause.INTEGRATE and cycles > sender.emission.packets > 0:
                self._links.note(sender.tile, sent.tile, Slow(began.time, sent.time, cycles / sender.emission.packets))

    def _note_collected(self, name: str, number: int, outcome: Outcome, collector: Reader) -> None:
        """What the I/O tile has of a vector."""
        network = self._mapped.network
        self._collected = outcome.ready[-1]
        start = min(moment.time for moment in outcome.began.values())
        self._port.write(start, self._collected.time, sum(collector.loads.values()))
        if name in network.outputs:
            sample = number // network.source(name).timesteps
            self._ended[sample] = max(self._ended.get(sample, 0.0), self._collected.time)
