"""What stands for a network."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..graph import Network


@runtime_checkable
class Builds(Protocol):
    """Whatever can give a network, and so is taken where one is: a builder, or a network that was converted."""

    def build(self) -> Network:
        """The network. Raises NetworkError."""
        ...
