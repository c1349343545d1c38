"""Bit-parallel simulation of a mapped netlist."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from .delays import Delays
from .errors import GateError
from .functions import Function
from .library import Cell, Library, Register
from .netlist import ONE, Instance, Netlist
from .streams import Words, pack, unpack
from .toggles import Toggles

Nets = NDArray[np.int64]
_LOOP = "netlist: it does not settle; it has a loop of gates"


@dataclass(frozen=True, eq=False)
class _Gates:
    """All outputs of one kind and delay: they are evaluated at once. pins: nets by pin, one per gate. out: the nets that they drive. recent: what the last ``delay`` evaluations said."""

    function: Function
    pins: dict[str, Nets]
    out: Nets
    delay: int
    recent: deque[Words]

    def evaluate(self, before: Words) -> Words:
        """What the function says to the values ``before`` of the nets."""
        return self.function({pin: before[nets] for pin, nets in self.pins.items()})

    def step(self, before: Words, now: Words) -> bool:
        """One unit of time on: an output takes a value that its function has had for the delay, and keeps its own otherwise. True where something may still move."""
        self.recent.append(self.evaluate(before))
        always, ever = reduce(np.bitwise_and, self.recent), reduce(np.bitwise_or, self.recent)
        now[self.out] = (before[self.out] | always) & ever
        return not np.array_equal(always, ever)


@dataclass(frozen=True, eq=False)
class _Registers:
    """All flip-flops of one kind. outputs: what drives which nets."""

    register: Register
    pins: dict[str, Nets]
    outputs: tuple[tuple[Function, Nets], ...]

    def edge(self, start: Words, now: Words) -> None:
        state = self.register.next_state({pin: start[nets] for pin, nets in self.pins.items()})
        states = dict(zip(self.register.state, (state, ~state), strict=True))
        for function, nets in self.outputs:
            now[nets] = function(states)


class Simulation:
    """``streams`` independent runs of one netlist side by side; registers start at 0, and nothing has settled before the first cycle.

    Gates take the ``delays`` given, and swallow pulses that are shorter (inertial delays). Ports and registers change together. `Toggles.timed` counts what happens then,
    `Toggles.settled` only what is left of it.
    """

    def __init__(self, netlist: Netlist, library: Library, streams: int, delays: Delays) -> None:
        self.netlist, self.streams = netlist, streams
        self._mask = pack(np.full((streams,), -1), 1)[0]
        self._values: Words = np.zeros((netlist.nets, len(self._mask)), np.uint64)
        self._values[ONE] = np.iinfo(np.uint64).max
        self._gates, self._registers = _kinds(netlist, library, delays, len(self._mask))
        self._latest = 2 + sum(max(of_outputs.values()) for of_outputs in delays)  # no path is longer
        clocks = {int(net) for kind in self._registers for net in kind.pins[kind.register.clock]}
        self.ports = {name: nets for name, nets in netlist.inputs.items() if not clocks & set(nets)}
        if len(self.ports) + len(clocks) != len(netlist.inputs):
            raise GateError("netlist: a clock is not a port by itself; gated clocks are not simulated")

    def cycle(self, inputs: Mapping[str, Words], toggles: Toggles | None = None) -> None:
        """A rising clock edge, at which the ports take the values ``inputs`` (bits, words) too; then time until all is settled.

        Transitions are added to ``toggles``; without, delays do not matter. Raises GateError when ports are missing or unknown, or the netlist does not settle.
        """
        if set(inputs) != set(self.ports):
            raise GateError(
                f"stimuli: ports {sorted(set(inputs) ^ set(self.ports))} are missing or unknown; give those of the netlist"
            )
        start, now = self._values, self._values.copy()
        for kind in self._registers:
            kind.edge(start, now)
        for name, nets in self.ports.items():
            now[list(nets)] = inputs[name]
        self._values = self._settled(start, now) if toggles is None else self._timed(start, now, toggles)

    def _timed(self, start: Words, now: Words, toggles: Toggles) -> Words:
        """What ``now``, which ports and registers have just left ``start`` for, becomes, a unit of time after the other."""
        before, moves = start, True
        for _ in range(self._latest):
            toggles.timed.add(before, now, self._mask)
            if not moves and np.array_equal(before, now):
                toggles.settled.add(start, now, self._mask)
                return now
            before, now = now, now.copy()
            moves = any([gates.step(before, now) for gates in self._gates])
        raise GateError(_LOOP)

    def _settled(self, start: Words, now: Words) -> Words:
        """The same, at once."""
        before = start
        for _ in range(self._latest):
            if before is not start and np.array_equal(before, now):
                for gates in self._gates:
                    gates.recent.extend([now[gates.out]] * gates.delay)
                return now
            before, now = now, now.copy()
            for gates in self._gates:
                now[gates.out] = gates.evaluate(before)
        raise GateError(_LOOP)

    def read(self, port: str) -> NDArray[np.int64]:
        """Settled values (streams,) of an output, unsigned."""
        return unpack(self._values[list(self.netlist.outputs[port])], self.streams)


def _kinds(netlist: Netlist, library: Library, delays: Delays, words: int) -> tuple[list[_Gates], list[_Registers]]:
    """Gates by kind, output and delay, and flip-flops by kind."""
    gates: dict[tuple[str, str, int], list[Instance]] = defaultdict(list)
    registers: dict[str, list[Instance]] = defaultdict(list)
    for instance, of_outputs in zip(netlist.instances, delays, strict=True):
        cell = library.cell(instance.kind)
        if cell.register is not None:
            registers[instance.kind].append(instance)
            continue
        for pin, delay in of_outputs.items():
            gates[instance.kind, pin, delay].append(instance)
    return [_gates(library.cell(kind), pin, delay, of, words) for (kind, pin, delay), of in gates.items()], [
        _of_registers(library.cell(kind), of) for kind, of in registers.items()
    ]


def _nets(instances: list[Instance], pin: str) -> Nets:
    if any(pin not in instance.pins for instance in instances):
        raise GateError(f"netlist: pin {pin} of a {instances[0].kind} is not connected; write the netlist without open pins")
    return np.array([instance.pins[pin] for instance in instances])


def _gates(cell: Cell, pin: str, delay: int, instances: list[Instance], words: int) -> _Gates:
    output, start = cell.outputs[pin], np.zeros((len(instances), words), np.uint64)
    pins = {read: _nets(instances, read) for read in output.reads}
    return _Gates(output.function, pins, _nets(instances, pin), delay, deque([start] * delay, maxlen=delay))


def _of_registers(cell: Cell, instances: list[Instance]) -> _Registers:
    if cell.register is None:
        raise AssertionError(f"{cell.name} is no flip-flop")
    outputs = tuple((output.function, _nets(instances, pin)) for pin, output in cell.outputs.items())
    return _Registers(cell.register, {pin: _nets(instances, pin) for pin in cell.capacitances}, outputs)
