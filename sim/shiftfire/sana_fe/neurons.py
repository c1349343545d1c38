"""LIF neurons as SANA-FE's soma model ``leaky_integrate_fire``, where that is exact.

The model: ``V <- trunc(64 decay V) / 64 + sum; fires at V > threshold; then V -= threshold (soft) or V = reset (hard); then V >= reverse_threshold
(saturate)``, ``trunc`` towards zero. A potential of 1/64 stands for an integer of ours: so the model computes in integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from shiftfire_spec.fire import Reset

from ..network.graph import Layer
from ..network.neurons.lif import Lif
from ..network.neurons.membrane import Leak, LeakTerm
from ..network.values import IntArray
from .errors import SanaFeError

STEP = 1 / 64  # of the potential: the model rounds to it
RESETS = {Reset.SUBTRACT: "soft", Reset.ZERO: "hard", Reset.NONE: "none"}


@dataclass(frozen=True, eq=False)
class Somas:
    """A layer's neurons: ``attributes`` that all have, and ``thresholds``, one each, in order of channel, row, column; potentials in the model's units."""

    attributes: dict[str, Any]
    thresholds: list[float]


def somas_of(layer: Layer, greatest_sum: int) -> Somas:
    """What says a layer's neurons to SANA-FE, whose sums of a step are ``greatest_sum`` at most. Raises SanaFeError where it would not do the same."""
    lif = layer.kind
    if not isinstance(lif, Lif):
        raise SanaFeError(f"layer {layer.name}: SANA-FE's soma is a LIF neuron, not {type(lif).__name__}; use LIF neurons")
    for name, value in (
        ("bias", lif.bias),
        ("v_init", lif.v_init),
        ("delayed_reset", lif.delayed_reset),
        ("refractory", lif.refractory),
    ):
        if np.any(value):
            raise SanaFeError(f"layer {layer.name}: {name} is not 0, which SANA-FE's soma has no counterpart of; make it 0")
    thetas = _thresholds(layer, lif)
    _refuse_saturation(layer, lif, int(thetas.max()), greatest_sum)
    attributes: dict[str, Any] = {
        "leak_decay": _decay(layer, lif),
        "reset_mode": RESETS[lif.reset],
        "reset": lif.v_reset * STEP,
        "reverse_threshold": lif.v_min * STEP,
        "reverse_reset_mode": "saturate",
    }
    return Somas(attributes, [float(theta * STEP) for theta in thetas])


def _thresholds(layer: Layer, lif: Lif) -> IntArray:
    """What each neuron's potential has to exceed."""
    shape = layer.shape.as_tuple()
    theta = np.asarray(lif.theta, np.int64)
    each = np.broadcast_to(theta if theta.ndim == len(shape) else theta[:, None, None], shape).reshape(-1)
    if lif.strict:
        return each
    if lif.reset is Reset.SUBTRACT:
        raise SanaFeError(f"layer {layer.name}: SANA-FE fires above the threshold that it subtracts, this at it; set strict True")
    if not each.all():
        raise SanaFeError(
            f"layer {layer.name}: theta = 0 fires without input, in SANA-FE before the sample as well; make it 1 or more"
        )
    return each - 1


def _decay(layer: Layer, lif: Lif) -> float:
    """The factor that a potential keeps: 1, or ``2**-k`` of a leak ``(0, -k)`` on potentials of 0 or more, ``V - V + (V >> k)``."""
    leak: Leak = lif.leak
    if isinstance(leak, tuple) and not leak:
        return 1.0
    if isinstance(leak, tuple) and len(leak) == 2 and leak[0] == LeakTerm(0) and leak[1].negative and lif.v_min == 0:
        return float(2.0 ** -leak[1].shift)
    raise SanaFeError(
        f"layer {layer.name}: SANA-FE multiplies by a decay and rounds towards 0, which no leak but none, or (0, -k) with v_min = 0, equals"
    )


def _refuse_saturation(layer: Layer, lif: Lif, theta: int, greatest_sum: int) -> None:
    """SANA-FE's potential has no upper limit."""
    kept = max(theta, lif.v_reset) if lif.reset is Reset.ZERO else (layer.timesteps - 1) * greatest_sum
    if kept + greatest_sum > lif.v_max:
        raise SanaFeError(
            f"layer {layer.name}: V may reach {kept + greatest_sum} and saturate at v_max = {lif.v_max}, which SANA-FE does not; raise v_max"
        )
