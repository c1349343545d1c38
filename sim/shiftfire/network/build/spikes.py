"""Sources of spikes: what connections that take nothing else ask for."""

from __future__ import annotations

from collections.abc import Iterable

from ..graph import Input, Layer
from ..values import NetworkError
from .connections import Connection


def require_spikes(owner: str, connection: Connection, known: Iterable[Input | Layer]) -> None:
    """Raise NetworkError when a source of ``connection`` sends anything but 0 and 1; ``known`` are the sources there are, the last of them the layer before.

    Sources that are not there are left to what resolves the connection.
    """
    sources = {each.name: each for each in known}
    given = connection.source
    names = list(sources)[-1:] if given is None else [given] if isinstance(given, str) else given
    for name in names:
        low, high = sources[name].value_limits if name in sources else (0, 1)
        if low < 0 or high > 1:
            raise NetworkError(
                f"{owner}: max_pool is of spikes, 0 or 1, and {name} sends {low}..{high}; pool sums, or spread the counts over channels, one per level,"
                " first"
            )
