"""Mistakes in a command line itself, which typer finds, in one line like all others."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from ..api import InputError

_USAGE_ERROR: Any = typer.BadParameter.__base__  # click's UsageError, whether typer brings its own click or not
_HELP = "NoArgsIsHelpError"  # a usage error by class only: it shows the help


@contextmanager
def usage_errors() -> Iterator[None]:
    """Make InputError of typer's usage errors: unknown commands and options, values that do not parse, arguments that are missing."""
    try:
        yield
    except _USAGE_ERROR as error:
        if type(error).__name__ == _HELP:
            raise
        raise InputError(_sentence(error, sys.argv[1:])) from None


def _sentence(error: Any, given: Sequence[str]) -> str:
    """typer's message, with the value that it leaves out and where to look."""
    message = error.format_message().rstrip(".").replace("Value error, ", "")
    value = _value_of(getattr(error, "param", None), given)
    if value is not None:
        message = message.replace("Invalid value for", f"Invalid value {value!r} for")
    return f"{message[:1].lower()}{message[1:]} (see `{_path(error.ctx)} --help`)"


def _path(context: Any) -> str:
    """The command as it is typed, however it was started."""
    names: list[str] = []
    while context is not None and context.parent is not None:
        names.insert(0, context.info_name)
        context = context.parent
    return " ".join(["shiftfire", *names])


def _value_of(option: Any, given: Sequence[str]) -> str | None:
    """What the command line gives an option, the last time it is there."""
    found = None
    for name in getattr(option, "opts", ()):
        for place, text in enumerate(given):
            if text.startswith(f"{name}="):
                found = text.partition("=")[2]
            elif text == name and place + 1 < len(given):
                found = given[place + 1]
    return found
