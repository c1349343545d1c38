"""Samples as the options ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import api

if TYPE_CHECKING:
    from ..api import FrozenNetwork


def choose_samples(
    model: str,
    network: FrozenNetwork | None,
    file: Path | None,
    number: int | None,
    default: int,
    *,
    bin_width: float | None = None,
    clip_events: bool = False,
) -> api.Samples:
    """Samples of ``file``, or of the model's own test split; ``number`` of them.

    Without a number: all of a file, but ``default`` of the split (or all, if it has fewer). With ``bin_width`` the file is a recording of events.
    """
    if clip_events and bin_width is None:
        raise api.InputError("--clip-events is for recordings: give --bin-width as well")
    if file is not None:
        return api.read_samples(file, number, network=network, bin_width_us=bin_width, clip=clip_events)
    if bin_width is not None:
        raise api.InputError(f"--bin-width {bin_width:g} is for a recording: give one with --input FILE")
    return api.samples(model, number, network=network, most=default)
