"""The leaks of a layer's neurons: one fit for each distinct decay, and what the layer stores of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import LEAK_TERMS

from ..frontends.float_graph.neurons import FloatArray
from ..network.neurons.membrane import Leak, leak_array
from ..network.values import IntArray
from .errors import QuantiseError
from .leak import LeakFit, drift_of, fit_leaks, step_error
from .maps import Grid


@dataclass(frozen=True, eq=False)
class Leaks:
    """``fits``: one per distinct decay, the least first. ``which`` (neurons,): the fit of each neuron, in (channel, row, column) order."""

    fits: tuple[LeakFit, ...]
    which: IntArray

    @property
    def kept(self) -> FloatArray:
        """(neurons,) share of the membrane that a step keeps."""
        return np.array([fit.kept for fit in self.fits])[self.which]

    @property
    def error(self) -> FloatArray:
        """(neurons,) relative errors of the leaks, as `LeakFit.error`."""
        return np.array([fit.error for fit in self.fits])[self.which]

    @property
    def drift(self) -> FloatArray:
        """(neurons,) what rounding adds to the membrane in each step."""
        return np.array([drift_of(fit.terms) for fit in self.fits])[self.which]

    @property
    def form(self) -> IntArray:
        """(neurons,) a number for each list of terms: equal where neurons leak alike, whatever their decays."""
        forms = {terms: number for number, terms in enumerate(dict.fromkeys(fit.terms for fit in self.fits))}
        return np.array([forms[fit.terms] for fit in self.fits])[self.which]

    @property
    def alike(self) -> bool:
        """Whether all neurons leak by the same terms, as a layer's register holds them."""
        return all(fit.terms == self.fits[0].terms for fit in self.fits)

    @property
    def worst(self) -> int:
        """Index of the neuron whose leak is off the most; the first of equals."""
        return int(np.argmax(np.abs(self.error)))

    @property
    def worst_fit(self) -> LeakFit:
        """That neuron's."""
        return self.fits[int(self.which[self.worst])]

    @property
    def decays(self) -> tuple[float, float]:
        """Least and greatest decay of the float model."""
        return self.fits[0].decay, self.fits[-1].decay

    def step_error(self) -> int | None:
        """Most steps by which any neuron's first spike moves; as `leak.step_error`."""
        return step_error(np.array([fit.decay for fit in self.fits]), np.array([fit.kept for fit in self.fits]))

    def of_grid(self, grid: Grid) -> Leak:
        """What a neuron on ``grid`` takes: the terms where all neurons leak alike, else an array for each channel, or for each neuron where they differ in one."""
        if self.alike:
            return self.fits[0].terms
        words = leak_array([fit.terms for fit in self.fits])[:, self.which].reshape(LEAK_TERMS, *grid)
        return words if np.any(words != words[:, :, :1, :1]) else words[:, :, 0, 0]


def leaks_of(name: str, what: str, decays: FloatArray, chip: ChipConfig) -> Leaks:
    """The leaks of ``decays`` (neurons,) on ``chip``. Raises QuantiseError, naming node ``name`` and ``what`` decays, for a chip that cannot have them."""
    distinct, which = np.unique(decays, return_inverse=True)
    if np.any(distinct != 1) and chip.leak_terms < 1:
        raise QuantiseError(f"node {name}: its membrane leaks, chip {chip.name} has leak_terms = 0; take a chip that has some")
    leaks = Leaks(fit_leaks(distinct.tolist(), chip.leak_terms, chip.membrane_bits - 2), which.reshape(-1))
    if not leaks.alike and not chip.neuron_leaks:
        raise QuantiseError(
            f"node {name}: its neurons differ in the {what} ({distinct[0]:g} to {distinct[-1]:g}), chip {chip.name} has neuron_leaks = false;"
            " take a chip that has it (--set core.neuron_leaks=true), or split the node by it"
        )
    return leaks
