"""Core programs: the loop that each core of a layer executes for every sample."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from shiftfire_spec.core_program import INSTRUCTION, Opcode

from ...network.graph import Layer, Network
from ...network.recurrence import delayed_synapses, step_order, steps_ahead, taken_late
from ...network.synapses import Synapses
from ..program import CompileError
from .grouped import lowered

_GROUP_COUNTER, _STEP_COUNTER = 0, 1


@dataclass(frozen=True)
class Instruction:
    """One instruction; ``group`` is the stream group of ACC (which drops its vector with ``discard``) or the counter of LOOP, whose body runs ``count`` times."""

    opcode: Opcode
    group: int = 0
    target: int = 0
    first: bool = False
    hold: bool = False
    count: int = 0
    discard: bool = False

    def word(self) -> int:
        """The instruction's bits. Raises ContractError when a field is out of range."""
        return INSTRUCTION.pack(
            opcode=self.opcode,
            group=self.group,
            target=self.target,
            first=self.first,
            hold=self.hold,
            count=self.count,
            discard=self.discard,
        )


@dataclass(frozen=True)
class Intake:
    """One stream group of a core: the vectors that it takes for ``synapses``, to store them as weights (``rows``) or to integrate them.

    Synapses of one source are a chain: the first opens the vectors, the others (``follows``) take each event after it; ``chain``: another one follows.
    ``late``: the vectors are taken a step after they were sent, before all others; ``ahead``: their sums count so many steps after that.
    """

    synapses: Synapses
    rows: bool
    follows: bool = False
    chain: bool = False
    late: bool = False
    ahead: int = 0

    @property
    def source(self) -> str:
        """Name of the layer or input that sends them."""
        if self.rows:
            assert self.synapses.rows is not None
            return self.synapses.rows
        return self.synapses.source

    @property
    def opcode(self) -> Opcode:
        """The instruction that takes one."""
        return Opcode.LOAD if self.rows else Opcode.ACC


def ordered_synapses(network: Network, layer: Layer) -> tuple[Synapses, ...]:
    """The layer's synapses in order: those that are taken late first, then earlier sequence stages, then their last source's place within a step."""
    order = {name: i for i, name in enumerate(step_order(network))}
    stages = network.sequence_stages
    return tuple(sorted(layer.synapses, key=lambda s: (not taken_late(network, layer, s), *_last(s, stages, order))))


def _last(synapses: Synapses, stages: dict[str, int], order: dict[str, int]) -> tuple[int, int]:
    return max(stages[name] for name in synapses.sources), max(order[name] for name in synapses.sources)


def ordered_intakes(network: Network, layer: Layer) -> tuple[Intake, ...]:
    """The stream groups of the layer's cores, by number: dynamic weights right before the vectors that meet them, chains of one source side by side."""
    synapses = ordered_synapses(network, layer)
    late = [taken_late(network, layer, s) for s in synapses]
    links = [
        one.source == other.source and late[i] == late[i + 1] and not one.dynamic and not other.dynamic
        for i, (one, other) in enumerate(pairwise(synapses))
    ]
    return tuple(
        Intake(lowered(one, network.source(one.source).shape), rows, follows, chain, is_late, steps_ahead(network, layer, one))
        for one, follows, chain, is_late in zip(synapses, (False, *links), (*links, False), late, strict=True)
        for rows in ((True, False) if one.dynamic else (False,))
    )


def vectors_per_fire(network: Network, layer: Layer, synapses: Synapses) -> int:
    """Vectors of the source that one sum holds: all of a sample's when the layer fires once, else one."""
    return network.source(synapses.source).timesteps if layer.timesteps == 1 else 1


def _accumulate(network: Network, layer: Layer) -> list[Instruction]:
    """ACC (and LOAD) of all groups without delay for one fire, from address 0.

    Sources of one sequence stage send step by step, so their vectors are taken in turn; a later stage starts when the earlier
    one has sent its sample.
    """
    stages = network.sequence_stages
    batches: dict[tuple[int, int], list[Instruction]] = {}
    for group, intake in enumerate(ordered_intakes(network, layer)):
        synapses = intake.synapses
        if intake.late or intake.follows:
            continue
        key = (max(stages[name] for name in synapses.sources), vectors_per_fire(network, layer, synapses))
        batches.setdefault(key, []).append(Instruction(intake.opcode, group=group))
    code: list[Instruction] = []
    for (_stage, vectors), taken in batches.items():
        code += _repeat(taken, len(code), vectors, _GROUP_COUNTER)
    return code


def _repeat(body: list[Instruction], start: int, count: int, counter: int) -> list[Instruction]:
    """``body`` (at address ``start``) executed ``count`` times; nothing when ``count`` is 0."""
    if count < 2:
        return body * count
    return [*body, Instruction(Opcode.LOOP, group=counter, target=start, count=count)]


def core_program(network: Network, layer: Layer) -> tuple[Instruction, ...]:
    """Program of every core of ``layer``. Raises CompileError when its timesteps do not match those of its sources."""
    steps = layer.timesteps
    sources = {network.source(name).timesteps for s in layer.synapses for name in s.sources}
    if delayed_synapses(layer):
        return _recurrent_program(network, layer)
    membrane = layer.kind.membrane is not None
    accumulate = _accumulate(network, layer)
    code = list(accumulate)
    if steps == 1 or (sources == {steps} and not membrane):
        code.append(Instruction(Opcode.FIRE, first=True))
    elif sources == {steps}:
        code.append(Instruction(Opcode.FIRE, first=True))
        code += _repeat([*accumulate, Instruction(Opcode.FIRE)], len(code), steps - 1, _STEP_COUNTER)
    elif sources == {1} and membrane:
        code.append(Instruction(Opcode.FIRE, first=True, hold=True))
        code += _repeat([Instruction(Opcode.FIRE, hold=True)], len(code), steps - 2, _STEP_COUNTER)
        code.append(Instruction(Opcode.FIRE))
    else:
        raise CompileError(
            f"layer {layer.name}: timesteps = {steps}, its sources have {sorted(sources)}; they must all have {steps},"
            " or all 1 to drive a LIF layer with a constant, or the layer itself 1 to sum them"
        )
    code.append(Instruction(Opcode.JUMP, target=0))
    return tuple(code)


def _recurrent_program(network: Network, layer: Layer) -> tuple[Instruction, ...]:
    """Program of the cores of a layer with delayed synapses.

    What is taken late, the vectors of the step before, comes first in every step but the first, and that of the last step is taken at the end and
    dropped: so a core has opened for every vector of its sources once it has fired the step that the vector belongs to, whatever else that step brings.
    Where sums are kept for later steps, each step begins with those of the ring.
    """
    intakes = ordered_intakes(network, layer)
    at_once, rest = _accumulate(network, layer), layer.timesteps - 1
    late = [g for g, intake in enumerate(intakes) if intake.late and not intake.follows]
    ring = any(intake.ahead for intake in intakes)
    begin = [Instruction(Opcode.STEP, first=True, count=rest)] if ring else []
    code = [*begin, *at_once, Instruction(Opcode.FIRE, first=True)]
    following = [Instruction(Opcode.STEP)] if ring else []
    step = [*following, *(Instruction(Opcode.ACC, group=g) for g in late), *at_once, Instruction(Opcode.FIRE)]
    code += _repeat(step, len(code), rest, _STEP_COUNTER)
    code += [Instruction(Opcode.ACC, group=g, discard=True) for g in late]
    return (*code, Instruction(Opcode.JUMP, target=0))
