"""A claim of a paper, and what is run to test it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .bench import Bench
from .verdict import Expected, Figure


@dataclass(frozen=True)
class Claim:
    """``statement`` in our words, ``published`` its figure in short; ``ran`` what is run, ``why`` what decides, and what the run cannot show.

    ``settings`` is everything about the run that is chosen, as it goes into the record; names under "models", "chip" and "further_chips" are looked up for its digest.
    ``measure`` is None for what cannot be run here. ``needs``: a package of the extra `claims` that it runs.
    """

    name: str
    paper: str
    source: str
    published: str
    statement: str
    ran: str
    why: str
    expected: Expected | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    measure: Callable[[Bench], tuple[Figure, ...]] | None = None
    needs: str | None = None
