"""Measures claims: each is written as soon as it is known."""

from __future__ import annotations

import time
from importlib.util import find_spec
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
    wanted = names or list(runnable)
    for name in wanted:
        needs = runnable[name].needs
        if needs is not None and find_spec(needs) is None:
            raise ClaimsError(
                f"claim {name} runs {needs}, which is not installed: pip install 'shiftfire[claims]', or name the claims to measure"
            )
    record, bench = read_record(path), Bench()
    for name in wanted:
        start = time.monotonic()
        claim = runnable[name]
        assert claim.measure is not None
        measured: dict[str, Any] = record["claims"] | {name: entry(claim, claim.measure(bench))}
        record = {**head(FORMAT, VERSION), "claims": {known: measured[known] for known in runnable if known in measured}}
        write_record(path, record)
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
