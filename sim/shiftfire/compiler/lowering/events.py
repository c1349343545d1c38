"""Emission of every core: golden activations as the SPIKE sequence of each fire step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...network.values import IntArray
from ..program import CoreSlice, Program
from .encode import packets_of
from .segments import position_walk


@dataclass(frozen=True, eq=False)
class CoreEvents:
    """What one core emits: ``vectors`` vectors (sample-major, then timestep) of ``steps`` fire steps each, each closed by END.

    Step s of vector v emits events ``event_start[v * steps + s]`` to ``event_start[v * steps + s + 1]`` of ``axon`` and ``payload``
    (encoded bits), in order of emission. ``event_start`` has shape (vectors * steps + 1,).
    """

    core: CoreSlice
    vectors: int
    steps: int
    event_start: IntArray
    axon: IntArray
    payload: IntArray


def steps_per_vector(program: Program, core: CoreSlice) -> int:
    """Fire steps of one vector: rows x columns x passes x lane groups x sub-steps."""
    return core.rows * core.columns * position_walk(program.network.layer(core.layer), core, program.chip).total


def _slice_events(program: Program, core: CoreSlice, activations: IntArray) -> CoreEvents:
    """Events of one core from its layer's activations (samples, timesteps, channels, height, width)."""
    layer, stream, chip = program.network.layer(core.layer), program.stream_of(core.tile), program.chip
    samples, timesteps = activations.shape[:2]
    own = activations[
        :, :, core.channel_base : core.channel_base + core.channels, core.row_base : core.row_base + core.rows, : core.columns
    ]
    ordered = own.transpose(0, 1, 3, 4, 2)
    sample, time, y, x, channel = np.nonzero(ordered)
    element, payload = packets_of(layer.payload_kind, ordered[sample, time, y, x, channel])
    sample, time, y, x, channel = (place[element] for place in (sample, time, y, x, channel))
    steps = steps_per_vector(program, core)
    walk = position_walk(layer, core, chip)
    step = (y * core.columns + x) * walk.total + walk.emitting(channel // chip.fire_lanes)
    if layer.kind.one_event:
        step = np.full_like(step, steps - 1)
    vectors = samples * timesteps
    counts = np.bincount((sample * timesteps + time) * steps + step, minlength=vectors * steps)
    return CoreEvents(
        core=core,
        vectors=vectors,
        steps=steps,
        event_start=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        axon=stream.axon_base + y * stream.stride_y + x * stream.stride_x + channel,
        payload=payload,
    )


def core_events(program: Program, activations: Mapping[str, IntArray]) -> tuple[CoreEvents, ...]:
    """Emission of every core, in order of ``program.cores``.

    ``activations`` maps each layer's name to integers (samples, timesteps, channels, height, width); an ARGMAX layer's are one-hot.
    """
    return tuple(_slice_events(program, core, np.asarray(activations[core.layer])) for core in program.cores)
