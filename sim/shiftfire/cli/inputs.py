"""Samples as the options ask for them."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import api
from .console import printable

if TYPE_CHECKING:
    from ..api import FrozenNetwork

FIRST = "first"  # of --bin-start: with the recording's first event


class Chosen(NamedTuple):
    """What `run` and `verify` take as inputs, and labels (samples,) where they are known."""

    inputs: Any
    labels: api.IntArray | None


def choose_samples(
    model: str,
    network: FrozenNetwork | None,
    file: Path | None,
    number: int | None,
    default: int,
    *,
    bin_width: float | None = None,
    bin_start: str | None = None,
    clip_events: bool = False,
    observable: str | None = None,
    encode: str | None = None,
    realtime: bool = False,
    gap: float | None = None,
) -> Chosen:
    """Samples of ``file``, or of the model's own test split; ``number`` of them.

    Without a number: all of a file, but ``default`` of the split (or all, if it has fewer). With ``bin_width`` the file is a recording of events. What is
    left out of one is said on standard error. ``realtime``: its events come when their times do, ``gap`` microseconds between samples.
    """
    if gap is not None and not realtime:
        raise api.InputError(f"--gap {gap:g} is for --realtime: give it as well")
    if realtime and (file is None or bin_width is None or encode is not None or network is None):
        raise api.InputError("--realtime is for a recording of events: give --input FILE and --bin-width US, and no --encode")
    if clip_events and bin_width is None:
        raise api.InputError("--clip-events is for recordings: give --bin-width as well")
    if bin_start is not None and bin_width is None:
        raise api.InputError(f"--bin-start {bin_start} is for recordings: give --bin-width as well")
    if file is None:
        for option, value, what in (
            ("--bin-width", bin_width, "a recording: give one"),
            ("--observable", observable, "NIR data: give them"),
            ("--encode", encode, "values of your own: give them"),
        ):
            if value is not None:
                shown = f"{value:g}" if isinstance(value, float) else value
                raise api.InputError(f"{option} {shown} is for {what} with --input FILE")
        return Chosen(*api.samples(model, number, network=network, most=default))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", api.EventsLeftOutWarning)
        start_us = _start(bin_start)
        if realtime and network is not None and bin_width is not None:
            timed = api.read_real_time(
                file,
                number,
                network=network,
                bin_width_us=bin_width,
                start_us=start_us,
                gap_us=gap or 0,
                clip=clip_events,
                observable=observable,
            )
            chosen = Chosen(timed, None)
        else:
            values = api.read_samples(
                file,
                number,
                network=network,
                bin_width_us=bin_width,
                start_us=start_us,
                clip=clip_events,
                observable=observable,
                encode=encode,
            )
            chosen = Chosen(*values)
    for warning in caught:
        if issubclass(warning.category, api.EventsLeftOutWarning):
            print(f"note: {printable(str(file))}: {warning.message}", file=sys.stderr)
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return chosen


def _start(text: str | None) -> float | None:
    """Microseconds where the first bin begins; None: with the first event."""
    if text is None:
        return 0
    if text == FIRST:
        return None
    try:
        return float(text)
    except ValueError:
        raise api.InputError(f"--bin-start {text} is neither '{FIRST}' nor a number of microseconds") from None
