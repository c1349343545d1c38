"""Connections with weights of 16 bits: two of 8 bits, of the high and the low digits."""

from __future__ import annotations

from dataclasses import replace

from shiftfire_spec.weights import WeightFormat

from ..synapses import WEIGHT_AXES
from ..values import NetworkError
from ..wide_weights import HIGH_SHIFT, check_wide_scale, split_weights
from .connections import Connection
from .values import whole

INT16 = "int16"


def digits_of(owner: str, connection: Connection) -> tuple[Connection, ...]:
    """``connection`` itself, or with ``weight_format="int16"`` two that add up to it. Raises NetworkError when it has no weights of its own, or they or its scale are too large."""
    given = connection.weight_format
    if not isinstance(given, str) or given.lower() != INT16:
        return (connection,)
    what = f"{owner}, {connection.op} synapses"
    if connection.op not in WEIGHT_AXES:
        raise NetworkError(f"{what}: {connection.op} has no weights of its own, so none of 16 bits; leave weight_format out")
    check_wide_scale(what, connection.scale)
    high, low = split_weights(what, whole(what, "weights", connection.weights))
    one = replace(connection, weight_format=WeightFormat.INT8)
    return replace(one, weights=high, scale=connection.scale + HIGH_SHIFT), replace(one, weights=low)
