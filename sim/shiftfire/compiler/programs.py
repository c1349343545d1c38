"""Core programs: the loop that each core of a layer executes for every sample."""

from __future__ import annotations

from dataclasses import dataclass

from shiftfire_spec.program import INSTRUCTION, Opcode

from ..network.graph import MEMBRANE_NEURONS, Layer, Network, Synapses
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


def sequence_stages(network: Network) -> dict[str, int]:
    """Per source: how many layers on the longest way to it wait for a sample's whole sequence before they send anything."""
    stages = {network.input.name: 0}
    for layer in network.layers:
        sums = layer.timesteps == 1 and any(network.source(s.source).timesteps > 1 for s in layer.synapses)
        stages[layer.name] = max((stages[s.source] for s in layer.synapses), default=0) + int(sums)
    return stages


def ordered_synapses(network: Network, layer: Layer) -> tuple[Synapses, ...]:
    """The layer's synapses in order of its stream groups: topological order of the sources, earlier sequence stages first."""
    order = {name: i for i, name in enumerate((network.input.name, *(x.name for x in network.layers)))}
    stages = sequence_stages(network)
    return tuple(sorted(layer.synapses, key=lambda s: (stages[s.source], order[s.source])))


def vectors_per_fire(network: Network, layer: Layer, synapses: Synapses) -> int:
    """Vectors of the source that one sum holds: all of a sample's when the layer fires once, else one."""
    return network.source(synapses.source).timesteps if layer.timesteps == 1 else 1


def _accumulate(network: Network, layer: Layer) -> list[Instruction]:
    """ACC of all groups for one fire, from address 0.

    Sources of one sequence stage send step by step, so their vectors are taken in turn; a later stage starts when the earlier
    one has sent its sample.
    """
    stages = sequence_stages(network)
    batches: dict[tuple[int, int], list[int]] = {}
    for group, synapses in enumerate(ordered_synapses(network, layer)):
        key = (stages[synapses.source], vectors_per_fire(network, layer, synapses))
        batches.setdefault(key, []).append(group)
    code: list[Instruction] = []
    for (_stage, vectors), groups in batches.items():
        code += _repeat([Instruction(Opcode.ACC, group=g) for g in groups], len(code), vectors, _GROUP_COUNTER)
    return code


def _repeat(body: list[Instruction], start: int, count: int, counter: int) -> list[Instruction]:
    """``body`` (at address ``start``) executed ``count`` times; nothing when ``count`` is 0."""
    if count < 2:
        return body * count
    return [*body, Instruction(Opcode.LOOP, group=counter, target=start, count=count)]


def core_program(network: Network, layer: Layer) -> tuple[Instruction, ...]:
    """Program of every core of ``layer``. Raises CompileError when its timesteps do not match those of its sources."""
    steps = layer.timesteps
    sources = {network.source(s.source).timesteps for s in layer.synapses}
    accumulate = _accumulate(network, layer)
    code = list(accumulate)
    if steps == 1 or (sources == {steps} and not isinstance(layer.neuron, MEMBRANE_NEURONS)):
        code.append(Instruction(Opcode.FIRE, first=True))
    elif sources == {steps}:
        code.append(Instruction(Opcode.FIRE, first=True))
        code += _repeat([*accumulate, Instruction(Opcode.FIRE)], len(code), steps - 1, _STEP_COUNTER)
    elif sources == {1} and isinstance(layer.neuron, MEMBRANE_NEURONS):
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
