"""What a NIR observable holds as a network's input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..network.event_lists import events_to_vectors
from ..network.values import IntArray

MICROSECONDS = 1e6  # of a second, NIR's unit


def gridded(owner: str, data: NDArray[Any]) -> NDArray[Any]:
    """Time-gridded data, if they are (samples, timesteps, neurons). Raises InputError."""
    if data.ndim != 3 or not data.size:
        raise InputError(f"{owner}: time-gridded data have shape {data.shape}; NIR's are (samples, timesteps, neurons)")
    return data


def event_data(owner: str, arrays: dict[str, NDArray[Any]], elements: int, **binning: Any) -> IntArray:
    """Event data as vectors (samples, timesteps, elements); ``binning``: the settings of `events_to_vectors`. Raises InputError, NetworkError.

    Values of valued events are whole numbers.
    """
    recordings = event_recordings(owner, arrays, elements)
    return events_to_vectors(recordings, elements=elements, valued="value" in arrays, **binning)


def event_recordings(owner: str, arrays: dict[str, NDArray[Any]], elements: int) -> list[dict[str, NDArray[Any]]]:
    """Event data as a recording per sample, t (microseconds), i and perhaps v. An index of -1 stands for no event. Raises InputError."""
    index, time = arrays["idx"], arrays["time"]
    value = arrays.get("value")
    if index.ndim != 2 or index.shape != time.shape or (value is not None and value.shape != index.shape) or not len(index):
        raise InputError(f"{owner}: idx and time have shapes {index.shape} and {time.shape}; NIR's are (samples, events)")
    if int(arrays["n_neurons"]) != elements:
        raise InputError(
            f"{owner}: the events are of {int(arrays['n_neurons'])} neurons, the network's input has {elements} elements"
        )
    recordings = []
    for sample in range(len(index)):
        real = index[sample] != -1
        recording = {"t": time[sample][real].astype(np.float64) * MICROSECONDS, "i": index[sample][real]}
        recordings.append(recording if value is None else recording | {"v": value[sample][real]})
    return recordings
