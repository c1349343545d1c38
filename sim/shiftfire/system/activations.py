"""What layers emitted, read back from the packets of a trace: the inverse of `compiler.lowering.events`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import EXPONENT_BITS, MAGNITUDE_MASK, SIGN_BIT, Kind, PayloadKind

from ..compiler.program import CoreSlice, Program, Stream
from ..network.values import IntArray
from .plan import RunError


def decode_activations(
    rounds: Iterable[tuple[Program, NDArray[np.void]]], input_names: Collection[str], samples: int
) -> dict[str, IntArray]:
    """Values of every input and layer, int64 (samples, timesteps, channels, height, width) by name; an ARGMAX layer's are one-hot.

    ``rounds``: each round's program and events (EVENT_DTYPE). An input's values are those that were injected. Raises RunError for a packet that the program's
    layers cannot have sent, which takes faulty hardware.
    """
    values: dict[str, IntArray] = {}
    for program, events in rounds:
        packets = events[(events["event"] == EventKind.SEND) & (events["kind"] == Kind.SPIKE)]
        for source, stream in zip(program.network.inputs, program.input_streams, strict=True):
            if source.name in input_names and source.name not in values:
                values[source.name] = np.zeros((samples, source.timesteps, *source.shape.as_tuple()), np.int64)
                own = packets[(packets["tile"] == IO_TILE) & (packets["tag"] == stream.tag)]
                whole = CoreSlice(IO_TILE, source.name, 0, source.shape.channels, 0, source.shape.height, source.shape.width)
                _fill(values[source.name], own, stream, whole, source.payload_kind)
        for core in program.cores:
            layer = program.network.layer(core.layer)
            if core.layer not in values:
                values[core.layer] = np.zeros((samples, layer.timesteps, *layer.shape.as_tuple()), np.int64)
            own = packets[packets["tile"] == core.tile]
            _fill(values[core.layer], own, program.stream_of(core.tile), core, layer.payload_kind)
    return values


def decode_outputs(rounds: Iterable[tuple[Program, NDArray[np.void]]], samples: int) -> dict[str, IntArray]:
    """Values of every output, likewise. ``rounds``: each round's program and the packets that it collected, see `collected_packets`."""
    values: dict[str, IntArray] = {}
    for program, packets in rounds:
        for core in program.answering_cores():
            layer, stream = program.network.layer(core.layer), program.stream_of(core.tile)
            if core.layer not in values:
                values[core.layer] = np.zeros((samples, layer.timesteps, *layer.shape.as_tuple()), np.int64)
            _fill(values[core.layer], packets[packets["tag"] == stream.tag], stream, core, layer.payload_kind)
    return values


def _fill(values: IntArray, packets: NDArray[np.void], stream: Stream, part: CoreSlice, kind: PayloadKind) -> None:
    """Add the values of ``packets``, all of one core or of an input, into ``values``: an element may come in several."""
    place = packets["axon"].astype(np.int64) - stream.axon_base
    y, place = np.divmod(place, stream.stride_y) if stream.stride_y else (np.zeros_like(place), place)
    x, channel = np.divmod(place, stream.stride_x) if stream.stride_x else (np.zeros_like(place), place)
    sample, step = np.divmod(packets["vector"], values.shape[1])
    limits = ((y, part.rows), (x, part.columns), (channel, part.channels), (sample, len(values)))
    wrong = np.any([(index < 0) | (index >= limit) for index, limit in limits], axis=0)
    if wrong.any():
        first = packets[int(np.argmax(wrong))]
        raise RunError(
            f"{part.layer} (tile {part.tile}) sent axon {first['axon']} in its vector {first['vector']}, which it has not: the hardware is at fault"
        )
    place = (sample, step, part.channel_base + channel, part.row_base + y, x)
    np.add.at(values, place, decode_payloads(kind, packets["payload"]))


def decode_payloads(kind: PayloadKind, bits: NDArray[np.integer]) -> IntArray:
    """Values of payload bits: the array form of the contract's ``decode_payload``."""
    whole = bits.astype(np.int64)
    if kind in (PayloadKind.UNIT, PayloadKind.COUNT):
        return np.ones_like(whole) if kind is PayloadKind.UNIT else whole
    magnitude = whole & MAGNITUDE_MASK if kind is PayloadKind.SIGNED else np.int64(1) << (whole & ((1 << EXPONENT_BITS) - 1))
    return np.where(whole & SIGN_BIT, -magnitude, magnitude)
