"""The search: from a mapping to a better one, by other cuts of the layers that its longest chain passes most."""

from __future__ import annotations

from collections.abc import Iterator

from shiftfire_spec.events import IO_TILE

from ..compiler.mapping.spread import WORTH_SHARE
from ..compiler.optimised import Cores, Objective
from ..predict.moments import chain
from .model import Candidate, Model
from .slicings import Slicings

WORTH = 0.99  # of the score: what an improvement must leave at most
WORTH_SECOND = 0.9  # of its second figure, where the first is the same
LAYERS = 2  # of the longest chain that are cut anew
_FINER = 3  # next numbers of cores that are tried
_EVALUATIONS = 900  # predicted vectors per sample and core that a search takes
_LEAST, _MOST = 12, 60  # evaluations


def evaluations(model: Model, effort: int) -> int:
    """How many mappings are predicted at most: fewer of networks with many vectors, so that it takes a fraction of a second without effort."""
    vectors = sum(layer.timesteps for layer in model.network.layers)
    return max(_LEAST, min(_MOST, _EVALUATIONS // vectors)) * (1 + min(effort, 4))


def critical_layers(candidate: Candidate) -> list[str]:
    """Layers by their share of the longest chain, the greatest first."""
    names = {core.tile: core.layer for core in candidate.cores}
    shares: dict[str, float] = {}
    for moment in chain(candidate.prediction.last):
        if moment.back is not None and moment.tile != IO_TILE:
            name = names[moment.tile]
            shares[name] = shares.get(name, 0.0) + moment.time - moment.back.time
    return sorted(shares, key=lambda name: -shares[name])


def filled(slicings: Slicings, slices: Cores, tiles: int) -> Cores:
    """``slices`` cut further, the layer with the most work of one core first, until no tile is left or no cut shortens any; a layer that cannot be cut leaves the tiles to others."""
    layers = by_layer(slices)
    names = list(layers)
    while names:
        name = max(names, key=lambda layer: slicings.work(layers[layer]))
        idle = tiles - sum(map(len, layers.values()))
        finer = _shorter(slicings, layers[name], idle)
        if finer is None:
            names.remove(name)
        else:
            layers[name] = finer
    return flat(layers)


def _shorter(slicings: Slicings, now: Cores, idle: int) -> Cores | None:
    """The layer over as few more cores as shorten it enough, up to ``idle``."""
    wanted = slicings.work(now) * WORTH_SHARE
    for count, options in slicings.of_layer(now[0].layer).items():
        for slices in options:
            if len(now) < count <= len(now) + idle and slicings.work(slices) <= wanted and slicings.fit(slices):
                return slices
    return None


def improve(model: Model, slicings: Slicings, start: Candidate, most: int) -> Iterator[Candidate]:
    """Better and better mappings, until none of the neighbours is or ``most`` have been predicted."""
    now = start
    while model.evaluated < most:
        yield now
        found = [candidate for candidate in _neighbours(model, slicings, now, most) if better(candidate, now)]
        if not found:
            return
        now = min(found, key=lambda candidate: candidate.score)
    yield now


def better(one: Candidate, other: Candidate) -> bool:
    """Whether a score is worth a change."""
    return one.score[0] < other.score[0] * WORTH or (
        one.score[0] == other.score[0] and one.score[1] < other.score[1] * WORTH_SECOND
    )


def _neighbours(model: Model, slicings: Slicings, now: Candidate, most: int) -> Iterator[Candidate]:
    """Mappings with one of the critical layers, or the two of them, cut otherwise."""
    layers = by_layer(now.cores)
    best: dict[str, Cores] = {}
    for name in critical_layers(now)[:LAYERS]:
        least: tuple[float, float] | None = None
        for slices in _other_cuts(model, slicings, layers, name):
            if model.evaluated >= most:
                return
            candidate = model.sliced(flat({**layers, name: slices}))
            if candidate is None:
                continue
            yield candidate
            if least is None or candidate.score < least:
                least, best[name] = candidate.score, slices
    both = flat({**layers, **best})
    if len(best) > 1 and len(both) <= model.chip.tiles:
        candidate = model.sliced(both)
        if candidate is not None:
            yield candidate


def _other_cuts(model: Model, slicings: Slicings, layers: dict[str, Cores], name: str) -> Iterator[Cores]:
    """Cuts of a layer that fit: over as many cores, a few more, and as many as there are; for tiles and energy never more."""
    options, count = slicings.of_layer(name), len(layers[name])
    idle = model.chip.tiles - sum(map(len, layers.values()))
    finer = [number for number in options if count < number <= count + idle]
    if model.objective in (Objective.TILES, Objective.ENERGY):
        finer = []
    for number in (count, *finer[:_FINER], *finer[_FINER:][-1:]):
        for slices in options.get(number, ()):
            if slices != layers[name] and slicings.fit(slices):
                yield slices


def by_layer(cores: Cores) -> dict[str, Cores]:
    """Slices without their tiles, by layer in order."""
    return {name: tuple(c.unplaced for c in cores if c.layer == name) for name in dict.fromkeys(core.layer for core in cores)}


def flat(layers: dict[str, Cores]) -> Cores:
    """The slices of all layers."""
    return tuple(part for own in layers.values() for part in own)
