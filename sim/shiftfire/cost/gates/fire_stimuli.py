"""Stimuli of what a fire engine has for each lane: comparison, LIF step, division."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_LEAK

from ...network.neurons.lif import Lif
from ...network.values import NetworkError
from .count_trace import count_trace
from .fire_trace import FireTrace, fire_trace
from .runs import Runs
from .stimuli import PIECE, Stimuli, in_cycles, in_pieces, in_sequence

LIF_STAGES = 2  # of `LifStep`: until what is in its register is a step


def _fire(runs: Runs, chip: ChipConfig, model: str, layer: str) -> tuple[Lif, FireTrace]:
    network, trace = runs.of(model)
    found = network.layer(layer)
    if not isinstance(found.neuron, Lif):
        raise NetworkError(f"layer {layer}: no LIF neurons; trace another layer")
    return found.neuron, fire_trace(found, trace, chip.fire_lanes)


def threshold_comparisons(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `Comparison`: membranes and thresholds."""
    _, steps = _fire(runs, chip, model, layer)
    return in_sequence(a=steps.u, b=steps.theta)


def lif_stimuli(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `LifStep`: a step per cycle."""
    neuron, steps = _fire(runs, chip, model, layer)
    terms = {
        f"{name}{index}": value
        for index, term in enumerate(neuron.leak)
        for name, value in (("enable", 1), ("shift", int(term.shift)), ("negative", int(term.negative)))
    }
    held = {"leak": FIRE_LEAK.pack(**terms), "strict": int(neuron.strict), "reset": int(neuron.reset)}
    limits = {"v_reset": neuron.v_reset, "v_min": neuron.v_min, "v_max": neuron.v_max, "rst": 0}
    moving = {name: in_pieces(getattr(steps, name), PIECE, LIF_STAGES) for name in ("sum", "bias", "theta", "v")}
    return in_cycles(moving | held | limits, settling=LIF_STAGES)


def count_stimuli(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `Count`: a step of a division per cycle, one neuron after the other."""
    network, trace = runs.of(model)
    of = count_trace(network.layer(layer), trace, chip.fire_lanes)
    bit = np.arange(of.steps)[::-1]
    cycle = np.tile(bit, len(of.a))[:, None]
    held = {name: in_pieces(np.repeat(getattr(of, name), of.steps, axis=0), 2 * of.steps, of.steps) for name in ("a", "theta")}
    cycle = in_pieces(cycle, 2 * of.steps, of.steps)[:, :1]
    moving = {"bit": cycle, "first": (cycle == bit[0]).astype(np.int64), "advance": (cycle != bit[-1]).astype(np.int64)}
    return in_cycles(held | moving | {"idle": 0, "lo": 0, "span": of.span, "rst": 0}, settling=of.steps)
