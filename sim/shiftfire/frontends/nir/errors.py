"""Error of a NIR graph, file or profile that cannot be used."""

from __future__ import annotations

from shiftfire_spec.errors import UserError


class NirError(UserError, ValueError):
    """A NIR file, graph or profile cannot be used; one line that names the node, the value and the remedy."""
