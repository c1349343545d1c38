"""The record of what was measured: written by ``measure``, read by ``render``, and checked for age by the tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from shiftfire_spec.chip import load_chip
from shiftfire_spec.errors import UserError
from shiftfire_spec.fingerprint import contract_fingerprint

from ..energy.corners import Band
from ..network.bundled import find_model
from ..report.document import head
from .claim import Claim
from .verdict import Figure

FORMAT, VERSION = "shiftfire-claims", 1
CONSTANTS = ("energy_22nm.toml", "sram_22nm.csv", "hardware.json")


class ClaimsError(UserError, ValueError):
    """The record, or what was asked of it, is wrong; one line that names the thing and the remedy."""


def digest(claim: Claim) -> str:
    """Of what its figures depend on and that is cheap to look at: settings, chip, models, energy constants, contract."""
    settings = claim.settings
    parts: dict[str, Any] = {
        "settings": dict(settings),
        "chip": load_chip(settings["chip"]).as_dict() if "chip" in settings else None,
        "models": {name: _hash(*sorted(find_model(name).iterdir())) for name in settings.get("models", ())},
        "constants": _hash(*(resources.files("shiftfire.energy") / name for name in CONSTANTS)),
        "contract": contract_fingerprint(),
    }
    if "further_chips" in settings:
        parts["further_chips"] = [load_chip(name).as_dict() for name in settings["further_chips"]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _hash(*files: Any) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def entry(claim: Claim, figures: tuple[Figure, ...]) -> dict[str, Any]:
    """What the record holds of a claim that was measured."""
    return {"digest": digest(claim), "settings": dict(claim.settings), "figures": [_rounded(figure) for figure in figures]}


def _rounded(figure: Figure) -> dict[str, Any]:
    """With six digits: sums of floats differ in the last ones from machine to machine."""
    band = None if figure.band is None else {corner: float(f"{value:.6g}") for corner, value in figure.band.as_dict().items()}
    return asdict(figure) | {"band": band}


def figures_of(record: Mapping[str, Any], claim: Claim) -> tuple[Figure, ...]:
    """What was measured of a claim; nothing of one that cannot be. Raises ClaimsError."""
    if claim.measure is None:
        return ()
    if claim.name not in record["claims"]:
        raise ClaimsError(f"claim {claim.name} was never measured: run `make claims`")
    known = record["claims"][claim.name]["figures"]
    return tuple(Figure(**(figure | {"band": None if figure["band"] is None else Band(**figure["band"])})) for figure in known)


def stale(record: Mapping[str, Any], claims: tuple[Claim, ...]) -> list[str]:
    """Names of the claims whose figures are not of this tree, or were never measured."""
    known = record["claims"]
    runnable = [claim for claim in claims if claim.measure is not None]
    return [claim.name for claim in runnable if claim.name not in known or known[claim.name]["digest"] != digest(claim)]


def read_record(path: Path) -> dict[str, Any]:
    """The record at ``path``; an empty one when there is no such file. Raises ClaimsError when it is none."""
    if not path.exists():
        return {**head(FORMAT, VERSION), "claims": {}}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClaimsError(f"{path}: not readable as JSON ({error}); delete it and measure again") from None
    if not isinstance(record, dict) or (record.get("format"), record.get("version")) != (FORMAT, VERSION):
        raise ClaimsError(f"{path}: no record of claims, its format is not {FORMAT} {VERSION}; delete it and measure again")
    return record


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write the record. Raises OSError."""
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
