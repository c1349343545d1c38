"""Core programs: the loop that each core of a layer executes for every sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shiftfire_spec.program import INSTRUCTION, Opcode

from ..network.graph import Layer, Lif, Network, Synapses
from .program import CompileError

_GROUP_COUNTER, _STEP_COUNTER = 0, 1


@dataclass(frozen=True)
class Instruction:
    """One instruction; ``group`` is the stream group of ACC or the counter of LOOP, whose body runs ``count`` times."""

    opcode: Opcode
    group: int = 0
    target: int = 0
    first: bool = False
    hold: bool = False
    count: int = 0

    def word(self) -> int:
        """The instruction's bits. Raises ContractError when a field is out of range."""
        return INSTRUCTION.pack(
            opcode=self.opcode, group=self.group, target=self.target, first=self.first, hold=self.hold, count=self.count
        )


def ordered_synapses(network: Network, layer: Layer) -> tuple[Synapses, ...]:
    """The layer's synapses in topological order of their sources: the order of its stream groups."""
    order = {name: i for i, name in enumerate((network.input.name, *(x.name for x in network.layers)))}
    return tuple(sorted(layer.synapses, key=lambda s: order[s.source]))


def vectors_per_fire(network: Network, layer: Layer, synapses: Synapses) -> int:
    """Vectors of the source that one sum holds: all of a sample's when the layer fires once, else one."""
    return network.source(synapses.source).timesteps if layer.timesteps == 1 else 1


def _accumulate(vectors: Sequence[int], start: int) -> list[Instruction]:
    """ACC every group as many times as it has vectors; ``start`` is the address of the first instruction."""
    code: list[Instruction] = []
    for group, count in enumerate(vectors):
        head = start + len(code)
        code.append(Instruction(Opcode.ACC, group=group))
        if count > 1:
            code.append(Instruction(Opcode.LOOP, group=_GROUP_COUNTER, target=head, count=count))
    return code


def _repeat(body: list[Instruction], start: int, count: int) -> list[Instruction]:
    """``body`` (at address ``start``) executed ``count`` times; nothing when ``count`` is 0."""
    if count < 2:
        return body * count
    return [*body, Instruction(Opcode.LOOP, group=_STEP_COUNTER, target=start, count=count)]


def core_program(network: Network, layer: Layer) -> tuple[Instruction, ...]:
    """Program of every core of ``layer``. Raises CompileError when its timesteps do not match those of its sources."""
    groups = ordered_synapses(network, layer)
    steps = layer.timesteps
    sources = {network.source(s.source).timesteps for s in groups}
    code = _accumulate([vectors_per_fire(network, layer, s) for s in groups], 0)
    if steps == 1 or (sources == {steps} and not isinstance(layer.neuron, Lif)):
        code.append(Instruction(Opcode.FIRE, first=True))
    elif sources == {steps}:
        code.append(Instruction(Opcode.FIRE, first=True))
        body = [*_accumulate([1] * len(groups), len(code)), Instruction(Opcode.FIRE)]
        code += _repeat(body, len(code), steps - 1)
    elif sources == {1} and isinstance(layer.neuron, Lif):
        code.append(Instruction(Opcode.FIRE, first=True, hold=True))
        code += _repeat([Instruction(Opcode.FIRE, hold=True)], len(code), steps - 2)
        code.append(Instruction(Opcode.FIRE))
    else:
        raise CompileError(
            f"layer {layer.name}: timesteps = {steps}, its sources have {sorted(sources)}; they must all have {steps},"
            " or all 1 to drive a LIF layer with a constant, or the layer itself 1 to sum them"
        )
    code.append(Instruction(Opcode.JUMP, target=0))
    return tuple(code)
