"""Integer networks whose leaks or membranes are more than a chip has: the nearest that it has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import LEAK_TERMS

from ..frontends.float_graph.neurons import FloatArray
from ..network.graph import Layer, Network
from ..network.neurons.membrane import Leak, leak_array, used_terms
from .decay_notes import fit_text, neuron_text
from .leaks import Leaks, leaks_of


def fit_to_chip(network: Network, chip: ChipConfig) -> tuple[Network, tuple[str, ...]]:
    """``network`` with every leak in the terms that ``chip`` has and every membrane's limits within its bits, and a line for each that is another one now.

    What fits stays as it is, and a network that fits is returned itself. It is another network: golden computes with the new leaks and limits as well.
    Raises QuantiseError for a chip without leak terms, or without `neuron_leaks` where neurons of a layer differ.
    """
    notes: list[str] = []
    layers = tuple(_fitted(layer, chip, notes) for layer in network.layers)
    return (replace(network, layers=layers) if notes else network), tuple(notes)


def _fitted(layer: Layer, chip: ChipConfig, notes: list[str]) -> Layer:
    """The layer with what the chip has; adds to ``notes``."""
    changed: dict[str, Any] = _limits(layer, chip, notes)
    for name, leak in layer.kind.leaks.items():
        if used_terms(leak) <= chip.leak_terms:
            continue
        decays, own = _decays(leak)
        what = name.replace("_leak", "'s decay") if name != "leak" else "decay"
        leaks = leaks_of(layer.name, what, decays, chip)
        changed[name] = leaks.fits[0].terms if leaks.alike else _array(leaks, own)
        channels, height, width = (*own, 1, 1, 1)[:3]
        where = (
            "" if decays.size == 1 else f"worst of {decays.size}, number {neuron_text(leaks.worst, (channels, height, width))}: "
        )
        notes.append(f"layer {layer.name}: {where}its {what} {fit_text(leaks.worst_fit, chip)}")
    return replace(layer, neuron=replace(layer.kind, **changed)) if changed else layer


def _limits(layer: Layer, chip: ChipConfig, notes: list[str]) -> dict[str, int]:
    """Limits of the membrane that pass the chip's bits, as they become."""
    membrane = layer.kind.membrane
    if membrane is None:
        return {}
    least, greatest = -(1 << chip.membrane_bits - 1), (1 << chip.membrane_bits - 1) - 1
    narrowed = {"v_min": max(membrane.v_min, least), "v_max": min(membrane.v_max, greatest)}
    if tuple(narrowed.values()) == (membrane.v_min, membrane.v_max):
        return {}
    notes.append(
        f"layer {layer.name}: its membrane saturates at {narrowed['v_min']} and {narrowed['v_max']} on chip {chip.name} (membrane_bits = {chip.membrane_bits}),"
        f" not at {membrane.v_min} and {membrane.v_max}"
    )
    return narrowed


def _decays(leak: Leak) -> tuple[FloatArray, tuple[int, ...]]:
    """(neurons,) what a step keeps, of a layer's terms one number; and the shape of what has a leak of its own."""
    codes = leak_array([leak])[:, 0] if isinstance(leak, tuple) else np.asarray(leak, np.int64)
    terms = np.where(codes == 0, 0.0, np.sign(codes) * 2.0 ** -(np.maximum(np.abs(codes), 1) - 1.0))
    kept = np.asarray(1.0 - terms.sum(axis=0))
    return kept.reshape(-1), kept.shape


def _array(leaks: Leaks, own: tuple[int, ...]) -> Leak:
    return leak_array([fit.terms for fit in leaks.fits])[:, leaks.which].reshape(LEAK_TERMS, *own)
