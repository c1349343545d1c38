"""Emission: when, after its FIRE, a core's encoder hands over the packets of a vector, if nothing holds it up."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_STAGES

from ..compiler.lowering.segments import position_walk
from ..compiler.program import CoreSlice
from ..network.graph import Layer
from .activity import FloatArray, SourceActivity
from .block import Block

_FIRST_LEAVES = FIRE_STAGES  # cycles from the FIRE until the first step leaves, besides its own


@dataclass(frozen=True)
class Emission:
    """One vector of a core, in cycles after its FIRE instruction: ``first`` and ``end``, when the first packet and the END enter the egress queue,
    ``full``, when the queue is full for the first time (``end`` if it never is), ``idle``, when the fire engine can start again.
    ``steps``: cycles of the fire steps alone. ``packets`` without the END, ``last`` of them of the last step.
    """

    packets: float
    first: float
    full: float
    end: float
    idle: float
    steps: float
    last: float


def step_lanes(part: CoreSlice, chip: ChipConfig) -> list[int]:
    """Neurons of each emitting step of a position."""
    steps = -(-part.channels // chip.fire_lanes)
    return [min(chip.fire_lanes, part.channels - step * chip.fire_lanes) for step in range(steps)]


def step_cycles(layer: Layer, part: CoreSlice, chip: ChipConfig) -> FloatArray:
    """Cycles of each emitting step of a position, those of the silent steps before it with it."""
    walk = position_walk(layer, part, chip)
    places = walk.emitting(np.arange(walk.steps))
    return np.diff(places, prepend=-1) * float(layer.kind.step_cycles)


def _step_packets(part: CoreSlice, chip: ChipConfig, packets: FloatArray) -> FloatArray:
    """Packets of each emitting step, (vectors, positions, steps), of ``packets`` (vectors, channels, rows, columns)."""
    steps = -(-part.channels // chip.fire_lanes)
    padded = np.zeros((len(packets), part.rows * part.columns, steps * chip.fire_lanes))
    padded[:, :, : part.channels] = packets.transpose(0, 2, 3, 1).reshape(len(packets), -1, part.channels)
    return padded.reshape(len(packets), -1, steps, chip.fire_lanes).sum(3)


def _mean_greatest(least: float, lanes: int, packets: float) -> float:
    """Mean of the greater of ``least`` and the packets of a step of ``lanes`` neurons that send ``packets`` in the mean, each on its own."""
    density = packets / lanes if lanes else 0.0
    if density >= 1.0 or packets == 0.0:
        return max(least, packets)
    chances = (comb(lanes, n) * density**n * (1 - density) ** (lanes - n) for n in range(lanes + 1))
    return sum(max(least, n) * chance for n, chance in enumerate(chances))


def emissions(layer: Layer, part: CoreSlice, chip: ChipConfig, activity: SourceActivity) -> list[Emission]:
    """Of each vector in order, or one that stands for all."""
    block, positions = Block.of(part), part.rows * part.columns
    packets = activity.packets[:, block.channels, block.rows, : part.columns]
    own = np.tile(step_cycles(layer, part, chip), positions)
    if layer.kind.one_event:
        counts = np.zeros((len(packets), len(own)))
        counts[:, -1] = packets.sum((1, 2, 3))
    else:
        counts = _step_packets(part, chip, packets).reshape(len(packets), -1)
    slot = 2.0 if chip.egress_queue_depth == 1 else 1.0
    held = np.maximum(own[1:], slot * counts[:, :-1] - (slot - 1))
    if activity.assumed and not layer.kind.one_event:
        lanes = np.tile(step_lanes(part, chip), positions)
        known: dict[tuple[float, int, float], float] = {}
        for index, key in enumerate(zip(own[1:].tolist(), lanes.tolist(), counts[0, :-1].tolist(), strict=False)):
            if key not in known:
                known[key] = _mean_greatest(*key)
            held[0, index] = known[key]
    leaves = np.cumsum(np.concatenate([np.full((len(held), 1), _FIRST_LEAVES + own[0]), held], axis=1), axis=1)
    total = np.cumsum(counts, axis=1)
    return [
        _emission(own, leaves[vector], counts[vector], total[vector], chip.egress_queue_depth) for vector in range(len(packets))
    ]


def _emission(own: FloatArray, leaves: FloatArray, counts: FloatArray, total: FloatArray, depth: int) -> Emission:
    last = float(leaves[-1])
    end = last + float(counts[-1]) + 1
    first = float(leaves[int(np.argmax(total >= min(1.0, float(total[-1]))))]) + 1 if total[-1] else end
    full = float(leaves[int(np.argmax(total >= depth))]) + 1 if total[-1] >= depth else end
    return Emission(float(total[-1]), first, full, end, last + 1, float(own.sum()), float(counts[-1]))


def at_hand(packets: float) -> Emission:
    """A vector of the I/O tile, whose packets are all there."""
    return Emission(packets, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
