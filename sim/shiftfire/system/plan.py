"""What a run of a program on some inputs is made of, whichever backend executes it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_ENTRY_WORDS, Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.errors import UserError
from shiftfire_spec.inject import RECORD_WORDS

from ..compiler.loading import Loading, LoadPolicy, loadings, one_by_one
from ..compiler.lowering.events import CoreEvents, core_events, steps_per_vector
from ..compiler.lowering.inject import Injection, injection
from ..compiler.prepare import mapped_activations
from ..compiler.program import Program
from ..compiler.schedule import Schedule
from ..golden.execute import GoldenTrace, execute_checked
from ..network.graph import Readout
from ..network.input_sets import Inputs, expand_all, sample_count
from ..network.real_time import RealTime
from ..network.recurrence import takes_late
from ..network.values import IntArray
from .real_time import check_real_time, real_time_injection
from .regions import Region, RegionMap, moved_plays, packed, table_entries, vector_places
from .result import NOT_STORED

SPARE_PACKETS = 1024  # room in memory for packets that should not have come
SPARE_PART = 64  # of the chip's memory at most, in packets


class RunError(UserError, RuntimeError):
    """An execution did not finish or did not do what its configuration asks; the message says where."""


@dataclass(frozen=True, eq=False)
class RunPlan:
    """A program (of one round), its inputs as an injection program, and what golden says of it.

    ``tables`` (entries, 2): configuration entries of the I/O tile's store table. ``played``: what is stored and played, ``stored``: what the round stores, in order of tags.
    ``reloads``: the host reads what a round stores and writes what a round plays; otherwise it stays in memory from round to round.
    ``loading``: what of the program's image is written before the run, and of later ones beside it. ``predictions`` are golden's, None unless the program has the read-out.
    """

    program: Program
    events: tuple[CoreEvents, ...]
    injection: Injection
    samples: int
    predictions: IntArray | None
    tables: NDArray[np.uint32]
    played: tuple[Region, ...]
    stored: tuple[Region, ...]
    region_memory: int  # memory words, from word 0 on, that hold all regions: of this round when it reloads, else up to it
    loading: Loading
    round: int  # of the schedule
    membranes: Mapping[str, IntArray] | None = (
        None  # what each step stores, by layer, as golden says; None when they are not to be recorded
    )
    reloads: bool = False
    seen: Mapping[str, IntArray] = field(
        default_factory=dict[str, IntArray]
    )  # golden's activations of the first samples, as many as were asked for

    @property
    def collect_ends(self) -> int:
        """END packets that the I/O tile takes in the run."""
        return self.samples * self.program.ends_per_sample()

    @property
    def drains(self) -> bool:
        """Whether the run ends with a quiet fabric, not with the last END: vectors that come back may still be on their way then."""
        return takes_late(self.program.network)

    @property
    def collect_packets(self) -> int:
        """Packets that the I/O tile collects in the run; those it stores are not among them."""
        chosen = [
            e
            for e in self.events
            if e.core.layer in self.program.network.outputs and e.core.layer not in self.program.network.stored
        ]
        return sum(e.vectors + len(e.axon) for e in chosen)

    @property
    def memory_words(self) -> int:
        """Words of main memory that the round needs: regions, configuration image, injection program and room for what is collected."""
        return self.region_memory + self._run_words + RECORD_WORDS * self.collect_packets

    @property
    def collect_limit(self) -> int:
        """Packets that a host has room for: those that are collected, and some that should not have come."""
        return self.collect_packets + min(SPARE_PACKETS, self.program.chip.memory_words // SPARE_PART)

    @property
    def own_words(self) -> int:
        """Words of main memory that a host needs for the round beside regions."""
        read = (CONFIG_ENTRY_WORDS + 1) * self.program.chip.tiles * COUNTERS
        return self._run_words + read + RECORD_WORDS * self.collect_limit

    @property
    def alone_words(self) -> int:
        """Words of main memory that a host needs for a round with a memory of its own."""
        return self.region_memory + self.own_words

    @property
    def _run_words(self) -> int:
        """Of what is configured before and beside the run, and of the injection program."""
        entries = self.program.chip.tiles + len(self.tables) + len(self.loading.before) + self.loading.beside_entries
        return CONFIG_ENTRY_WORDS * entries + len(self.injection.words)

    @property
    def wait_seconds(self) -> float:
        """Until the last packet of inputs in real time may go, at the chip's nominal clock."""
        times = self.injection.times
        return 0.0 if times is None else float(times.due[-1]) / (self.program.chip.clock_mhz * 1e6)

    def configuration(self, image: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Configuration entries before the run, when the program's image is ``image``: counters cleared, tables, what the chip does not hold."""
        return np.concatenate([counter_clear_image(self.program), self.tables, image[self.loading.before]])


def plan_rounds(
    schedule: Schedule, inputs: Inputs | RealTime, *, membranes: bool = False, seen: int = 0, batches: bool = True
) -> tuple[RunPlan, ...]:
    """Run golden once and lower the inputs of every round; ``membranes`` are recorded if asked for, activations kept of ``seen`` samples.

    Where a round of all samples does not fit main memory, they go through each round in as few ``batches`` as fit, a plan each: round by round, batch by batch.
    Inputs in real time wait for their cycles; RealTimeError is raised when they cannot. Raises NetworkError when the inputs do not fit the network, MemoryError when what golden computes cannot fit the machine, RunError when the run
    does not fit the chip's main memory.
    """
    network = schedule.network
    timed = inputs if isinstance(inputs, RealTime) else None
    if timed is not None:
        check_real_time(schedule)
    given = expand_all(network.inputs, inputs.values if isinstance(inputs, RealTime) else inputs)
    if timed is not None:
        timed = timed.shaped(given[network.input.name])
    samples = sample_count(given)
    _check_memory(schedule, samples)
    golden = execute_checked(network, given, membranes=membranes)  # compiled, so checked
    first = {name: values[:seen].copy() for name, values in golden.activations.items()} if seen else {}
    known = _Known(given, mapped_activations(schedule.cut, golden.activations), golden, first, timed, membranes)
    plans = _planned(schedule, known, slice(0, samples))
    if len(plans) > 1 and words_together(plans) > schedule.chip.memory_words:
        plans = reloaded(plans)
    most = max(plan.memory_words for plan in plans)
    if batches and timed is None and samples > 1 and most > schedule.chip.memory_words:
        return _in_batches(schedule, known, samples, -(-most // schedule.chip.memory_words))
    for plan in plans:
        _check_round(plan, plan.memory_words)
    return plans


@dataclass(frozen=True, eq=False)
class _Known:
    """What golden knows of all samples, and what they are: ``given`` and ``activations`` by name."""

    given: Mapping[str, IntArray]
    activations: Mapping[str, IntArray]
    golden: GoldenTrace
    seen: Mapping[str, IntArray]  # by the names of the network as given, of the first samples
    timed: RealTime | None
    membranes: bool


def _in_batches(schedule: Schedule, known: _Known, samples: int, least: int) -> tuple[RunPlan, ...]:
    """Plans of the fewest batches, ``least`` or more of them, all of whose rounds fit main memory with what a host needs. Raises RunError when not even single samples do."""
    plans: tuple[RunPlan, ...] = ()
    for count in range(min(max(2, least), samples), samples + 1):
        bounds = [samples * number // count for number in range(count + 1)]
        parts = [_planned(schedule, known, slice(*pair), number) for number, pair in enumerate(pairwise(bounds))]
        plans = reloaded([part[number] for number in range(len(schedule.rounds)) for part in parts], schedule.loading)
        if all(plan.alone_words <= schedule.chip.memory_words for plan in plans):
            return plans
    worst = max(plans, key=lambda plan: plan.alone_words)
    _check_round(worst, worst.alone_words)
    raise AssertionError("what does not fit is refused")


def _check_round(plan: RunPlan, words: int) -> None:
    """Raise RunError when a round that needs so many words does not fit main memory."""
    what = f"round {plan.round} of " + ("one sample" if plan.samples == 1 else f"{plan.samples} samples")
    check_memory_words(plan.program.chip, words, what, "timesteps" if plan.samples == 1 else "samples")


def _planned(schedule: Schedule, known: _Known, samples: slice, batch: int = 0) -> tuple[RunPlan, ...]:
    """All rounds of some of the samples; memory is not looked at."""
    golden = known.golden
    given = {name: values[samples] for name, values in known.given.items()}
    activations = {name: values[samples] for name, values in known.activations.items()}
    count = sample_count(given)
    memory = RegionMap(batch=batch)
    plans: list[RunPlan] = []
    programs = [part.program for part in schedule.rounds]
    for number, (program, loading) in enumerate(zip(programs, loadings(programs, schedule.loading), strict=True)):
        own = {name: given[name] for name in given if any(source.name == name for source in program.network.inputs)}
        played = {source.name: memory.regions[source.name] for source in program.network.inputs if source.name not in own}
        places = {name: vector_places(regions) for name, regions in played.items()}
        events = core_events(program, activations)
        stored = memory.store(program, events)
        reads = golden.predictions is not None and program.network.readout is not Readout.NONE
        recorded = {name: values[samples] for name, values in golden.membranes.items()} if known.membranes else {}
        plans.append(
            RunPlan(
                program=program,
                events=events,
                injection=injection(program, count, own, places)
                if known.timed is None
                else real_time_injection(schedule, known.timed),
                samples=count,
                predictions=golden.predictions[samples] if reads and golden.predictions is not None else None,
                tables=table_entries(program.chip, stored),
                played=tuple(region for regions in played.values() for region in regions),
                stored=stored,
                region_memory=memory.memory,
                loading=loading,
                round=number,
                membranes=_own(recorded, program) if known.membranes else None,
                seen=known.seen,
            )
        )
        memory.release({source.name for later in schedule.rounds[number + 1 :] for source in later.program.network.inputs})
    return tuple(plans)


def reloaded(plans: Sequence[RunPlan], policy: LoadPolicy | None = None) -> tuple[RunPlan, ...]:
    """The runs with a memory of their own each: the host writes what one plays and reads what it stores, and nothing is written beside a run.

    ``policy``: the runs follow each other otherwise than they were planned, so what each has to load is worked out anew.
    """
    loads = [plan.loading for plan in plans] if policy is None else loadings([plan.program for plan in plans], policy)
    return tuple(_alone(plan, loading) for plan, loading in zip(plans, one_by_one(loads), strict=True))


def _alone(plan: RunPlan, loading: Loading) -> RunPlan:
    regions = packed((*plan.played, *plan.stored))
    played, stored = regions[: len(plan.played)], regions[len(plan.played) :]
    return replace(
        plan,
        injection=moved_plays(plan.injection, plan.played, played),
        tables=table_entries(plan.program.chip, stored),
        played=played,
        stored=stored,
        region_memory=max((region.end for region in regions), default=0),
        loading=loading,
        reloads=True,
    )


def beside_entries(plan: RunPlan, images: Sequence[NDArray[np.uint32]]) -> NDArray[np.uint32]:
    """Configuration entries (entries, 2) that are written beside the plan's run, when ``images`` are those of all rounds."""
    return np.concatenate([np.zeros((0, 2), np.uint32), *(images[part.round][part.entries] for part in plan.loading.beside)])


def words_together(plans: Sequence[RunPlan]) -> int:
    """Words of main memory that hold all rounds at once, with what a host needs to read the counters."""
    return plans[-1].region_memory + sum(plan.own_words for plan in plans)


def _own(membranes: Mapping[str, IntArray], program: Program) -> dict[str, IntArray]:
    """Those of the program's cores: NOT_STORED where another round has a piece of a layer."""
    own: dict[str, IntArray] = {}
    for core in program.cores:
        channels = slice(core.channel_base, core.channel_base + core.channels)
        rows = slice(core.row_base, core.row_base + core.rows)
        for name in program.network.layer(core.layer).states:
            known = own.setdefault(name, np.full_like(membranes[name], NOT_STORED))
            known[:, :, channels, rows] = membranes[name][:, :, channels, rows]
    return own


def check_memory_words(chip: ChipConfig, need: int, what: str, fewer: str = "samples") -> None:
    """Raise RunError when ``what`` needs more main memory than the chip can address, and ``fewer`` of something help."""
    if need > chip.memory_words:
        raise RunError(
            f"{what} needs {need:,} words of memory, chip {chip.name} addresses {chip.memory_words:,}"
            f" (memory_address_bits = {chip.memory_address_bits}); take fewer {fewer}, or a chip with more address bits"
        )


def least_bytes(schedule: Schedule, samples: int) -> int:
    """Memory that a plan takes at least: every activation, the sums of the largest layer, and the event index of every fire step, in int64."""
    network = schedule.mapped
    values = [layer.timesteps * layer.shape.size for layer in (*network.inputs, *network.layers)]
    programs = [part.program for part in schedule.rounds]
    steps = [
        network.layer(core.layer).timesteps * steps_per_vector(program, core) for program in programs for core in program.cores
    ]
    return samples * np.dtype(np.int64).itemsize * (sum(values) + max(values) + sum(steps))


def _check_memory(schedule: Schedule, samples: int) -> None:
    """Raise MemoryError, before anything is allocated, when ``least_bytes`` exceeds the machine's memory."""
    if not hasattr(os, "sysconf"):
        return  # not known here: the allocation itself will tell
    need, limit = least_bytes(schedule, samples), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if need > limit:
        raise MemoryError(f"{samples} samples need at least {need / 2**30:,.1f} GiB, this machine has {limit / 2**30:,.1f} GiB")


def counter_clear_image(program: Program) -> NDArray[np.uint32]:
    """Configuration entries that clear every tile's counters."""
    tiles = range(program.chip.tiles)
    return np.array([(CONFIG_ADDRESS.pack(space=Space.COUNTER, tile=t), 0) for t in tiles], np.uint32)


def counter_read_image(program: Program) -> NDArray[np.uint32]:
    """Configuration entries that read every counter of every tile, in order."""
    entries = [
        (CONFIG_ADDRESS.pack(space=Space.COUNTER, tile=t, offset=i, read=1), 0)
        for t in range(program.chip.tiles)
        for i in range(COUNTERS)
    ]
    return np.array(entries, np.uint32)
