"""Pairs of a spike and a core that it goes to: what a mapping costs in messages, whatever the chip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from shiftfire_spec.events import IO_TILE
from shiftfire_spec.packet import Port

from ..compiler.mapping.routing import multicast_routes
from ..compiler.program import Program, Stream
from ..network.values import IntArray

Pair = tuple[str, int, int, int]
"""Input or layer, number of the neuron (in order of channel, row, column), timestep of the sample, tile."""


def spike_pairs(program: Program, spikes: Mapping[str, IntArray], sample: int) -> Counter[Pair]:
    """Pairs of a sample by the program's streams; ``spikes`` (samples, timesteps, channels, height, width) by input and layer. What goes to the I/O tile is none."""
    found: Counter[Pair] = Counter()
    for stream in program.streams:
        steps, neurons = np.nonzero(_sent(program, stream, spikes[stream.source][sample]))
        for tile in _cores(stream):
            found.update((stream.source, int(n), int(t), tile) for t, n in zip(steps, neurons, strict=True))
    return found


def spike_hops(program: Program, spikes: Mapping[str, IntArray], sample: int) -> int:
    """Links that the same spikes cross as the fabric sends them: a packet to all of its cores, copied where their ways part."""
    hops = 0
    for stream in program.streams:
        masks = multicast_routes(stream.tile, _cores(stream), program.chip).values()
        links = sum((mask & ~(1 << Port.LOCAL)).bit_count() for mask in masks)
        hops += links * int(np.count_nonzero(_sent(program, stream, spikes[stream.source][sample])))
    return hops


def _cores(stream: Stream) -> list[int]:
    return [tile for tile in stream.destinations if tile != IO_TILE]


def _sent(program: Program, stream: Stream, fired: IntArray) -> IntArray:
    """What ``stream`` carries of its source's spikes ``fired`` (timesteps, channels, height, width), as (timesteps, neurons)."""
    if stream.tile == IO_TILE:
        return fired.reshape(len(fired), -1)
    core = next(core for core in program.cores if core.tile == stream.tile)
    sent = np.zeros_like(fired)
    block = (
        slice(None),
        slice(core.channel_base, core.channel_base + core.channels),
        slice(core.row_base, core.row_base + core.rows),
    )
    sent[block] = fired[block]
    return sent.reshape(len(sent), -1)
