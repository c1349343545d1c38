"""Error of a module that cannot be read."""

from __future__ import annotations

from ..float_graph.errors import FloatGraphError


class TorchError(FloatGraphError):
    """A module cannot be read; one line that names its path, its class and what to do."""


class OrderError(TorchError):
    """Elements come in an order or a choice that the graph has no form for."""
