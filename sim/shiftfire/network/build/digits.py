"""Connections with weights of 16 bits: two of 8 bits, of the high and the low digits."""

from __future__ import annotations

from dataclasses import replace

from shiftfire_spec.weights import WeightFormat

from ..synapses import WEIGHT_AXES
from ..values import NetworkError
from ..wide_weights import wide_digits
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
    one, weights = replace(connection, weight_format=WeightFormat.INT8), whole(what, "weights", connection.weights)
    return tuple(replace(one, weights=w, scale=s) for w, s in wide_digits(what, weights, connection.scale))
