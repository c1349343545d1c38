"""``shiftfire doctor``: is everything here that a run or a verification needs?"""

from __future__ import annotations

import typer
from rich.console import Console

from ..report.document import head, write_json
from . import options
from .checks import Check, all_checks
from .console import output


def doctor(json: options.Json = None) -> None:
    """Check the installation; each failing line says how to mend it."""
    checks = all_checks()
    if json is not None:
        write_json(json, {**head("shiftfire-doctor", 1), "ok": all(c.ok for c in checks), "checks": [c.as_dict() for c in checks]})
    _print(output(json), checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _print(console: Console, checks: list[Check]) -> None:
    for check in checks:
        mark = "[green]ok     [/green]" if check.ok else "[red]MISSING[/red]"
        console.print(f"{mark} {check.name:<18}", end="")
        console.print(check.detail if check.ok else f"{check.detail}: {check.remedy}", markup=False, soft_wrap=True)
