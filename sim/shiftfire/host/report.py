"""What the firmware sends over the serial line, read back (the lines are listed in ``firmware/app/main.c``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.errors import UserError

from ..network.values import IntArray


class ReportError(UserError, ValueError):
    """The text is not what a firmware sends; the message quotes the line."""


@dataclass(frozen=True, eq=False)
class RunReport:
    """One run: ``predictions`` (samples,), ``counters`` (tiles, COUNTERS); both end where the text does."""

    cycles: int
    packets: int
    predictions: IntArray
    expected: IntArray
    counters: IntArray


@dataclass(frozen=True, eq=False)
class FirmwareReport:
    """A whole report. What it has no line of is None; ``errors`` hold what came before the last line."""

    fingerprint: int | None
    config_cycles: int | None
    runs: tuple[RunReport, ...]
    errors: tuple[str, ...]
    status: int | None
    sentence: str | None


def read_report(text: str) -> FirmwareReport:
    """The report of a serial line's text. Raises ReportError."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    try:
        return _read(lines)
    except (ValueError, IndexError, KeyError) as error:
        raise ReportError(f"the firmware's report is damaged ({error}): {text[-200:]!r}") from None


def _read(lines: Sequence[Sequence[str]]) -> FirmwareReport:
    of = {
        key: [line[1:] for line in lines if line[0] == key]
        for key in ("contract", "config", "run", "sample", "counter", "error:", "end")
    }
    last = of["end"][-1] if of["end"] else None
    return FirmwareReport(
        fingerprint=int(of["contract"][0][0], 16) if of["contract"] else None,
        config_cycles=int(of["config"][0][3]) if of["config"] else None,
        runs=tuple(_run(number, run, of["sample"], of["counter"]) for number, run in enumerate(of["run"])),
        errors=tuple(" ".join(words) for words in of["error:"]),
        status=None if last is None else int(last[0].rstrip(":")),
        sentence=None if last is None else " ".join(last[1:]),
    )


def _run(number: int, run: Sequence[str], samples: Sequence[Sequence[str]], counters: Sequence[Sequence[str]]) -> RunReport:
    own = [line for line in samples if int(line[0]) == number]
    counted = [(int(line[1]), Counter[line[2]], int(line[3])) for line in counters if int(line[0]) == number]
    table = np.zeros((1 + max((tile for tile, _, _ in counted), default=-1), COUNTERS), np.int64)
    for tile, counter, value in counted:
        table[tile, counter] = value
    return RunReport(
        cycles=int(run[run.index("cycles") + 1]),
        packets=int(run[run.index("packets") + 1]),
        predictions=np.array([int(line[3]) for line in own], np.int64),
        expected=np.array([int(line[5]) for line in own], np.int64),
        counters=table,
    )
