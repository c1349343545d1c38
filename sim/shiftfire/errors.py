"""Errors of the user: the base class, and the one for what a caller or a command line gives."""

from __future__ import annotations

from numbers import Integral

from shiftfire_spec.errors import UserError

__all__ = ["InputError", "UserError", "is_whole"]


class InputError(UserError, ValueError):
    """An argument, option or file that cannot be used; the message names it, its value and the remedy."""


def is_whole(value: object) -> bool:
    """Whether a caller's number is an integer: Python's or NumPy's, no bool."""
    return isinstance(value, Integral) and not isinstance(value, bool)
