"""Energy of a run: counters times the table, and what clock and leakage take meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.fire import REFRACTORY_BITS

from ..compiler.lowering.ring import ring_length
from ..compiler.program import CoreSlice, Program
from .clock import active_cycles
from .hardware import TileHardware, tile_hardware
from .parts import Clock, EnergyEstimate, EnergyPart, merge
from .sram import ACCESSES, Access, SramTable, load_sram
from .table import DEFAULT_MOVEMENT, Constant, EnergyTable, load_table

HOP_COUNTERS = (Counter.FLITS_NORTH, Counter.FLITS_EAST, Counter.FLITS_SOUTH, Counter.FLITS_WEST)
_PARAMETERS_PER_NEURON = 2  # bias and threshold
_NANOSECONDS_PER_MICROSECOND = 1e3


def estimate_energy(
    program: Program,
    counters: NDArray[np.int64],
    samples: int,
    cycles: int,
    *,
    table: EnergyTable | None = None,
    movement: str = DEFAULT_MOVEMENT,
) -> EnergyEstimate:
    """Energy of a run of ``samples`` inferences in ``cycles`` at the chip's clock.

    ``counters`` has shape (tiles, COUNTERS). What a tile does is its layer's, packets that pass its router among them; tiles without a core have None.
    Raises EnergyError when ``movement`` is not in the table, ValueError when ``samples`` is not positive.
    """
    if samples < 1:
        raise ValueError(f"samples = {samples}: at least one is needed to tell the energy of an inference")
    table = table or load_table()
    hardware = tile_hardware(program.chip)
    sram = load_sram(table.constant("sram_margin"))
    accesses: dict[tuple[str, Access], Constant] = {
        (name, access): sram.constant(*size, access) for name, size in core_memories(program.chip).items() for access in ACCESSES
    }
    cores: dict[int, CoreSlice | None] = {tile: None for tile in range(len(counters))} | {core.tile: core for core in program.cores}
    parts = [part for tile, core in cores.items() for part in _tile_parts(program, core, counters[tile], accesses, table, movement)]
    return EnergyEstimate(
        "shiftfire",
        samples,
        merge(parts),
        _clocks(hardware, counters, cycles, table),
        leakage(hardware, sram, len(counters), cycles, program.chip.clock_mhz),
    )


def _tile_parts(
    program: Program,
    core: CoreSlice | None,
    counters: NDArray[np.int64],
    accesses: Mapping[tuple[str, Access], Constant],
    table: EnergyTable,
    movement: str,
) -> Iterator[EnergyPart]:
    """What happens in one tile, counters of shape (COUNTERS,)."""
    layer = None if core is None else core.layer
    moved = table.movement(movement)
    count = {counter: int(counters[counter]) for counter in Counter}
    if core is not None:
        yield EnergyPart("accumulate", layer, count[Counter.LANE_ADDS], "lane operations", table.constant("lane_operation"))
        neurons = count[Counter.FIRE_STEPS] * program.chip.fire_lanes
        for name, operations in asdict(program.network.layer(core.layer).kind.operations).items():
            yield EnergyPart(f"fire:{name}", layer, neurons * operations, "operations", table.constant(name))
        for name, made in _accesses(program, core, count).items():
            for access, times in made.items():
                yield EnergyPart(f"memory:{name} {access}", layer, times, f"{access}s", accesses[name, access])
    hops = sum(count[counter] for counter in HOP_COUNTERS)
    yield EnergyPart("movement:hops", layer, hops, "flit hops", moved.hop)
    yield EnergyPart("movement:delivery", layer, count[Counter.FLITS_LOCAL], "flits", moved.delivery)


def _clocks(
    hardware: TileHardware, counters: NDArray[np.int64], cycles: int, table: EnergyTable
) -> dict[Clock, tuple[EnergyPart, ...]]:
    """What is clocked, by unit."""
    flip_flop = table.constant("flip_flop_clock")
    found: dict[Clock, list[EnergyPart]] = {clock: [] for clock in Clock}
    for unit, bits in hardware.bits.items():
        working = bits.working * int(active_cycles(counters, unit).sum())
        for clock, count in ((Clock.AS_BUILT, bits.always * cycles * len(counters)), (Clock.GATED, working)):
            found[clock].append(EnergyPart(f"clock:{unit}", None, count, "bits x cycles", flip_flop))
    return {clock: tuple(parts) for clock, parts in found.items()}


def leakage(hardware: TileHardware, sram: SramTable, tiles: int, cycles: float, clock_mhz: float) -> tuple[EnergyPart, ...]:
    """What the memories of ``tiles`` tiles leak in ``cycles``."""
    nanoseconds = _NANOSECONDS_PER_MICROSECOND / clock_mhz
    return tuple(
        EnergyPart("leakage:memories", None, count * tiles * cycles, "cycles", sram.leakage(words, bits), nanoseconds)
        for words, bits, count in hardware.memories
    )


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


def _accesses(program: Program, core: CoreSlice, count: dict[Counter, int]) -> dict[str, dict[Access, int]]:
    """Accesses to the memories of `core_memories` that the core's counters tell of.

    A core with delays counts words of its ring and of its banks together: all are charged at the larger of the two. States beside the membranes are
    read and written with them. Parameters and leaks are read in every pass.
    """
    kind = program.network.layer(core.layer).kind
    sums: dict[Access, int] = {"read": count[Counter.ACC_READS], "write": count[Counter.ACC_WRITES]}
    states: dict[Access, int] = {"read": count[Counter.MEMBRANE_READS], "write": count[Counter.MEMBRANE_WRITES]}
    passes: dict[Access, int] = {"read": count[Counter.FIRE_STEPS] * kind.passes}
    ring = program.chip.delay_words and ring_length(program.network, core, program.chip.lanes)
    return {
        "weights": {"read": count[Counter.WEIGHT_SLICES], "write": count[Counter.WEIGHT_WRITES]},
        ("later sums" if ring else "accumulators"): sums,
        "membranes": states,
        **({"currents": states} if kind.current is not None else {}),
        **({"refractory": states} if kind.refractory else {}),
        "parameters": passes,
        **({"leaks": passes} if kind.neuron_leaks else {}),
    }
