"""Connections as people list them: one, a name that stands for one, or several of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from ..values import NetworkError
from . import connections
from .connections import Connection
from .values import shown


def connections_of(owner: str, value: Any) -> list[Connection]:
    """The connections that ``value`` lists: a connection, a source's name for the element to element one, or a sequence of these. Raises NetworkError."""
    return [_connection(owner, each) for each in _as_list(owner, value)]


def _as_list(owner: str, value: Any) -> list[Any]:
    if isinstance(value, str | Connection):
        return [value]
    if not isinstance(value, Sequence):
        raise NetworkError(f"{owner}: {shown(value)} are no connections; give sf.dense(...), a layer's name, or a list of these")
    return list(cast("Sequence[Any]", value))


def _connection(owner: str, extra: Any) -> Connection:
    """A connection, or the element to element one that a name stands for."""
    if isinstance(extra, str):
        return connections.direct(extra)
    if not isinstance(extra, Connection):
        raise NetworkError(f"{owner}: {shown(extra)} is no connection; give sf.dense(...) or a layer's name")
    return extra
