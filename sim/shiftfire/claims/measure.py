"""Measures claims: each is written as soon as it is known."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..report.document import head
from .bench import Bench
from .claim import Claim
from .document import FORMAT, VERSION, ClaimsError, entry, read_record, write_record


def measure_claims(path: Path, names: list[str], claims: tuple[Claim, ...]) -> None:
    """Measure the named of ``claims`` (all that can be when none is named) into the record at ``path``. Raises ClaimsError, OSError."""
    runnable = {claim.name: claim for claim in claims if claim.measure is not None}
    for name in names:
        if name not in runnable:
            raise ClaimsError(f"no claim {name!r} to measure: there are {', '.join(runnable)}")
    record, bench = read_record(path), Bench()
    for name in names or runnable:
        start = time.monotonic()
        claim = runnable[name]
        assert claim.measure is not None
        measured: dict[str, Any] = record["claims"] | {name: entry(claim, claim.measure(bench))}
        record = {**head(FORMAT, VERSION), "claims": {known: measured[known] for known in runnable if known in measured}}
        write_record(path, record)
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
