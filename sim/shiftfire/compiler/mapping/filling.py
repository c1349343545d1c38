"""Filling rounds: the fewest that hold all slices of a network, in the order of its layers; a layer too large for the chip takes several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from shiftfire_spec.chip import ChipConfig

from ...network.graph import Network
from ...network.recurrence import components, feeds_back
from ..program import CompileError
from .rounds import RoundCut, round_network
from .slicing import slice_layer
from .stall import check_stall
from .streams import connect


@dataclass(frozen=True)
class _Bound:
    """Layers that one round holds, with all between them: ``first`` to ``last``, and why."""

    first: int
    last: int
    why: str


def round_cuts(network: Network, chip: ChipConfig, most_layers: int) -> list[RoundCut]:
    """What each round holds: fewest rounds, then fewest values handed over.

    Layers are cut where they do not fit the chip alone. Layers that feed back into each other are never parted, nor a layer and a later one
    of which it takes earlier steps. Raises CompileError when such a loop, a core's share of a layer, or what a round needs beside cores does not fit.
    """
    return _Filling(network, chip, most_layers).cuts()


class _Filling:
    """All slices of a network in order. A *place* is a number of slices: those before it are in earlier rounds."""

    def __init__(self, network: Network, chip: ChipConfig, most_layers: int) -> None:
        self.network, self.chip, self.most_layers = network, chip, most_layers
        self.layers = [slice_layer(network, layer, chip) for layer in network.layers]
        self.slices = [part for own in self.layers for part in own]
        self.owner = [number for number, own in enumerate(self.layers) for _ in own]
        self.first = [0, *accumulate(len(own) for own in self.layers)]  # place of each layer, and of the end
        self.pieces = {layer.name: [part.block for part in own] for layer, own in zip(network.layers, self.layers, strict=True)}
        self.bounds = _bounds(network)
        self._tried: dict[tuple[int, ...], CompileError | None] = {}

    def cuts(self) -> list[RoundCut]:
        """The cuts of the fewest rounds."""
        self._check_bounds()
        best: dict[int, tuple[int, int, int]] = {0: (0, 0, 0)}  # by place: rounds, values handed over, start of the last round
        reason: CompileError | None = None  # why the first round that does not run does not
        alone: CompileError | None = None  # likewise of one layer
        places = self.places
        for number, stop in enumerate(places):
            for start in reversed(places[:number]):
                cut = self.cut(start, stop)
                if stop - start > self.chip.tiles or cut.stop - cut.start > self.most_layers:
                    break
                if start not in best or not self._has_sources(start, stop):
                    continue
                cost = (best[start][0] + 1, best[start][1] + self._stored_values(cut, start, stop), start)
                if stop in best and cost[:2] >= best[stop][:2]:
                    continue
                error = self._refused(cut, start, stop)
                if error is None:
                    best[stop] = cost
                    continue
                reason = reason or error
                alone = alone or (error if cut.stop - cut.start == 1 else None)
        if places[-1] not in best:
            error = alone or reason
            assert error is not None, "no cut, and no reason"
            raise error
        found: list[RoundCut] = []
        stop = places[-1]
        while stop:
            start = best[stop][2]
            found.append(self.cut(start, stop))
            stop = start
        return found[::-1]

    @cached_property
    def places(self) -> list[int]:
        """Where a round may end, in order: behind layers, and within those that do not fit the chip alone, but in no loop."""
        held = {number for bound in self.bounds for number in range(bound.first, bound.last + 1)}
        parting = {self.first[number] for bound in self.bounds for number in range(bound.first + 1, bound.last + 1)}
        inner = [
            place
            for number, own in enumerate(self.layers)
            if number not in held and not self._fits_alone(number)
            for place in range(self.first[number] + 1, self.first[number] + len(own))
        ]
        return sorted({*self.first, *inner} - parting)

    def cut(self, start: int, stop: int) -> RoundCut:
        """The round of the slices ``start`` to ``stop``."""
        first, last = self.owner[start], self.owner[stop - 1]
        begun, unfinished = start > self.first[first], stop < self.first[last + 1]
        slices = tuple(self.slices[start:stop]) if begun or unfinished else None
        return RoundCut(first, last + 1, slices, unfinished)

    def _fits_alone(self, number: int) -> bool:
        start, stop = self.first[number], self.first[number + 1]
        return stop - start <= self.chip.tiles and self._refused(self.cut(start, stop), start, stop) is None

    def _has_sources(self, start: int, stop: int) -> bool:
        """Whether no layer of the round reads one of which a piece was in an earlier round: a vector comes whole from memory, or from cores."""
        first, last = self.owner[start], self.owner[stop - 1]
        if start == self.first[first]:
            return True
        begun = self.network.layers[first].name
        return all(begun not in s.sources for layer in self.network.layers[first + 1 : last + 1] for s in layer.synapses)

    def _stored_values(self, cut: RoundCut, start: int, stop: int) -> int:
        """Values that the round hands over."""
        stored = round_network(self.network, cut, self.pieces).stored
        own = (part for part in self.slices[start:stop] if part.layer in stored)
        return sum(p.channels * p.rows * p.columns * self.network.layer(p.layer).timesteps for p in own)

    def _refused(self, cut: RoundCut, start: int, stop: int) -> CompileError | None:
        """Why the round does not run, on any tiles: rounds with as many slices of the same layers are alike."""
        of_first, of_last = min(stop, self.first[cut.start + 1]) - start, stop - max(start, self.first[cut.stop - 1])
        key = (cut.start, of_first, cut.stop, of_last, int(cut.unfinished))
        if key not in self._tried:
            self._tried[key] = None
            part = round_network(self.network, cut, self.pieces)
            cores = [replace(s, tile=tile) for tile, s in enumerate(self.slices[start:stop])]
            try:
                check_stall(part, cores, connect(part, cores, self.chip))
            except CompileError as error:
                self._tried[key] = error
        return self._tried[key]

    def _check_bounds(self) -> None:
        """Raise CompileError when no round holds what must not be parted."""
        for bound in self.bounds:
            span = bound.last + 1 - bound.first
            need = self.first[bound.last + 1] - self.first[bound.first]
            loop = f"{bound.why}, so one round holds " + ("it" if span == 1 else "them and what lies between")
            if span > self.most_layers:
                raise CompileError(f"{loop}: {span} layers, rounds have at most {self.most_layers}; allow {span}")
            if need > self.chip.tiles:
                raise CompileError(
                    f"{loop}: {need} cores, chip {self.chip.name} has {self.chip.tiles}; make them smaller, or take a larger chip"
                )


def _bounds(network: Network) -> list[_Bound]:
    """Loops of feedback, and readers of a later layer's earlier steps; those that share a layer are one."""
    merged: list[_Bound] = []
    for bound in sorted((*_loops(network), *_late_readers(network)), key=lambda b: (b.first, -b.last)):
        before = merged[-1] if merged else None
        if before is None or bound.first > before.last:
            merged.append(bound)
        elif bound.last > before.last:
            merged[-1] = _Bound(before.first, bound.last, f"{before.why} and {bound.why}")
    return merged


def _loops(network: Network) -> Iterator[_Bound]:
    place = {layer.name: number for number, layer in enumerate(network.layers)}
    for layers in components(network):
        if feeds_back(layers):
            numbers = [place[layer.name] for layer in layers]
            names = ", ".join(layer.name for layer in layers)
            why = f"layers {names} feed back into each other" if len(layers) > 1 else f"layer {names} feeds back into itself"
            yield _Bound(min(numbers), max(numbers), why)


def _late_readers(network: Network) -> Iterator[_Bound]:
    place = {layer.name: number for number, layer in enumerate(network.layers)}
    for number, layer in enumerate(network.layers):
        for name in (name for s in layer.synapses for name in s.sources):
            if place.get(name, -1) > number:
                yield _Bound(number, place[name], f"layer {layer.name} takes the later layer {name} with a delay")
