"""What SANA-FE cannot be given."""

from __future__ import annotations

from shiftfire_spec.errors import UserError


class SanaFeError(UserError, ValueError):
    """A network cannot be told to SANA-FE exactly, or SANA-FE is missing; one line that names layer, value and remedy."""
