"""Error of a float graph or profile that cannot be used."""

from __future__ import annotations

from shiftfire_spec.errors import UserError


class FloatGraphError(UserError, ValueError):
    """A float graph, what it is fed or its profile cannot be used; one line that names the node, the value and the remedy. The front ends' own errors are such."""
