"""`shiftfire bench --cold`: what a process takes, and checkouts side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from shiftfire.api.cold_start import Usage, checkout_path, cold_document, measure_cold, own_path, run_process
from shiftfire.system.plan import RunError

ROOT = Path(__file__).resolve().parent.parent.parent
BUSY = "import time; held = bytearray(300_000_000)\nwhile time.process_time() < 0.5: pass\nprint('done')"


def test_usage_is_the_process_own() -> None:
    used = run_process([sys.executable, "-P", "-c", BUSY], {"PYTHONPATH": ""})
    idle = run_process([sys.executable, "-P", "-c", "pass"], {"PYTHONPATH": ""})
    assert used.out == "done\n"
    assert 0.5 <= used.cpu_seconds < 5 and used.wall_seconds >= 0.5
    assert 300 < used.peak_memory_mb < 350
    assert idle.peak_memory_mb < 300
    assert idle.cpu_seconds < 0.5


def test_a_failed_process_says_why() -> None:
    with pytest.raises(RunError, match=r"run x failed in /here: .*SystemExit|run x failed in /here: no such model"):
        run_process(
            [sys.executable, "-P", "-c", "import sys; sys.exit('warning\\nno such model')", "run", "x"], {"PYTHONPATH": "/here"}
        )


def test_checkouts_take_turns_and_share_no_cache(tmp_path: Path) -> None:
    calls: list[tuple[str, str, str]] = []

    def run(command: Sequence[str], environment: dict[str, str]) -> Usage:
        calls.append((command[4], environment["PYTHONPATH"], environment["NUMBA_CACHE_DIR"]))
        own = environment["PYTHONPATH"].startswith(str(tmp_path))
        return Usage(10.0 * (1 + own), 12.0, 300.0 * (1 + own), json.dumps({"sim_cycles_per_s": 1e6 * len(calls)}))

    for source in ("hw/shiftfire_spec", "sim/shiftfire"):
        (tmp_path / source).mkdir(parents=True)
    rows = measure_cold("digits-mlp", "edge", 5, 3, tmp_path, lambda _: None, run)
    assert [call[0] for call in calls] == ["run"] * 2 + ["bench"] * 6
    assert [call[1].startswith(str(tmp_path)) for call in calls] == [False, True] * 4
    assert len({call[2] for call in calls}) == 2
    assert [row.cycles_per_second for row in rows] == [5e6, 6e6]
    ratios = cold_document(rows)["cold_ratios"]
    assert (ratios["cold_cpu_seconds"], ratios["cold_wall_seconds"], ratios["cold_peak_memory_mb"]) == (0.5, 1.0, 0.5)
    assert cold_document(rows[:1])["cold_ratios"] is None


def test_paths() -> None:
    assert checkout_path(ROOT) == own_path() == [ROOT / "hw", ROOT / "sim"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--beside", "/other"), ("--beside /other", "--cold")),
        (("--cold", "--beside", "/nowhere"), ("/nowhere", "checkout")),
        (("--cold", "--layers", "9-9"), ("--cold", "--layers")),
        (("--cold", "--backend", "sim"), ("--cold", "--backend")),
        (("--cold", "--seed", "1"), ("--cold", "--layers")),
    ],
)
def test_mistakes(command: Callable, arguments: tuple[str, ...], parts: tuple[str, ...]) -> None:
    ran = command("bench", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    for part in parts:
        assert part in ran.err


@pytest.mark.slow
def test_a_cold_start_stays_within_its_bounds() -> None:
    """At most 30 s of CPU and 1 GB, on a busy machine too."""
    row = measure_cold("digits-mlp", "edge", 2, 1, None, lambda _: None)[0]
    assert row.cold_cpu_seconds <= 30 and row.cold_peak_memory_mb <= 1000
