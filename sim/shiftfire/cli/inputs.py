"""Samples as the options ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import api

if TYPE_CHECKING:
    from ..api import Network


def choose_samples(model: str, network: Network | None, file: Path | None, number: int | None, default: int) -> api.Samples:
    """Samples of ``file``, or of the model's own test split; ``number`` of them.

    Without a number: all of a file, but ``default`` of the split (or all, if it has fewer).
    """
    if file is not None:
        return api.read_samples(file, number)
    return api.samples(model, number, network=network, most=default)
