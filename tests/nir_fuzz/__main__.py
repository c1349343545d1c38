"""Command line of the fuzzer."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from shiftfire.frontends.float_graph.profile_file import named_profile, profile_names

from .graphs import execute

REPORT = 2000  # executions, between two lines of counts
SEEDS = Path(__file__).resolve().parent.parent / "frontends" / "nir" / "vectors"


def main() -> None:
    parser = argparse.ArgumentParser(prog="nir_fuzz", description=sys.modules["nir_fuzz"].__doc__)
    parser.add_argument("what", choices=("graphs", "files"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--only", type=int, help="run this one of the series")
    options = parser.parse_args()
    started, found = time.time(), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for index in range(options.count) if options.only is None else (options.only,):
            try:
                found[
                    _graph(options.seed, index)
                    if options.what == "graphs"
                    else _file(options.seed, index, Path(folder) / "net.nir")
                ] += 1
                if not (index + 1) % REPORT:
                    print(_told(options.what, options.seed, started, found), flush=True)
            except BaseException:
                print(f"finding: python -m nir_fuzz {options.what} --seed {options.seed} --only {index}")
                raise
    print(_told(options.what, options.seed, started, found))


def _told(what: str, seed: int, started: float, found: Counter[str]) -> str:
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found.items()))
    return f"{sum(found.values())} executions of {what}, seed {seed}, {time.time() - started:.0f} s: {told}"


def _graph(seed: int, index: int) -> str:
    rng = random.Random(f"{seed}/{index}")
    return execute(rng.randbytes(rng.randrange(8, 200)), PROFILES)


def _file(seed: int, index: int, path: Path) -> str:
    from . import hdf5_files

    path.write_bytes(
        hdf5_files.damaged(random.Random(f"{seed}/{index}"), [seed.read_bytes() for seed in sorted(SEEDS.glob("*.nir"))])
    )
    return hdf5_files.execute(path)


PROFILES = {name: named_profile(name) for name in profile_names()}

if __name__ == "__main__":
    main()
