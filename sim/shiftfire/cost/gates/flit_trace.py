"""The flits of a vector's events."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.packet import FLIT, Kind, PayloadKind, encode_payload

from ...network.values import IntArray


def flit_trace(vector: IntArray, kind: PayloadKind, tag: int) -> IntArray:
    """Flits of the events of a vector (channels, height, width), by row, column and channel: the axon has a field of whole bits for each of these, channels lowest."""
    channels, _, width = vector.shape
    channel_bits, column_bits = (channels - 1).bit_length(), (width - 1).bit_length()
    places = np.argwhere(vector.transpose(1, 2, 0))
    axons = (places[:, 0] << (channel_bits + column_bits)) | (places[:, 1] << channel_bits) | places[:, 2]
    values = vector.transpose(1, 2, 0)[tuple(places.T)]
    flits = [
        FLIT.pack(kind=Kind.SPIKE, tag=tag, axon=int(axon), payload=encode_payload(kind, int(value)))
        for axon, value in zip(axons, values, strict=True)
    ]
    return np.array(flits, np.int64)
