"""Neurons with an option at an end of its range."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from shiftfire.network.check_neuron import check_neuron
from shiftfire.network.graph import Layer
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.registry import Neuron
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_CONTROL, FIRE_LEAK, FIRE_RANGE, LEAK_TERMS, Reset
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind

RANGES = (
    (0, PAYLOAD_LIMITS[PayloadKind.COUNT][1]),
    PAYLOAD_LIMITS[PayloadKind.SIGNED],
    (PAYLOAD_LIMITS[PayloadKind.SIGNED][0], -1),
    (1, 5),
    (0, 1),
    (-1, 0),
)
_TRIES = 8


def _changes(rng: np.random.Generator, chip: ChipConfig, channels: int) -> list[dict[str, Any]]:
    """What may be at an end, by the names that neurons give it."""
    most = (1 << (chip.accumulator_bits - 1)) - 1
    membrane = (1 << (chip.membrane_bits - 1)) - 1
    shift = int(rng.choice([0, FIRE_LEAK.field("shift0").maximum]))
    rows = np.arange(LEAK_TERMS)[:, None] < chip.leak_terms
    codes = np.where(rows, rng.choice([-shift - 1, 0, shift + 1], (LEAK_TERMS, channels)), 0)
    lo, hi = RANGES[int(rng.integers(len(RANGES)))]
    return [
        {"lo": lo, "hi": hi},
        {"shift": FIRE_CONTROL.field("shift").maximum, "lo": lo, "hi": hi},
        {"shift": int(rng.choice([0, FIRE_CONTROL.field("shift").maximum]))},
        {"dead_zone": FIRE_RANGE.field("dead_zone").maximum},
        {"theta": np.full(channels, int(rng.choice([0, 1, most])), np.int64)},
        {"bias": np.full(channels, int(rng.choice([0, most, -most - 1])), np.int64)},
        {"leak": tuple(LeakTerm(shift, bool(rng.random() < 0.5)) for _ in range(max(1, chip.leak_terms)))},
        *([{name: codes} for name in ("leak", "current_leak")] if chip.neuron_leaks else []),
        {"v_min": 0, "v_init": 0},
        {"v_max": 0, "v_init": 0},
        {"current_leak": tuple(LeakTerm(shift, bool(rng.random() < 0.5)) for _ in range(max(1, chip.leak_terms)))},
        {"i_min": 0},
        {"i_max": 0},
        {"i_min": -membrane - 1, "i_max": membrane},
        *([{"reset": Reset.ZERO, "delayed_reset": False, "v_reset": v} for v in (-membrane - 1, membrane)] if chip.resets else []),
        *([{"refractory": FIRE_CONTROL.field("refractory").maximum}] if chip.refractory else []),
        {"v_min": -membrane - 1, "v_max": membrane, "v_init": int(rng.choice([-membrane - 1, membrane]))},
    ]


def at_an_end(rng: np.random.Generator, chip: ChipConfig, neuron: Neuron, shape: Shape) -> Neuron:
    """``neuron`` with one of its options at an end; as it was when none that is drawn suits it."""
    known = {field.name for field in fields(neuron)}
    for _ in range(_TRIES):
        options = [change for change in _changes(rng, chip, shape.channels) if known >= change.keys()]
        if not options:
            return neuron
        changed = replace(neuron, **options[int(rng.integers(len(options)))])
        try:
            check_neuron(Layer("drawn", shape, (), changed))
        except NetworkError:
            continue
        return changed
    return neuron
