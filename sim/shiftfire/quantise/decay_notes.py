"""Decays that the chip's shifts miss: one line for each, with the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import LEAK_TERMS

from .layer import IntegerLayer
from .leak import LeakFit, time_constant

WORTH_TELLING = 0.025  # relative error of a leak; three shifts stay below it for decays of 0.5 to 0.995


def decay_notes(layers: Iterable[IntegerLayer], chip: ChipConfig) -> Iterator[str]:
    """A line for each decay whose leak is off by more than `WORTH_TELLING`: what becomes of it on ``chip``, and what to do."""
    for made in layers:
        for what, fit in (("decay", made.leak), ("current's decay", made.current_leak)):
            if fit is not None and abs(fit.error) > WORTH_TELLING:
                yield f"layer {made.layer.name}: {_text(what, fit, chip)}"


def _text(what: str, fit: LeakFit, chip: ChipConfig) -> str:
    limit = f"leak_terms = {chip.leak_terms}, membrane_bits = {chip.membrane_bits}"
    wider = f"--set core.leak_terms={LEAK_TERMS}" if chip.leak_terms < LEAK_TERMS else "--set core.membrane_bits=20"
    return (
        f"its {what} of {fit.decay:.5g} is {fit.kept:.5g} on chip {chip.name} ({limit}): a time constant of"
        f" {time_constant(fit.kept):.4g} steps, not {time_constant(fit.decay):.4g}; take a chip with more ({wider}), or train with that decay"
    )
