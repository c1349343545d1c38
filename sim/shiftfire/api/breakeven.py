"""Break-even: up to which spike rate a layer takes less energy than the same layer on a dense machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from ..energy.corners import Corner
from ..energy.crossing import crossing
from ..energy.dense.arithmetic import INTEGERS
from ..energy.dense.machine import estimate_machine
from ..energy.dense.output_stationary import OutputStationary
from ..energy.parts import Clock, EnergyEstimate
from ..energy.table import load_table
from ..energy.what_if import with_register_file
from ..network.random_dense import random_spikes, silent_dense_network
from ..report.breakeven import WEIGHT_FORMATS, Accumulators, Breakeven, BreakevenCurve, BreakevenResult, Counted, Sweep
from .chips import ChipConfig
from .chips import chip as described
from .compiled import ChipLike
from .result import Result
from .runs import run


def breakeven(sweep: Sweep, *, progress: Callable[[int, int], None] | None = None) -> BreakevenResult:
    """Run every layer of ``sweep`` at every rate in the simulator, and find where it crosses the dense machine.

    Raises InputError, CompileError for a layer that does not fit the chip.
    """
    crossings: list[Breakeven] = []
    curves: list[BreakevenCurve] = []
    layers = sweep.layers()
    for number, (timesteps, bits, fan_out) in enumerate(layers):
        network = silent_dense_network(sweep.fan_in, fan_out, timesteps, WEIGHT_FORMATS[bits], sweep.chip.membrane_bits, sweep.seed)
        results = [
            run(network, random_spikes(network.input, rate, sweep.seed, sweep.samples), chip=sweep.chip) for rate in sweep.rates
        ]
        dense = [estimate_machine(OutputStationary(), INTEGERS, network, sweep.chip, 1, result.densities) for result in results]
        estimates = [_energy(result) for result in results]
        for kind, counted in product(Accumulators, Counted):
            own = [_kind(estimate, kind, sweep.chip) for estimate in estimates]
            place = (timesteps, bits, fan_out, kind, counted)
            crossings.append(Breakeven(*place, *_crossings(sweep.rates, own, dense, counted)))
            curve = tuple(_picojoules(estimate, counted, Corner.NOMINAL) for estimate in own)
            level = tuple(_picojoules(estimate, counted, Corner.NOMINAL) for estimate in dense)
            curves.append(BreakevenCurve(*place, curve, level))
        if progress is not None:
            progress(number + 1, len(layers))
    return BreakevenResult(sweep, tuple(crossings), tuple(curves))


def sweep_of(chip: ChipLike, **settings: Any) -> Sweep:
    """A sweep on a chip by name, path or description."""
    return Sweep(chip if isinstance(chip, ChipConfig) else described(chip), **settings)


def _energy(result: Result) -> EnergyEstimate:
    """Of the layer at a rate."""
    assert result.energy is not None  # the simulator counts on every chip
    return result.energy


def _kind(estimate: EnergyEstimate, kind: Accumulators, chip: ChipConfig) -> EnergyEstimate:
    return estimate if kind is Accumulators.MEMORY else with_register_file(estimate, chip, load_table())


def _picojoules(estimate: EnergyEstimate, counted: Counted, corner: Corner) -> float:
    """Per inference."""
    whole = estimate if counted is Counted.EVENTS else replace(estimate, parts=(*estimate.parts, *estimate.clocks[Clock.GATED]))
    return whole.per_inference.at(corner)


def _crossings(
    rates: Sequence[float], estimates: Sequence[EnergyEstimate], dense: Sequence[EnergyEstimate], counted: Counted
) -> Iterator[float | None]:
    """By corner."""
    for corner in Corner:
        yield crossing(rates, *([_picojoules(e, counted, corner) for e in own] for own in (estimates, dense)))
