"""Measures claims."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..records.measure import measure_entries
from .bench import Bench
from .claim import Claim
from .document import KIND, as_document, runnable


def measure_claims(path: Path, names: Sequence[str], claims: tuple[Claim, ...]) -> None:
    """Measure the named of ``claims`` (all that can be when none is named) into the record at ``path``. Raises RecordError, OSError."""
    bench = Bench()

    def figures(claim: Claim) -> dict[str, Any]:
        assert claim.measure is not None
        return as_document(claim.measure(bench))

    measure_entries(KIND, path, names, runnable(claims), figures)
