"""Steps: what a core executes in one pass of its program, and the cycles that it works on its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shiftfire_spec.core_program import LOOP_COUNTERS, Opcode

from ..compiler.lowering.core_program import Instruction, core_program, ordered_intakes
from ..compiler.lowering.geometry import intake_geometry
from ..compiler.lowering.ring import ring_words
from ..compiler.lowering.weights import weight_rows
from ..compiler.program import CoreSlice
from ..network.graph import Network


@dataclass(frozen=True)
class Step:
    """An instruction, and the cycles of those before it that only lead to it; ``cycles`` of its own work: rows cleared, sums moved."""

    instruction: Instruction
    lead: int
    cycles: int = 0


def flattened(program: Sequence[Instruction]) -> Iterator[Step]:
    """A pass of a program, its loops as often as they run; what follows the last step leads to the first of the next pass."""
    counters = [0] * LOOP_COUNTERS
    pc, lead = 0, 0
    while program[pc].opcode is not Opcode.JUMP:
        instruction = program[pc]
        pc += 1
        if instruction.opcode is not Opcode.LOOP:
            yield Step(instruction, lead)
            lead = 0
            continue
        lead += 1
        counters[instruction.group] += 1
        if counters[instruction.group] < instruction.count:
            pc = instruction.target
        else:
            counters[instruction.group] = 0


def core_steps(network: Network, part: CoreSlice, lanes: int) -> tuple[Step, ...]:
    """A pass of a core's program."""
    layer = network.layer(part.layer)
    return tuple(replace(s, cycles=_cycles(network, part, lanes, s.instruction)) for s in flattened(core_program(network, layer)))


def _cycles(network: Network, part: CoreSlice, lanes: int, instruction: Instruction) -> int:
    """Of LOAD and STEP."""
    if instruction.opcode is Opcode.LOAD:
        intake = ordered_intakes(network, network.layer(part.layer))[instruction.group]
        return max(1, weight_rows(intake.synapses, intake_geometry(network, intake, part, lanes).weight.total))
    if instruction.opcode is Opcode.STEP and not instruction.first:
        return max(1, ring_words(part, lanes)) + 1
    return 0
