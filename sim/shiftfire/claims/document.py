"""The record of claims, and what it holds of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..energy.corners import Band
from ..records.kind import Kind
from .claim import Claim
from .verdict import Figure

KIND = Kind("shiftfire-claims", 1, "claims", "claim", "make claims")


def runnable(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """Those that can be measured."""
    return tuple(claim for claim in claims if claim.measure is not None)


def as_document(figures: tuple[Figure, ...]) -> dict[str, Any]:
    """What the record holds beside digest and settings."""
    return {"figures": [asdict(figure) | {"band": None if figure.band is None else figure.band.rounded()} for figure in figures]}


def figures_of(record: Mapping[str, Any], claim: Claim) -> tuple[Figure, ...]:
    """What was measured of a claim; nothing of one that cannot be. Raises RecordError."""
    if claim.measure is None:
        return ()
    known = KIND.known(record, claim.name)["figures"]
    return tuple(Figure(**(figure | {"band": None if figure["band"] is None else Band(**figure["band"])})) for figure in known)
