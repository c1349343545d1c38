"""The graph layer guided by coverage: `python -m nir_fuzz.guided COUNT SEED`, where atheris is installed (pip install atheris)."""

from __future__ import annotations

import sys
from collections import Counter

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["shiftfire.frontends.nir"]):
    from shiftfire.frontends.nir.profile_file import named_profile, profile_names

    from .graphs import execute


def main(count: int, seed: int) -> None:
    """Ends with libFuzzer's statistics; a finding is written to a file by it."""
    profiles = [named_profile(name) for name in profile_names()]
    found: Counter[str] = Counter()

    def one(data: bytes) -> None:
        found[execute(data, profiles)] += 1
        if sum(found.values()) % 50_000 == 0:
            print(dict(found), flush=True)

    atheris.Setup(
        [sys.argv[0], f"-runs={count}", f"-seed={seed}", "-max_len=300", "-print_final_stats=1", "-rss_limit_mb=2048"], one
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
