"""Energy of a run: the counters times the table, and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.counters import Counter
from shiftfire_spec.packet import FLIT

from ..compiler.lowering.segments import fire_passes
from ..compiler.program import Program
from ..network.graph import Argmax, Bspn, Count, Lif, Neuron, Ptsoftmax, ShiftLif, Table
from .parts import EnergyEstimate, EnergyPart
from .table import DEFAULT_MOVEMENT, EnergyTable, load_table

FLIT_COUNTERS = (
    Counter.FLITS_NORTH,
    Counter.FLITS_EAST,
    Counter.FLITS_SOUTH,
    Counter.FLITS_WEST,
    Counter.FLITS_LOCAL,
)
_PARAMETERS_PER_NEURON = 2  # bias and threshold


def fire_operations(neuron: Neuron) -> dict[str, int]:
    """Operations of one neuron in one fire step, by table constant; every one is charged, whether or not the neuron fires."""
    if isinstance(neuron, Lif):
        return {"accumulate": 2, "compare": 1, "subtract": len(neuron.leak) + 1}  # bias, integrate; threshold; leak, reset
    if isinstance(neuron, Count):
        steps = (neuron.hi - neuron.lo).bit_length()
        return {"accumulate": 1, "compare": steps, "subtract": steps}
    if isinstance(neuron, Argmax):
        return {"accumulate": 1, "compare": 1, "subtract": 0}
    if isinstance(neuron, Ptsoftmax):
        return {"accumulate": 5, "compare": 3, "subtract": 2}  # three biases, sum, k; maximum, limits of d and e; two distances
    if isinstance(neuron, Bspn):
        return {"accumulate": 5, "compare": 4, "subtract": 2}  # two biases, sum, beta, rounding; sqrt(2), limits; two signs
    if isinstance(neuron, ShiftLif):
        return {"accumulate": 2, "compare": 2, "subtract": len(neuron.leak) + 1}  # as LIF; sqrt(2) or a level, the greatest level
    if isinstance(neuron, Table):
        return {"accumulate": 2, "compare": 2, "subtract": 0}  # to its index as REQUANT
    return {"accumulate": 2, "compare": 2, "subtract": 0}  # bias, rounding; two limits


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
    chip = program.chip
    total = {c: int(counters[:, c].sum()) for c in Counter}
    sram = table.constant("sram_bit")

    def memory(name: str, words: int, bits: int) -> EnergyPart:
        return EnergyPart(f"memory:{name}", words * bits, "bits", sram)

    accumulator_words = total[Counter.ACC_READS] + total[Counter.ACC_WRITES]
    membrane_words = total[Counter.MEMBRANE_READS] + total[Counter.MEMBRANE_WRITES]
    parts = [
        EnergyPart("accumulate", total[Counter.LANE_ADDS], "additions", table.constant("accumulate")),
        *_fire_parts(program, counters, table),
        memory("weights", total[Counter.WEIGHT_SLICES] + total[Counter.WEIGHT_WRITES], chip.lanes),
        memory("accumulators", accumulator_words, chip.lanes * chip.accumulator_bits),
        memory("membranes", membrane_words, chip.fire_lanes * chip.membrane_bits),
        memory("parameters", _parameter_words(program, counters), chip.fire_lanes * _PARAMETERS_PER_NEURON * chip.accumulator_bits),
        EnergyPart("movement", sum(total[c] for c in FLIT_COUNTERS) * FLIT.bits, "bit hops", table.movement(movement)),
    ]
    return EnergyEstimate("shiftfire", samples, tuple(parts))


def _parameter_words(program: Program, counters: NDArray[np.int64]) -> int:
    """Parameter words read, ``fire_lanes`` neurons each: in every pass."""
    layers = {core.tile: program.network.layer(core.layer) for core in program.cores}
    return sum(int(counters[tile, Counter.FIRE_STEPS]) * fire_passes(layer.neuron) for tile, layer in layers.items())


def _fire_parts(program: Program, counters: NDArray[np.int64], table: EnergyTable) -> list[EnergyPart]:
    counts = {"accumulate": 0, "compare": 0, "subtract": 0}
    for core in program.cores:
        neurons = int(counters[core.tile, Counter.FIRE_STEPS]) * program.chip.fire_lanes
        for name, operations in fire_operations(program.network.layer(core.layer).neuron).items():
            counts[name] += neurons * operations
    return [EnergyPart(f"fire:{name}", count, "operations", table.constant(name)) for name, count in counts.items()]
