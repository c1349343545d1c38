"""Decays that the chip's shifts miss: one line for each layer, with the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import LEAK_TERMS

from .layer import IntegerLayer
from .leak import LeakFit, time_constant
from .leaks import Leaks
from .maps import Grid

WORTH_TELLING = 0.025  # relative error of a leak; three shifts stay below it for decays of 0.5 to 0.995


def decay_notes(layers: Iterable[IntegerLayer], chip: ChipConfig) -> Iterator[str]:
    """A line for each layer's decays whose leak is off by more than `WORTH_TELLING`: what becomes of the worst on ``chip``, and what to do."""
    for made in layers:
        for what, which, leaks in (("decay", "leaks", made.leak), ("current's decay", "currents' leaks", made.current_leak)):
            if leaks is not None and abs(leaks.worst_fit.error) > WORTH_TELLING:
                many = "" if len(leaks.fits) == 1 else _of_many(which, leaks, made.layer.shape.as_tuple())
                yield f"layer {made.layer.name}: {many}its {what} {fit_text(leaks.worst_fit, chip)}"


def _of_many(which: str, leaks: Leaks, grid: Grid) -> str:
    """What is told of a layer whose neurons differ, before its worst: how many are off, and by how many steps their spikes move."""
    off = int(np.count_nonzero(np.abs(leaks.error) > WORTH_TELLING))
    steps = leaks.step_error()
    moved = "some spikes of weak currents never come" if steps is None else f"first spikes move by up to {steps} steps"
    return (
        f"the {which} of {off} of its {len(leaks.which)} neurons are off by more than {WORTH_TELLING:.1%} ({moved}),"
        f" most that of neuron {neuron_text(leaks.worst, grid)}: "
    )


def neuron_text(neuron: int, grid: Grid) -> str:
    """A neuron of a layer for people: its number in a plain vector, else channel, row and column."""
    if grid[1:] == (1, 1):
        return str(neuron)
    return "({}, {}, {})".format(*(int(i) for i in np.unravel_index(neuron, grid)))


def fit_text(fit: LeakFit, chip: ChipConfig) -> str:
    """What becomes of a decay on the chip, as it goes on after "its decay"."""
    limit = f"leak_terms = {chip.leak_terms}, membrane_bits = {chip.membrane_bits}"
    wider = f"--set core.leak_terms={LEAK_TERMS}" if chip.leak_terms < LEAK_TERMS else "--set core.membrane_bits=20"
    return (
        f"of {fit.decay:.5g} is {fit.kept:.5g} on chip {chip.name} ({limit}): a time constant of"
        f" {time_constant(fit.kept):.4g} steps, not {time_constant(fit.decay):.4g}; take a chip with more ({wider}), or train with that decay"
    )
