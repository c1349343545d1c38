"""Samples: of a model's own test split, or of a file."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ..errors import InputError
from ..network.build.builder import frozen
from ..network.bundled import find_model
from ..network.container import load_test_split
from ..network.event_frames import Overflow, events_to_frames
from ..network.graph import Network
from ..network.inputs import check_whole
from ..network.values import IntArray
from .compiled import NetworkLike

MAX_INPUT_BYTES = 1 << 28
_SUFFIXES = (".npy", ".safetensors")


class Samples(NamedTuple):
    """``inputs`` (samples, [timesteps,] channels, height, width) integers as a network takes them; ``labels`` (samples,) or None."""

    inputs: IntArray
    labels: IntArray | None

    def first(self, number: int | None, origin: str) -> Samples:
        """The first ``number`` samples, all when None. Raises InputError when there are not so many."""
        if number is None:
            return self
        if not 1 <= number <= len(self.inputs):
            raise InputError(f"--samples {number} is out of range: {origin} has {len(self.inputs)} samples")
        return Samples(self.inputs[:number], None if self.labels is None else self.labels[:number])


def samples(
    model: str | os.PathLike[str], number: int | None = None, *, network: Network | None = None, most: int | None = None
) -> Samples:
    """The first ``number`` samples of a model's own test split, with its labels if it has them; without it all, or ``most`` when there are more.

    ``model`` is a shipped model's name or a folder's path; ``network`` saves reading it once more. Unpacks into inputs and labels.
    Raises NetworkError when there is no split, InputError when it has not so many samples.
    """
    folder = find_model(os.fspath(model))
    shipped = load_test_split(folder, network)
    if number is None and most is not None:
        number = min(most, len(shipped.inputs))
    return Samples(shipped.inputs, shipped.labels).first(number, f"the test split of {folder.name}")


def read_samples(
    file: str | os.PathLike[str],
    number: int | None = None,
    *,
    network: NetworkLike | None = None,
    bin_width_us: float | None = None,
    clip: bool = False,
) -> Samples:
    """The first ``number`` samples of a file, all without it: .npy, or .safetensors with ``inputs`` and perhaps ``labels``.

    With ``bin_width_us`` the .npy file is a recording of an event camera, one sample for ``network``: see `events_to_frames`. Counts above the largest value of
    the network's input, and events after its last timestep, are refused, or clipped and left out with ``clip``. Raises InputError, NetworkError, OSError.
    """
    path = Path(file)
    if bin_width_us is None:
        return _read(path).first(number, str(file))
    if network is None:
        raise InputError(f"input {path}: a bin width is for the events of a recording; say for which network")
    source = frozen(network).input
    choice = Overflow.CLIP if clip else Overflow.REFUSE
    frames = events_to_frames(
        _recording(path),
        shape=source.shape.as_tuple(),
        timesteps=source.timesteps,
        bin_width_us=bin_width_us,
        largest=source.hi,
        counts=choice,
        late=choice,
    )
    return Samples(frames, None).first(number, str(file))


def _recording(path: Path) -> NDArray[Any]:
    """The events of a .npy file. Raises InputError, OSError."""
    if path.suffix != ".npy":
        raise InputError(f"input {path}: a recording of events is a .npy file, of a structured array or of columns t, x, y, p")
    _check_size(path)
    return _read_npy(path)[0]


def _read(path: Path) -> Samples:
    if path.suffix not in _SUFFIXES:
        raise InputError(f"input {path}: the name must end in {' or '.join(_SUFFIXES)}")
    _check_size(path)
    inputs, labels = _read_npy(path) if path.suffix == ".npy" else _read_safetensors(path)
    if inputs.dtype.names is not None:
        raise InputError(
            f"input {path} holds events ({', '.join(inputs.dtype.names)}): say how long a timestep is with --bin-width MICROSECONDS"
        )
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
    return Samples(inputs.astype(np.int64), labels)


def _check_size(path: Path) -> None:
    """Raise InputError unless the path is a file that may be read whole."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"input {path} is not a regular file: name a file of integers")
    size = status.st_size
    if size > MAX_INPUT_BYTES:
        raise InputError(f"input {path} has {size} bytes, more than {MAX_INPUT_BYTES}: split it")


def _read_npy(path: Path) -> tuple[NDArray[np.generic], None]:
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("error")
            return np.lib.format.read_array(file, allow_pickle=False), None  # np.load would open archives as well
    except OSError:
        raise
    except Exception as error:  # numpy evaluates the header as Python: whatever its text can raise, the file is not an array
        raise InputError(f"input {path} is not a .npy file of numbers: {error}") from None


def _read_safetensors(path: Path) -> tuple[NDArray[np.generic], NDArray[np.int64] | None]:
    try:
        tensors = load_file(path)
    except (
        SafetensorError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:  # the latter two: types NumPy has not
        raise InputError(f"input {path} is not a safetensors file of integers: {error}") from None
    if "inputs" not in tensors:
        raise InputError(f"input {path} has no tensor 'inputs'; it has {', '.join(sorted(tensors)) or 'none'}")
    labels = tensors.get("labels")
    if labels is not None and (labels.dtype.kind not in "iu" or labels.shape != tensors["inputs"].shape[:1]):
        raise InputError(f"input {path}: labels are {labels.dtype} {labels.shape}: give one integer per sample")
    return tensors["inputs"], None if labels is None else labels.astype(np.int64)
