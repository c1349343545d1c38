"""Commands on a record: ``measure FILE [NAME ...]``, ``render FILE``, and what else a kind has."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from shiftfire_spec.errors import UserError

from .error import RecordError

Action = Callable[[str, Sequence[str]], None]  # of a path, and names


def run_command(program: str, actions: Mapping[str, tuple[str, Action]], arguments: Sequence[str]) -> int:
    """Do what ``arguments`` say; ``actions``: usage and function by name. Exit code: 0, or 2 when the arguments or the record are at fault."""
    try:
        match arguments:
            case [name, path, *names] if name in actions and (not names or "[NAME ...]" in actions[name][0]):
                actions[name][1](path, names)
            case _:
                usages = ", or ".join(f"{name} {usage}" for name, (usage, _) in actions.items())
                raise RecordError(f"say what to do: python -m {program} {usages}")
    except (UserError, OSError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    return 0
