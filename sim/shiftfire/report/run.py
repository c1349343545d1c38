"""One run of a compiled network, over all its rounds: what tables show and documents hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter

from ..compiler.recentre import Recentred
from ..compiler.schedule import Schedule
from ..energy.dense.arithmetic import INTEGERS
from ..energy.dense.ideal import estimate_ideal
from ..energy.dense.machine import estimate_machine
from ..energy.dense.machines import MACHINES
from ..energy.dense.main_memory import with_main_memory
from ..energy.estimate import estimate_energy
from ..energy.main_memory import main_memory_parts
from ..energy.parts import EnergyEstimate, summed
from ..energy.table import DEFAULT_MOVEMENT, load_table
from ..errors import InputError
from ..network.decision import decide
from ..network.graph import Network, Readout
from ..network.values import IntArray
from ..optimise.critical_path import CriticalPath, critical_path
from ..system.activations import decode_activations, decode_outputs
from ..system.main_memory import MainMemoryTraffic
from ..system.real_time import RealTimeCycles
from ..system.result import NOT_STORED, RunResult
from ..system.silence import SilentLayer
from .layer_arrays import LayerArrays
from .summary import Spread


@dataclass(frozen=True, eq=False)
class Run:
    """What ran, what each round gave, and the figures of all of them. A network that fits at once has one round.

    ``rounds`` holds a result per round, ``labels`` (samples,) the right answers when they are known. Figures that the backend does not know are None:
    golden has no cycles, a board no latencies, a chip without counters no energy. Cycles are those of the chip's clock.
    """

    schedule: Schedule
    rounds: tuple[RunResult, ...]
    labels: IntArray | None = None
    movement: str = DEFAULT_MOVEMENT  # energy constant for moving events
    recentred: tuple[Recentred, ...] = ()  # streams that were coded from another level before the run
    silent: tuple[SilentLayer, ...] = ()  # layers that never fired
    seen: Mapping[str, IntArray] = field(
        default_factory=dict[str, IntArray]
    )  # golden's activations of the first samples, for `bottleneck`; empty when it is not to be known
    densities: Mapping[str, float] = field(
        default_factory=dict
    )  # share of the elements of every source that say anything in a sample
    traffic: MainMemoryTraffic | None = None  # of main memory; None where nobody knows
    record: frozenset[str] = frozenset()  # what was recorded beside figures: "events", "spikes", "membrane"
    batches: tuple[int, ...] = ()  # samples of each batch, between which the host reloads main memory; () of all at once

    @property
    def network(self) -> Network:
        return self.schedule.network

    @property
    def chip(self) -> ChipConfig:
        return self.schedule.chip

    @property
    def backend(self) -> str:
        """Name of the execution."""
        return self.rounds[0].backend

    @property
    def samples(self) -> int:
        return self.rounds[0].samples

    @property
    def title(self) -> str:
        """Network, chip, rounds, samples and backend, for a heading."""
        rounds = "" if self.schedule.resident else f" in {len(self.schedule.rounds)} rounds"
        batches = "" if len(self.batches) < 2 else f" in {len(self.batches)} batches (the host reloads memory between them)"
        return f"{self.network.name} on {self.chip.name}{rounds}: {self.samples} samples{batches}, backend {self.backend}"

    @property
    def predictions(self) -> IntArray | None:
        """Class per sample, shape (samples,); None when the network has no read-out, or one of a number."""
        return None if self.network.readout is Readout.VALUE else self._read

    @property
    def values(self) -> NDArray[np.float64] | None:
        """The number that the network gives for each sample, shape (samples,), with readout VALUE; None with any other."""
        read = self._read
        return (
            None if read is None or self.network.readout is not Readout.VALUE else read.astype(np.float64) * self.network.value_step
        )

    @cached_property
    def _read(self) -> IntArray | None:
        """What was read out, (samples,): by the round that has the output, or of all its pieces."""
        known = next((result.predictions for result in self.rounds if result.predictions is not None), None)
        if known is not None or self.network.readout is Readout.NONE:
            return known
        return decide(self.network.readout, self.outputs[self.network.output].sum(axis=(3, 4)))

    @cached_property
    def spikes(self) -> dict[str, IntArray]:
        """What every input and layer emitted, int64 (samples, timesteps, channels, height, width) by name; an ARGMAX layer's is one-hot.

        They are read from the packets that the execution reported. Raises InputError when they were not recorded, and for a layer that there is not.
        """
        self._require("spikes")
        traced = [(part.program, result.events) for part, result in zip(self.schedule.rounds, self.rounds, strict=True)]
        known = [(program, events) for program, events in traced if events is not None]
        values = decode_activations(known, [source.name for source in self.network.inputs], self.samples)
        named = {source.name for source in (*self.network.inputs, *self.network.layers)}
        return LayerArrays({name: values[name] for name in values if name in named})

    @cached_property
    def outputs(self) -> dict[str, IntArray]:
        """What every output sent, of the layer that is read out first; int64 (samples, timesteps, channels, height, width) by name, an ARGMAX layer's one-hot.

        They are read from the packets that the execution collected. Raises RunError for a packet that no core can have sent.
        """
        known = [
            (part.program, result.collected)
            for part, result in zip(self.schedule.rounds, self.rounds, strict=True)
            if result.collected is not None
        ]
        found = decode_outputs(known, self.samples)
        return LayerArrays({name: found[name] for name in self.network.outputs if name in found})

    @cached_property
    def membrane(self) -> dict[str, IntArray]:
        """What each step stored in the membranes, after the reset, by layer that has some; shapes and errors as of `spikes`."""
        self._require("membrane")
        found: dict[str, IntArray] = {}
        for name, values in (item for result in self.rounds for item in (result.membranes or {}).items()):
            known = found.get(name)  # a piece of the layer, of an earlier round
            found[name] = values if known is None else np.where(known == NOT_STORED, values, known)
        return LayerArrays(found)

    def _require(self, name: str) -> None:
        if name not in self.record:
            raise InputError(f"{name} of this run were not recorded: run with record=[{name!r}]")

    @property
    def accuracy(self) -> float | None:
        """Share of right predictions, 0..1; None when labels or predictions are not known."""
        if self.labels is None or self.predictions is None:
            return None
        return float(np.mean(self.predictions == self.labels[: self.samples]))

    @property
    def cycles(self) -> int | None:
        """Cycles that the chip ran: the sum of all rounds, without configurations."""
        return _sum(result.cycles for result in self.rounds)

    @property
    def config_cycles(self) -> int | None:
        """Cycles of the configurations before the rounds."""
        return _sum(result.config_cycles for result in self.rounds)

    @property
    def total_cycles(self) -> int | None:
        """Cycles from the first configuration to the last run: the phases one after the other, without the host's register writes."""
        run = _sum(result.phase_cycles for result in self.rounds)
        return None if run is None else run + (self.config_cycles or 0)

    @cached_property
    def bottleneck(self) -> CriticalPath | None:
        """What the run waits for, and what would help, by prediction of its first samples. None without cycles, in real time, and where a prediction would take too long beside the run."""
        if self.cycles is None or not self.seen:
            return None
        return critical_path(self.schedule, self.seen, self.samples, self.cycles)

    @property
    def start_cycles(self) -> tuple[int, ...]:
        """Cycle, from the start of the first round's run, in which each round's run starts; zeros without cycles."""
        starts, now = [], 0
        for number, result in enumerate(self.rounds):
            now += (result.config_cycles or 0) if number else 0
            starts.append(now)
            now += result.phase_cycles or 0
        return tuple(starts)

    @cached_property
    def sample_cycles(self) -> IntArray | None:
        """Per sample: cycle of its first injected packet, cycle of its last collected END; shape (samples, 2), from the start of the first round's run."""
        first, last = self.rounds[0].sample_cycles, self.rounds[-1].sample_cycles
        if first is None or last is None:
            return None
        return np.stack([first[:, 0], last[:, 1] + self.start_cycles[-1]], axis=1)

    @property
    def sample_latencies(self) -> IntArray | None:
        """Cycles from a sample's first injected packet to its last collected END, shape (samples,). In rounds, all samples go through one before the next."""
        return None if self.sample_cycles is None else self.sample_cycles[:, 1] - self.sample_cycles[:, 0]

    @property
    def latency(self) -> Spread | None:
        """Least, mean and greatest of `sample_latencies`, cycles."""
        latencies = self.sample_latencies
        return None if latencies is None else Spread.of(latencies)

    @property
    def latency_us(self) -> float | None:
        """Mean latency of a sample at the chip's nominal clock, microseconds."""
        return None if self.latency is None else self.latency.mean / self.chip.clock_mhz

    @property
    def real_time(self) -> RealTimeCycles | None:
        """How late packets went in a run in real time, and when each sample's last bin was over; None of other runs, and where nobody sees packets go."""
        return self.rounds[0].real_time

    @property
    def reactions(self) -> IntArray | None:
        """Cycles from the last event of a sample's last bin, as it was demanded, to the sample's last collected END, shape (samples,); None as `real_time` is."""
        return (
            None if self.real_time is None or self.sample_cycles is None else self.sample_cycles[:, 1] - self.real_time.last_event
        )

    @property
    def bin_reactions(self) -> IntArray | None:
        """Cycles from the end of a sample's last bin to the sample's last collected END, shape (samples,); None as `real_time` is."""
        return None if self.real_time is None or self.sample_cycles is None else self.sample_cycles[:, 1] - self.real_time.last_end

    @property
    def inferences_per_second(self) -> float | None:
        """At the chip's nominal clock, when such batches follow each other: a network in rounds is configured again for each of them, one that fits at once is not."""
        cycles = self.cycles if self.schedule.resident else self.total_cycles
        return None if not cycles else self.samples * self.chip.clock_mhz * 1e6 / cycles

    @cached_property
    def counters(self) -> IntArray | None:
        """Counters of every tile, summed over the rounds; shape (tiles, COUNTERS). None without counters."""
        known = [result.counters for result in self.rounds if result.counters is not None]
        return None if len(known) < len(self.rounds) else np.sum(known, axis=0)

    @property
    def counter_totals(self) -> dict[str, int] | None:
        """Every counter summed over tiles and rounds, by name."""
        counters = self.counters
        return None if counters is None else {c.name: int(counters[:, c].sum()) for c in Counter}

    @cached_property
    def round_energies(self) -> tuple[EnergyEstimate, ...]:
        """Energy of each round, estimated from its counters, by the network's layers; empty without counters."""
        found: list[EnergyEstimate] = []
        for part, result in zip(self.schedule.rounds, self.rounds, strict=True):
            if result.counters is None or result.cycles is None:
                return ()
            estimate = estimate_energy(part.program, result.counters, result.samples, result.cycles, movement=self.movement)
            found.append(estimate.of_layers(self.schedule.owner))
        return tuple(found)

    @cached_property
    def energy(self) -> EnergyEstimate | None:
        """Energy of the run, of all rounds; None without counters."""
        if not self.round_energies:
            return None
        known = () if self.traffic is None else main_memory_parts(self.traffic, load_table())
        return replace(summed(self.round_energies), main_memory=known)

    @cached_property
    def dense_energies(self) -> tuple[EnergyEstimate, ...]:
        """Energy of the network's twin on dense accelerators, to stand beside `energy`: an ideal one, then those that could be built."""
        if self.energy is None or not self.densities:
            return ()
        machines = (estimate_machine(m, INTEGERS, self.network, self.chip, self.samples, self.densities) for m in MACHINES)
        estimates = (estimate_ideal(self.network, self.chip, self.samples, self.densities), *machines)
        return tuple(with_main_memory(estimate, self.network, INTEGERS, self.traffic) for estimate in estimates)

    @property
    def energies(self) -> tuple[EnergyEstimate, ...]:
        """`energy` and `dense_energies`, as far as they are known."""
        return () if self.energy is None else (self.energy, *self.dense_energies)

    @property
    def nanojoules_per_inference(self) -> float | None:
        """The nominal estimate of `energy` per sample, without clock and leakage."""
        return None if self.energy is None else self.energy.per_inference.nominal / 1e3


def _sum(values: Iterable[int | None]) -> int | None:
    """None when one is not known."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
