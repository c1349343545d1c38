"""Which way the rounds of a schedule are run: every policy through the SimPy model of phases, with predicted runs; the one of fewest cycles is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..compiler.arrange import Order, arranged
from ..compiler.loading import Loading, LoadPolicy, Prefetch, loadings
from ..compiler.optimised import PolicyTrial
from ..compiler.program import CoreSlice, Program
from ..compiler.schedule import Schedule
from ..predict.activity import assumed_activity
from ..predict.loads import LoadTable
from ..predict.mapped import mapped_of
from ..predict.predict import SAMPLES, predict_mapped
from ..system.configure import configuration_cycles, cycles_after_last_request
from ..system.phases import Durations, total_cycles

MOST_ROUNDS = 32  # of which more than one order is compared
_COLLECTED_WORDS, _STORED_WORDS = 2, 1  # of a packet in memory


@dataclass(frozen=True)
class _Run:
    """What is predicted of a round's run: cycles, and cycles of them in which the memory's port is in use."""

    cycles: int
    used: int


def loading_policies() -> tuple[LoadPolicy, ...]:
    """What is compared; the first on a tie."""
    kept = [LoadPolicy(prefetch, keeps=True) for prefetch in (Prefetch.NEXT, Prefetch.EARLY, Prefetch.NOTHING)]
    return (*kept, LoadPolicy(Prefetch.NEXT, keeps=False), LoadPolicy(Prefetch.NOTHING, keeps=False))


def best_policy(schedule: Schedule, samples: int = SAMPLES) -> Schedule:
    """The schedule, which is in order of layers, run in the way that takes the fewest cycles for ``samples`` samples of assumed densities.

    Orders are compared where a layer lies in several rounds: they share weights, and none waits for the other.
    """
    found = list(_candidates(schedule, samples))
    best, taken = min(found, key=lambda one: one[1].cycles)
    trials = tuple(replace(trial, taken=trial is taken) for _, trial in found)
    return replace(best, policies=trials)


def _candidates(schedule: Schedule, samples: int) -> Iterator[tuple[Schedule, PolicyTrial]]:
    runs = {part.program.network: _predicted(part.program, samples) for part in schedule.rounds}
    for order in Order if _in_pieces(schedule) else (Order.LAYERS,):
        made = arranged(schedule, order)
        programs = [part.program for part in made.rounds]
        for policy in loading_policies() if order is Order.LAYERS else loading_policies()[:2]:
            planned = loadings(programs, policy)
            rounds = zip(programs, planned, strict=True)
            cycles = total_cycles([_phases(program, loading, runs[program.network]) for program, loading in rounds])
            before = sum(len(loading.before) for loading in planned)
            beside = sum(loading.beside_entries for loading in planned)
            yield (
                replace(made, loading=policy),
                PolicyTrial(str(order), str(policy.prefetch), policy.keeps, before, beside, samples, cycles),
            )


def _in_pieces(schedule: Schedule) -> bool:
    """Whether a layer lies in several rounds, which are not so many that lowering them again takes long."""
    return (
        len(schedule.rounds) <= MOST_ROUNDS
        and max(Counter(layer.name for part in schedule.rounds for layer in part.program.network.layers).values()) > 1
    )


def _predicted(program: Program, samples: int) -> _Run:
    network = program.network
    table = LoadTable(network, program.chip, assumed_activity(network))
    cycles = predict_mapped(mapped_of(program), table, samples).cycles

    def packets(name: str, timesteps: int, core: CoreSlice | None = None) -> float:
        vectors = table.packets(name, core)
        return samples * timesteps * (1 + sum(map(sum, vectors)) / len(vectors))

    used = sum(packets(source.name, source.timesteps) for source in network.inputs)
    for core in program.collected_cores():
        words = _STORED_WORDS if core.layer in network.stored else _COLLECTED_WORDS
        used += words * packets(core.layer, network.layer(core.layer).timesteps, core)
    return _Run(round(cycles), min(round(used), round(cycles)))


def _phases(program: Program, loading: Loading, run: _Run) -> Durations:
    """A round whose loading beside the run gets the cycles that the run leaves, evenly."""
    chip = program.chip
    tables = chip.regions + len(program.stored_cores())
    config = configuration_cycles(chip, chip.tiles + tables + len(loading.before))
    words = (
        2 * loading.beside_entries * chip.memory_stall_period_cycles // (chip.memory_stall_period_cycles - chip.memory_stall_cycles)
    )
    free = run.cycles - run.used
    last = words * run.cycles // max(1, free) if words <= free else words + run.used
    return Durations(config, run.cycles, cycles_after_last_request(chip, last) if words else 0)
