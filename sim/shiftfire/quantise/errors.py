"""Error of a graph that has no integer network."""

from __future__ import annotations

from shiftfire_spec.errors import UserError


class QuantiseError(UserError, ValueError):
    """The fabric cannot do what a node asks, or not with these settings; one line that names the node, the reason and the remedy."""
