"""Energy of a run: the counters times the table, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.fire import REFRACTORY_BITS

from ..compiler.lowering.ring import ring_length
from ..compiler.program import Program
from ..network.neurons.kind import Operations
from .parts import EnergyEstimate, EnergyPart
from .sram import Access, SramTable, load_sram
from .table import DEFAULT_MOVEMENT, EnergyTable, load_table

HOP_COUNTERS = (Counter.FLITS_NORTH, Counter.FLITS_EAST, Counter.FLITS_SOUTH, Counter.FLITS_WEST)
_PARAMETERS_PER_NEURON = 2  # bias and threshold


def estimate_energy(
    program: Program,
    counters: NDArray[np.int64],
    samples: int,
    *,
    table: EnergyTable | None = None,
    movement: str = DEFAULT_MOVEMENT,
) -> EnergyEstimate:
    """Energy of a run of ``samples`` inferences.

    ``counters`` has shape (tiles, COUNTERS). Raises EnergyError when ``movement`` is not in the table, ValueError when
    ``samples`` is not positive.
    """
    if samples < 1:
        raise ValueError(f"samples = {samples}: at least one is needed to tell the energy of an inference")
    table = table or load_table()
    total = {c: int(counters[:, c].sum()) for c in Counter}
    moved = table.movement(movement)
    parts = [
        EnergyPart("accumulate", total[Counter.LANE_ADDS], "lane operations", table.constant("lane_operation")),
        *_fire_parts(program, counters, table),
        *_memory_parts(program, counters, load_sram(table.constant("sram_margin"))),
        EnergyPart("movement:hops", sum(total[c] for c in HOP_COUNTERS), "flit hops", moved.hop),
        EnergyPart("movement:delivery", total[Counter.FLITS_LOCAL], "flits", moved.delivery),
    ]
    return EnergyEstimate("shiftfire", samples, tuple(parts))


def core_memories(chip: ChipConfig) -> dict[str, tuple[int, int]]:
    """Words and bits of a core's memories as they are accessed: one slice of weights, one accumulator bank, fire steps of membranes, currents, refractory

    periods, parameters and leaks.
    """
    steps = chip.steps_per_group
    leak_bits = (1 + chip.currents) * chip.leak_bits
    membranes = (chip.accumulator_groups * steps, chip.fire_lanes * chip.membrane_bits)
    return {
        "weights": (chip.weight_rows, chip.lanes),
        "accumulators": (chip.accumulator_groups, chip.lanes * chip.accumulator_bits),
        **(
            {"later sums": (max(chip.delay_words, chip.accumulator_groups), chip.lanes * chip.accumulator_bits)}
            if chip.delay_words
            else {}
        ),
        "membranes": membranes,
        **({"currents": membranes} if chip.currents else {}),
        **({"refractory": (membranes[0], chip.fire_lanes * REFRACTORY_BITS)} if chip.refractory else {}),
        "parameters": (chip.parameter_groups * steps, chip.fire_lanes * _PARAMETERS_PER_NEURON * chip.accumulator_bits),
        **({"leaks": (chip.parameter_groups * steps, chip.fire_lanes * leak_bits)} if chip.neuron_leaks else {}),
    }


def _memory_parts(program: Program, counters: NDArray[np.int64], sram: SramTable) -> list[EnergyPart]:
    total = {c: int(counters[:, c].sum()) for c in Counter}
    neurons = {core.tile: program.network.layer(core.layer).kind for core in program.cores}
    currents = [tile for tile, kind in neurons.items() if kind.current is not None]
    periods = [tile for tile, kind in neurons.items() if kind.refractory]
    leaks = [tile for tile, kind in neurons.items() if kind.neuron_leaks]
    accesses: dict[str, dict[Access, int]] = {
        "weights": {"read": total[Counter.WEIGHT_SLICES], "write": total[Counter.WEIGHT_WRITES]},
        **_sums(program, counters),
        "membranes": {"read": total[Counter.MEMBRANE_READS], "write": total[Counter.MEMBRANE_WRITES]},
        **({"currents": _state_words(counters, currents)} if program.chip.currents else {}),
        **({"refractory": _state_words(counters, periods)} if program.chip.refractory else {}),
        "parameters": {"read": _parameter_words(program, counters, list(neurons))},
        **({"leaks": {"read": _parameter_words(program, counters, leaks)}} if program.chip.neuron_leaks else {}),
    }
    sizes = core_memories(program.chip)
    return [
        EnergyPart(f"memory:{name} {access}", count, f"{access}s", sram.constant(*sizes[name], access))
        for name, kinds in accesses.items()
        for access, count in kinds.items()
    ]


def _sums(program: Program, counters: NDArray[np.int64]) -> dict[str, dict[Access, int]]:
    """Words of sums. A core with delays counts those of its ring and of its banks together: all are charged at the larger of the two."""
    counted: dict[Access, Counter] = {"read": Counter.ACC_READS, "write": Counter.ACC_WRITES}
    chip = program.chip
    later = [core.tile for core in program.cores if chip.delay_words and ring_length(program.network, core, chip.lanes)]
    ring: dict[Access, int] = {access: int(counters[later, counter].sum()) for access, counter in counted.items()}
    banks: dict[Access, int] = {access: int(counters[:, counter].sum()) - ring[access] for access, counter in counted.items()}
    return {"accumulators": banks, **({"later sums": ring} if chip.delay_words else {})}


def _state_words(counters: NDArray[np.int64], tiles: list[int]) -> dict[Access, int]:
    """Words of a state beside the membranes, of the cores on ``tiles``, which have it: they are read and written with the membranes."""
    reads, writes = (int(counters[tiles, counter].sum()) for counter in (Counter.MEMBRANE_READS, Counter.MEMBRANE_WRITES))
    return {"read": reads, "write": writes}


def _parameter_words(program: Program, counters: NDArray[np.int64], tiles: list[int]) -> int:
    """Words of parameters, or of leaks, that the cores on ``tiles`` read, ``fire_lanes`` neurons each: in every pass."""
    layers = {core.tile: program.network.layer(core.layer) for core in program.cores}
    return sum(int(counters[tile, Counter.FIRE_STEPS]) * layers[tile].kind.passes for tile in tiles)


def _fire_parts(program: Program, counters: NDArray[np.int64], table: EnergyTable) -> list[EnergyPart]:
    """Operations of the fire steps: every lane is charged, whether or not its neuron fires."""
    counts = {field.name: 0 for field in fields(Operations)}
    for core in program.cores:
        neurons = int(counters[core.tile, Counter.FIRE_STEPS]) * program.chip.fire_lanes
        for name, operations in asdict(program.network.layer(core.layer).kind.operations).items():
            counts[name] += neurons * operations
    return [EnergyPart(f"fire:{name}", count, "operations", table.constant(name)) for name, count in counts.items()]
