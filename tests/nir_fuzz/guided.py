"""The graph layer guided by coverage: `python -m nir_fuzz.guided COUNT SEED [CORPUS]`, where atheris is installed (`make fuzz`)."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["shiftfire.frontends.nir"]):
    from shiftfire.frontends.nir.profile import Profile
    from shiftfire.frontends.nir.profile_file import named_profile, profile_names

    from .graphs import execute

LONGEST = 300  # bytes of an execution's choices
REPORT = 50_000


def main(count: int, seed: int, corpus: list[str]) -> None:
    """Ends with a line of counts and libFuzzer's statistics; a finding is written to a file by it. ``corpus``: folder of inputs that it keeps, or none."""
    profiles = {name: named_profile(name) for name in profile_names()}
    options = [f"-runs={count}", f"-seed={seed}", f"-max_len={LONGEST}", "-len_control=10", "-print_final_stats=1", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *options, *corpus], _Executions(profiles, count, seed))
    atheris.Fuzz()


class _Executions:
    """What libFuzzer calls; it ends the process itself, so the counts are told as they grow."""

    def __init__(self, profiles: Mapping[str, Profile], count: int, seed: int) -> None:
        self._profiles, self._count, self._seed = profiles, count, seed
        self._found: Counter[str] = Counter()
        self._wall, self._processor = time.time(), time.process_time()

    def __call__(self, data: bytes) -> None:
        self._found[execute(data, self._profiles)] += 1
        done = sum(self._found.values())
        if done % REPORT == 0 or done == self._count:
            told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self._found.items()))
            spent = time.process_time() - self._processor
            print(
                f"{done} guided executions of graphs, seed {self._seed}, {time.time() - self._wall:.0f} s "
                f"({spent:.0f} s of processor time, {done / spent:.0f} per second of it): {told}",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
