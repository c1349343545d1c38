"""Errors of the user: the base class, and the one for what a caller or a command line gives."""

from __future__ import annotations

from shiftfire_spec.errors import UserError

__all__ = ["InputError", "UserError"]


class InputError(UserError, ValueError):
    """An argument, option or file that cannot be used; the message names it, its value and the remedy."""
