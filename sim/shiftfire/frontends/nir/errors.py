"""Error of a NIR graph or file that cannot be used."""

from __future__ import annotations

from ..float_graph.errors import FloatGraphError


class NirError(FloatGraphError):
    """A NIR file or graph cannot be used; one line that names the node, the value and the remedy."""
