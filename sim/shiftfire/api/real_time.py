"""Events in real time, for a network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError, is_whole
from ..inputs.read import Dense, Recording, read_input, time_recording
from ..network.build.builder import frozen
from ..network.event_checks import Overflow
from ..network.event_frames import Events
from ..network.graph import Input
from ..network.real_time import RealTime, in_real_time
from .compiled import NetworkLike


def real_time(
    network: NetworkLike,
    events: Events | Sequence[Events],
    *,
    bin_width_us: float,
    start_us: float | None = 0,
    gap_us: float = 0,
    clip: bool = False,
) -> RealTime:
    """Recordings as inputs of `run` and `verify` that come when their events do: samples follow each other on one axis of time, in microseconds.

    ``events``: a recording, or a list of them, one per sample, as `events_to_frames` and `events_to_vectors` take them. Bin k holds the events from
    ``start_us + k * bin_width_us`` on (None: from the first event) and is a timestep of the network; what the input cannot take is refused, or with
    ``clip`` left out, with a warning. ``gap_us``: from the end of a sample's last bin to the next sample's beginning. Raises NetworkError.
    """
    choice = Overflow.CLIP if clip else Overflow.REFUSE
    return in_real_time(
        _input_of(network), events, bin_width_us=bin_width_us, start_us=start_us, gap_us=gap_us, counts=choice, late=choice
    )


def read_real_time(
    file: str | os.PathLike[str],
    number: int | None = None,
    *,
    network: NetworkLike,
    bin_width_us: float,
    start_us: float | None = 0,
    gap_us: float = 0,
    clip: bool = False,
    observable: str | None = None,
) -> RealTime:
    """The events of a file in real time, the first ``number`` samples of them; files as of `read_samples`, the rest as of `real_time`.

    Raises InputError, also for a file without times, NetworkError, OSError.
    """
    path, source = Path(file), _input_of(network)
    read = read_input(path, observable, source.name)
    if isinstance(read, Dense):
        if read.inputs.ndim != 2 or read.labels is not None:
            raise InputError(f"input {path} holds values of shape {read.inputs.shape} without times; give events for real time")
        read = Recording(read.inputs)
    choice = Overflow.CLIP if clip else Overflow.REFUSE
    timed = time_recording(
        path, read, source, bin_width_us=bin_width_us, start_us=start_us, gap_us=gap_us, counts=choice, late=choice
    )
    if number is None:
        return timed
    if not is_whole(number) or not 1 <= number <= timed.samples:
        raise InputError(f"--samples {number} is out of range: {file} has {timed.samples} samples")
    return timed.first(number)


def _input_of(network: NetworkLike) -> Input:
    """The one input. Raises InputError."""
    known = frozen(network)
    if known.feeds:
        names = ", ".join(source.name for source in known.inputs)
        raise InputError(f"real time: network {known.name} has several inputs ({names}); give it one")
    return known.input
