"""What a user can do wrong with a record."""

from __future__ import annotations

from shiftfire_spec.errors import UserError


class RecordError(UserError, ValueError):
    """The record, or what was asked of it, is wrong; one line that names the thing and the remedy."""
