"""A file of inputs, whatever its format: samples, a recording of events, or data of a NIR node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..network.check import LABELS
from ..network.event_frames import FIELDS as CAMERA
from ..network.event_frames import events_to_frames
from ..network.event_lists import FIELDS as POPULATION
from ..network.event_lists import events_to_vectors
from ..network.graph import Input
from ..network.inputs import check_whole
from ..network.real_time import RealTime, in_real_time
from ..network.values import IntArray
from .aedat3 import read_aedat3
from .aedat4 import read_aedat4
from .arrays import SUFFIXES, read_arrays
from .nir_data import event_data, event_recordings, gridded
from .nir_file import read_nir_file
from .nmnist import read_nmnist

NIR_SUFFIXES = (".nir", ".h5", ".hdf5")
CAMERA_SUFFIXES = (".bin", ".aedat", ".aedat4")
AEDAT4_MAGIC = b"#!AER-DAT4"


@dataclass(frozen=True, eq=False)
class Dense:
    """Values of samples, (samples, ...), and their labels (samples,) where they are known."""

    inputs: NDArray[Any]
    labels: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class Recording:
    """Events of one sample, as `events_to_frames` or `events_to_vectors` takes them."""

    events: NDArray[Any] | dict[str, NDArray[Any]]

    @property
    def columns(self) -> str:
        """Names of what each event has, for people."""
        return ", ".join(self.events if isinstance(self.events, dict) else self.events.dtype.names or CAMERA)


@dataclass(frozen=True, eq=False)
class NodeEvents:
    """Event data of a NIR node, arrays by NIR's names: one recording per sample."""

    arrays: dict[str, NDArray[Any]]

    @property
    def columns(self) -> str:
        """Names of what each event has, for people."""
        return ", ".join(name for name in ("time", "idx", "value") if name in self.arrays)


def read_input(path: Path, observable: str | None, node: str) -> Dense | Recording | NodeEvents:
    """What a file holds. ``observable`` and ``node``: of NIR data, see `read_nir_file`. Raises InputError, OSError."""
    if observable is not None and path.suffix not in NIR_SUFFIXES:
        raise InputError(
            f"input {path}: an observable ({observable}) is of NIR data, a file that ends in {', '.join(NIR_SUFFIXES)}"
        )
    match path.suffix:
        case ".bin":
            return Recording(read_nmnist(path))
        case ".aedat4":
            return Recording(read_aedat4(path))
        case ".aedat":
            with open(path, "rb") as file:
                newer = file.read(len(AEDAT4_MAGIC)) == AEDAT4_MAGIC
            return Recording(read_aedat4(path) if newer else read_aedat3(path))
        case ".nir" | ".h5" | ".hdf5":
            arrays = read_nir_file(path, observable, node)
            return Dense(gridded(f"input {path}", arrays["data"])) if "data" in arrays else NodeEvents(arrays)
        case suffix if suffix in SUFFIXES:
            return _of_arrays(path, read_arrays(path))
        case _:
            known = ", ".join((*SUFFIXES, *NIR_SUFFIXES, *CAMERA_SUFFIXES))
            raise InputError(f"input {path}: the name must end in one of {known}")


def _of_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> Dense | Recording:
    for fields in (CAMERA, POPULATION):
        if "inputs" not in arrays and set(fields) <= set(arrays):
            return Recording(arrays)
    if "inputs" not in arrays:
        kind = "tensor" if path.suffix == ".safetensors" else "array"
        raise InputError(f"input {path} has no {kind} 'inputs'; it has {', '.join(sorted(arrays)) or 'none'}")
    inputs, labels = arrays["inputs"], arrays.get("labels")
    if inputs.dtype.names is not None:
        return Recording(inputs)
    if labels is not None and (labels.dtype.kind not in "iu" or labels.shape != inputs.shape[:1]):
        raise InputError(f"input {path}: labels are {labels.dtype} {labels.shape}: give one integer per sample")
    return Dense(inputs, None if labels is None else labels.astype(np.int64))


def read_several(path: Path, names: Sequence[str]) -> tuple[dict[str, IntArray], NDArray[np.int64] | None]:
    """The arrays ``names`` of a file, whole numbers, and its labels where it has some, as many as samples. Raises InputError, NetworkError, OSError."""
    values, labels = read_several_real(path, names)
    return {name: whole_numbers(path, Dense(array)) for name, array in values.items()}, labels


def read_several_real(path: Path, names: Sequence[str]) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64] | None]:
    """As `read_several`, the values being of any kind of number. Raises InputError, OSError."""
    if path.suffix not in SUFFIXES[1:]:
        raise InputError(
            f"input {path}: the network has several inputs ({', '.join(names)}); give .npz or .safetensors with an array of each"
        )
    arrays = read_arrays(path)
    for name in names:
        if name not in arrays:
            raise InputError(f"input {path} has no array {name!r}; it has {', '.join(sorted(arrays)) or 'none'}")
    extra = sorted(set(arrays) - {*names, LABELS})
    if extra:
        raise InputError(f"input {path}: array {extra[0]!r} is no input of the network, which has {', '.join(names)}; leave it out")
    values, labels = {name: arrays[name] for name in names}, arrays.get(LABELS)
    if labels is None:
        return values, None
    if labels.dtype.kind not in "iu" or not values[names[0]].ndim or labels.shape != values[names[0]].shape[:1]:
        raise InputError(f"input {path}: labels are {labels.dtype} {labels.shape}: give one integer per sample")
    return values, labels.astype(np.int64)


def whole_numbers(path: Path, read: Dense) -> IntArray:
    """The values as int64. Raises InputError, NetworkError for what is no whole number, and for no sample."""
    inputs = read.inputs
    if inputs.dtype.kind not in "iubf":
        raise InputError(f"input {path} holds {inputs.dtype}: give whole numbers, as the network takes them")
    if inputs.ndim < 2 or not inputs.size:
        raise InputError(
            f"input {path} has shape {inputs.shape}: give (samples, timesteps, channels, height, width), at least one sample"
        )
    if inputs.dtype.kind == "f":
        check_whole(f"input {path}", inputs)
    if not -(1 << 63) <= int(inputs.min()) <= int(inputs.max()) < 1 << 63:
        raise InputError(f"input {path} holds {inputs.max()}: values must fit 64 bits with a sign")
    return inputs.astype(np.int64)


def bin_recording(path: Path, read: Recording | NodeEvents, source: Input, **binning: Any) -> IntArray:
    """Events as the input's vectors, counts up to its greatest value. ``binning``: settings of `events_to_frames`. Raises InputError, NetworkError."""
    common = {"timesteps": source.timesteps, "largest": source.hi, **binning}
    if isinstance(read, NodeEvents):
        return event_data(f"input {path}", read.arrays, source.shape.size, **common)
    events = read.events
    names = set(events) if isinstance(events, dict) else set(events.dtype.names or CAMERA)
    if set(CAMERA) <= names or not set(POPULATION) <= names:
        return events_to_frames(events, shape=source.shape.as_tuple(), **common)
    return events_to_vectors(events, elements=source.shape.size, valued="v" in names, **common)


def time_recording(path: Path, read: Recording | NodeEvents, source: Input, **settings: Any) -> RealTime:
    """Events with their times; ``settings`` are those of `in_real_time`. Raises InputError, NetworkError."""
    if isinstance(read, NodeEvents):
        return in_real_time(source, event_recordings(f"input {path}", read.arrays, source.shape.size), **settings)
    return in_real_time(source, read.events, **settings)
