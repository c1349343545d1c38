"""The mapper: the predicted best of what the search finds, on tiles close to those that they talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from shiftfire_spec.chip import ChipConfig

from ..compiler.mapping.placement import place
from ..compiler.mapping.spread import spread_slices
from ..compiler.mapping.stall import check_stall
from ..compiler.mapping.streams import connect
from ..compiler.optimised import Cores, Objective, Optimised
from ..compiler.program import CompileError
from ..network.graph import Network
from ..predict.activity import SourceActivity
from .model import Candidate, Model
from .placement import anneal, moved
from .search import WORTH, evaluations, filled, improve
from .slicings import Slicings

ActivityOf = Callable[[Network], Mapping[str, SourceActivity]]


class PredictedMapper:
    """A `Mapper` of the compiler. ``chosen`` says of what it has mapped so far, by cores, what that was good for; of the last network
    ``model`` is its model, ``candidates`` the best mappings that run, best first.
    """

    model: Model

    def __init__(self, objective: Objective, effort: int, activity_of: ActivityOf) -> None:
        self.objective, self.effort, self._activity_of = objective, effort, activity_of
        self.chosen: dict[Cores, Optimised] = {}
        self.candidates: list[Candidate] = []

    def __call__(self, network: Network, chip: ChipConfig, slices: Cores) -> Cores:
        """Network, chip and the slices over the fewest cores -> cores. Raises CompileError when not even those run."""
        first = place(network, slices, chip)
        order = check_stall(network, first, connect(network, first, chip))
        self.model = model = Model(network, chip, self.objective, self._activity_of(network), order)
        found = list(self._found(model, slices))
        sliced = {candidate.cores: candidate for candidate in found}  # without repetitions
        ranked = [self._annealed(model, candidate) for candidate in _ranked(model, list(sliced.values()))[: 1 + self.effort]]
        if self.effort:
            ranked.sort(key=lambda pair: pair[0].score)
        for number, (candidate, layer_by_layer) in enumerate(ranked):
            try:
                check_stall(network, candidate.cores, candidate.mapped.connections)
            except CompileError:  # the prediction takes the injection order as given
                continue
            self.candidates = [c for c, _ in ranked[number:]]
            hops = (model.hops(layer_by_layer.cores), model.hops(candidate.cores))
            self.chosen[candidate.cores] = Optimised(self.objective, self.effort, model.evaluated, hops)
            return candidate.cores
        raise AssertionError("the slices over the fewest cores are among those that run")

    def _found(self, model: Model, slices: Cores) -> Iterator[Candidate]:
        """What the search meets from the fewest cores on, from the slices that are spread by work alone, and from those that take all tiles."""
        slicings = Slicings(model.network, model.chip)
        most = evaluations(model, self.effort)
        starts = [slices]
        if self.objective in (Objective.LATENCY, Objective.THROUGHPUT):
            starts += [spread_slices(model.network, slices, model.chip), filled(slicings, slices, model.chip.tiles)]
        known = [
            candidate for candidate in map(model.sliced, dict.fromkeys(tuple(p.unplaced for p in s) for s in starts)) if candidate
        ]
        yield from known
        for start in sorted(known, key=lambda candidate: candidate.score):
            yield from improve(model, slicings, start, most)

    def _annealed(self, model: Model, candidate: Candidate) -> tuple[Candidate, Candidate]:
        """The candidate with fewer hops, if that is predicted to be no worse; and as it was."""
        tiles = [core.tile for core in candidate.cores]
        closer = anneal(model.traffic(candidate.mapped), tiles, model.chip)
        other = candidate if closer == tuple(tiles) else model.placed(moved(candidate.cores, closer))
        return (other if other is not None and other.score <= candidate.score else candidate), candidate


def _ranked(model: Model, found: list[Candidate]) -> list[Candidate]:
    """By score; of those that are predicted alike (within what a change must be worth), the one with the least traffic first."""
    ranked = sorted(found, key=lambda candidate: candidate.score)
    alike = [candidate for candidate in ranked if candidate.score[0] * WORTH <= ranked[0].score[0]]
    first = min(alike, key=lambda candidate: model.movement(candidate.mapped))
    return [first, *(candidate for candidate in ranked if candidate is not first)]
