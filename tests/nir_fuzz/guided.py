"""The graph layer guided by coverage: `python -m nir_fuzz.guided COUNT SEED CORPUS`, where atheris is installed (`make fuzz`).

libFuzzer keeps 2.6 KB of each execution of Python code, so a long run is one of several processes with a folder CORPUS of inputs in common.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import atheris  # type: ignore[import-not-found]  # not where types are checked

with atheris.instrument_imports(include=["shiftfire.frontends.nir", "shiftfire.frontends.float_graph"]):
    from shiftfire.frontends.float_graph.profile import Profile
    from shiftfire.frontends.float_graph.profile_file import named_profile, profile_names

    from .graphs import execute

LONGEST = 300  # bytes of an execution's choices
REPORT = 50_000
PART = 250_000  # executions of one process


def main(count: int, seed: int, corpus: str) -> None:
    """Executions in parts, with seeds from ``seed`` on; ends at the first finding, which libFuzzer writes to a file."""
    if count <= PART:
        _part(count, seed, corpus)
    Path(corpus).mkdir(parents=True, exist_ok=True)
    for index, start in enumerate(range(0, count, PART)):
        command = [
            sys.executable,
            *(f"-W{kind}" for kind in sys.warnoptions),
            "-m",
            "nir_fuzz.guided",
            str(min(PART, count - start)),
            str(seed + index),
            corpus,
        ]
        subprocess.run(command, check=True)


def _part(count: int, seed: int, corpus: str) -> None:
    """Ends the process, with a line of counts and libFuzzer's statistics."""
    Path(corpus).mkdir(parents=True, exist_ok=True)
    profiles = {name: named_profile(name) for name in profile_names()}
    options = [
        f"-runs={count}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        "-len_control=10",
        "-print_final_stats=1",
        "-rss_limit_mb=2048",
    ]
    atheris.Setup([sys.argv[0], *options, corpus], _Executions(profiles, count, seed))
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
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
