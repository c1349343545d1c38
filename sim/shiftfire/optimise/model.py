"""What the search knows of a mapping: its prediction, and how good that is for an objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.events import IO_TILE

from ..compiler.mapping.placement import place
from ..compiler.mapping.streams import connect
from ..compiler.optimised import Cores, Objective
from ..compiler.program import CompileError, InjectionOrder
from ..network.graph import Network
from ..predict.activity import SourceActivity
from ..predict.links import links_of
from ..predict.loads import LoadTable
from ..predict.mapped import Mapped
from ..predict.memory import MemoryPort
from ..predict.predict import Prediction, predict_mapped
from .placement import TrafficGraph

ASSUMED_SAMPLES = 4
MOST_SAMPLES = 20  # of those that are known

Score = tuple[float, float]  # the less the better, the second one on a tie


@dataclass(frozen=True, eq=False)
class Candidate:
    """A placed mapping, what is predicted of it, and its score."""

    mapped: Mapped
    prediction: Prediction
    score: Score

    @property
    def cores(self) -> Cores:
        return self.mapped.cores


class Model:
    """Predictions of mappings of one network to one chip for one objective. ``evaluated`` counts them."""

    def __init__(
        self,
        network: Network,
        chip: ChipConfig,
        objective: Objective,
        activity: Mapping[str, SourceActivity],
        order: InjectionOrder,
    ) -> None:
        self.network, self.chip, self.objective, self.order = network, chip, objective, order
        self.table = LoadTable(network, chip, activity)
        first = activity[network.input.name]
        self.known = not first.assumed
        self.samples = min(MOST_SAMPLES, len(first.packets) // network.input.timesteps) if self.known else ASSUMED_SAMPLES
        self.evaluated = 0
        self._pause = MemoryPort(chip).pause if network.stored else 0.0
        self._known: dict[Cores, Candidate | None] = {}

    def sliced(self, slices: Cores) -> Candidate | None:
        """Slices placed layer by layer."""
        if slices not in self._known:
            self._known[slices] = self.placed(place(self.network, slices, self.chip))
        return self._known[slices]

    def placed(self, cores: Cores) -> Candidate | None:
        """Cores on their tiles; None when the chip has too few tags or slots for them, or they wait for each other."""
        self.evaluated += 1
        try:
            mapped = Mapped(self.network, self.chip, cores, connect(self.network, cores, self.chip), self.order)
        except CompileError:
            return None
        prediction = predict_mapped(mapped, self.table, self.samples)
        return Candidate(mapped, prediction, self.score(mapped, prediction)) if prediction.complete else None

    def score(self, mapped: Mapped, prediction: Prediction) -> Score:
        """For the objective. In a round that gives no answers, cycles take the place of what is not known."""
        later = self.waits_later(mapped.cores)
        cycles = prediction.cycles / prediction.samples + later
        rate = cycles if self.known or prediction.period is None else prediction.period + later
        if self.objective is Objective.LATENCY:
            return (cycles if prediction.latency is None else prediction.latency, rate)
        if self.objective is Objective.THROUGHPUT:
            return (rate, cycles if prediction.latency is None else prediction.latency)
        if self.objective is Objective.ENERGY:
            return (self.movement(mapped), rate)
        return (float(len(mapped.cores)), rate)

    def waits_later(self, cores: Cores) -> float:
        """Cycles per sample that a later round waits between the pieces of what these cores store."""
        stored = [core.layer for core in cores if core.layer in self.network.stored]
        between = [self.network.layer(name).timesteps for name in stored]
        once = [self.network.layer(name).timesteps for name in set(stored)]
        return self._pause * (sum(between) - sum(once))

    def packets(self, mapped: Mapped) -> dict[tuple[str, int], float]:
        """Packets per sample of each sender, ENDs among them, by source and tile."""
        found = {}
        for source in self.network.inputs:
            found[source.name, IO_TILE] = _per_sample(self.table.packets(source.name, None), source.timesteps)
        for core in mapped.cores:
            steps = self.network.layer(core.layer).timesteps
            found[core.layer, core.tile] = _per_sample(self.table.packets(core.layer, core), steps)
        return found

    def movement(self, mapped: Mapped) -> float:
        """Packets per sample times the links and the cores that they pass."""
        packets = self.packets(mapped)
        total = 0.0
        for stream in mapped.connections.streams:
            links = len(links_of(stream.tile, stream.destinations, self.chip))
            total += packets[stream.source, stream.tile] * (links + len(stream.destinations))
        return total

    def traffic(self, mapped: Mapped) -> TrafficGraph:
        """Who sends how much to whom."""
        return TrafficGraph(mapped.cores, mapped.connections, self.packets(mapped), self.chip)

    def hops(self, cores: Cores) -> float:
        """Packets per sample times hops, of cores that have been predicted."""
        mapped = Mapped(self.network, self.chip, cores, connect(self.network, cores, self.chip), self.order)
        return self.traffic(mapped).hops([core.tile for core in cores])


def _per_sample(vectors: list[list[float]], steps: int) -> float:
    """Of ``steps`` vectors, packets by row of each."""
    return steps * (1 + sum(map(sum, vectors)) / len(vectors))
