"""Predictions from collected packets, as the host reads them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import Kind, decode_payload

from ..compiler.program import CoreSlice, Program
from ..network.decision import decide
from ..network.graph import Readout
from ..network.values import IntArray


def channels_by_axon(program: Program, core: CoreSlice) -> IntArray:
    """Output channel of each axon of a core, -1 where it has none."""
    stream = program.stream_of(core.tile)
    y, x, channel = np.meshgrid(np.arange(core.rows), np.arange(core.columns), np.arange(core.channels), indexing="ij")
    axon = (stream.axon_base + y * stream.stride_y + x * stream.stride_x + channel).ravel()
    table = np.full(axon.max() + 1, -1, np.int64)
    table[axon] = core.channel_base + channel.ravel()
    return table


def collected_packets(program: Program, events: NDArray[np.void]) -> NDArray[np.void]:
    """The SPIKE packets of all outputs that the I/O tile took, out of a run's events."""
    taken = (events["tile"] == IO_TILE) & (events["event"] == EventKind.COLLECT) & (events["kind"] == Kind.SPIKE)
    tags = [program.stream_of(core.tile).tag for core in program.answering_cores()]
    return events[taken & np.isin(events["tag"], tags)]


def read_predictions(program: Program, events: NDArray[np.void], samples: int) -> IntArray | None:
    """Prediction per sample, shape (samples,), or None when the network has no read-out: `decide` of the values collected."""
    network = program.network
    if network.readout is Readout.NONE:
        return None
    layer = network.layer(network.output)
    collected = events[(events["tile"] == IO_TILE) & (events["event"] == EventKind.COLLECT) & (events["kind"] == Kind.SPIKE)]
    scores = np.zeros((samples, layer.timesteps, layer.shape.channels), np.int64)
    values = np.array([decode_payload(layer.payload_kind, payload) for payload in range(256)], np.int64)
    for core in program.output_cores():
        own = collected[collected["tag"] == program.stream_of(core.tile).tag]
        sample, step = np.divmod(own["vector"].astype(np.int64), layer.timesteps)
        valid = sample < samples
        table = channels_by_axon(program, core)
        channel = np.where(own["axon"] < len(table), table[np.minimum(own["axon"], len(table) - 1)], -1)
        valid &= channel >= 0
        np.add.at(scores, (sample[valid], step[valid], channel[valid]), values[own["payload"][valid]])
    return decide(network.readout, scores)
