"""The attack's command: chips to processes, results to a file."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from support.cut_kinds import KINDS
from support.random_chips import parameter_ends, suits_rtl

from .pair import attack_chips, run_pair

FORMAT, VERSION = "shiftfire-attack", 1
PAIRS_PER_CHIP = 25
LEAST_CHIPS = 40


def repeat_command(seed: int, chips: int, chip: int, pair: int) -> str:
    """The command that runs one pair again."""
    return f"make attack SEED={seed} CHIPS={chips} CHIP={chip} PAIR={pair}"


def run_chip(seed: int, chips: int, index: int, pairs: range) -> list[dict[str, Any]]:
    """The pairs of one chip; a defect is an outcome ``failed``."""
    chip = attack_chips(seed, chips)[index]
    rows = []
    for number in pairs:
        try:
            row = run_pair(seed, chip, index, number)
        except Exception as error:  # a defect, whatever it is: the attack goes on
            row = {"outcome": "failed", "reason": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
            row["repeat"] = repeat_command(seed, chips, index, number)
        rows.append({"chip": index, "pair": number, **row})
    return rows


def document(seed: int, chips: int, rows: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """For JSON."""
    drawn = attack_chips(seed, chips)
    used = sorted({row["chip"] for row in rows})
    missing = [f"{name} = {end}" for name, end in parameter_ends() if all(getattr(drawn[i], name) != end for i in used)]
    counts = {outcome: sum(row["outcome"] == outcome for row in rows) for outcome in ("equal", "refused", "failed")}
    return {
        "format": FORMAT,
        "version": VERSION,
        "seed": seed,
        "seconds": round(seconds, 1),
        "pairs": len(rows),
        **counts,
        "cuts": {kind: sum(kind in row.get("cuts", ()) for row in rows) for kind in KINDS},
        "with_rtl": sum(bool(row.get("rtl")) for row in rows),
        "events": sum(row.get("events", 0) for row in rows),
        "ends_missing": missing,
        "chips": [{**drawn[i].as_dict(), "rtl": suits_rtl(drawn[i])} for i in used],
        "results": sorted(rows, key=lambda row: (row["chip"], row["pair"])),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="attack", description="Random networks on random chips: golden, simulator and RTL, three zeros."
    )
    parser.add_argument("--seed", type=int, default=None, help="drawn, and printed, when not given")
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--chips", type=int, default=None, help=f"{LEAST_CHIPS}, or one for every {PAIRS_PER_CHIP} pairs")
    parser.add_argument("--chip", type=int, default=None, help="this chip only")
    parser.add_argument("--pair", type=int, default=None, help="this pair only, of --chip")
    parser.add_argument("--json", type=Path, default=Path("attack.json"), help="where the results go")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def main() -> int:
    """0 when nothing differs, 1 otherwise."""
    given = _arguments()
    seed = secrets.randbits(31) if given.seed is None else given.seed
    chips = given.chips or max(LEAST_CHIPS, -(-given.pairs // PAIRS_PER_CHIP))
    each = -(-given.pairs // chips)
    wanted = range(each) if given.pair is None else range(given.pair, given.pair + 1)
    indices = range(chips) if given.chip is None else range(given.chip, given.chip + 1)
    print(f"attack: seed {seed}, {len(indices)} chips, {len(wanted)} pairs on each", flush=True)
    start, rows = time.monotonic(), []
    with ProcessPoolExecutor(min(given.workers, len(indices)), mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(run_chip, seed, chips, index, wanted) for index in indices]
        for done, job in enumerate(as_completed(jobs), 1):
            rows += job.result()
            failed = sum(row["outcome"] == "failed" for row in rows)
            print(f"{done}/{len(jobs)} chips, {len(rows)} pairs, {failed} failed, {time.monotonic() - start:.0f} s", flush=True)
            for row in job.result():
                if row["outcome"] == "failed":
                    print(f"FAILED chip {row['chip']} pair {row['pair']}: {row['reason'][:500]}\n  {row['repeat']}", flush=True)
    result = document(seed, chips, rows, time.monotonic() - start)
    given.json.write_text(json.dumps(result, indent=1) + "\n")
    sums = ", ".join(f"{result[name]} {name}" for name in ("equal", "refused", "failed"))
    cuts = ", ".join(f"{count} {kind}" for kind, count in result["cuts"].items())
    print(f"attack: seed {seed}: {sums}; {result['with_rtl']} with RTL, {result['events']:,} events; cut {cuts}; {given.json}")
    return int(result["failed"] > 0)
