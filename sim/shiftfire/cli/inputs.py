"""What the commands take: a model by name or path, a chip, input arrays."""

from __future__ import annotations

import stat
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ..errors import InputError
from ..network.bundled import find_model
from ..network.container import load_network, load_test_split
from ..network.graph import Network

MAX_INPUT_BYTES = 1 << 28
_SUFFIXES = (".npy", ".safetensors")


@dataclass(frozen=True, eq=False)
class Samples:
    """``inputs`` (samples, ...) integers as the network takes them; ``labels`` (samples,) or None."""

    inputs: NDArray[np.int64]
    labels: NDArray[np.int64] | None

    def first(self, count: int | None, origin: str) -> Samples:
        """The first ``count`` samples, all when None. Raises InputError when there are not so many."""
        if count is None:
            return self
        if not 1 <= count <= len(self.inputs):
            raise InputError(f"--samples {count} is out of range: {origin} has {len(self.inputs)} samples")
        return Samples(self.inputs[:count], None if self.labels is None else self.labels[:count])


def open_model(model: str) -> tuple[Path, Network]:
    """Folder and network of a shipped model's name or a model's path."""
    path = Path(find_model(model))
    return path, load_network(path)


def choose_samples(folder: Path, file: Path | None, count: int | None, default: int) -> Samples:
    """Samples of ``file``, or of the model's own test split; ``count`` of them.

    Without a count: all of a file, but ``default`` of the split (or all, if it has fewer).
    """
    if file is not None:
        return read_inputs(file).first(count, str(file))
    shipped = load_test_split(folder)
    split = Samples(shipped.inputs, shipped.labels)
    return split.first(min(default, len(split.inputs)) if count is None else count, f"the test split of {folder.name}")


def read_inputs(path: Path) -> Samples:
    """Inputs of a .npy or .safetensors file (keys ``inputs``, ``labels``). Raises InputError, OSError."""
    if path.suffix not in _SUFFIXES:
        raise InputError(f"input {path}: the name must end in {' or '.join(_SUFFIXES)}")
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"input {path} is not a regular file: name a file of integers")
    size = status.st_size
    if size > MAX_INPUT_BYTES:
        raise InputError(f"input {path} has {size} bytes, more than {MAX_INPUT_BYTES}: split it")
    inputs, labels = _read_npy(path) if path.suffix == ".npy" else _read_safetensors(path)
    if inputs.dtype.kind not in "iub":
        raise InputError(f"input {path} holds {inputs.dtype}: give integers, as the network takes them")
    if inputs.ndim < 2 or not inputs.size:
        raise InputError(f"input {path} has shape {inputs.shape}: give (samples, channels, height, width), at least one sample")
    if int(inputs.max()) > np.iinfo(np.int64).max:
        raise InputError(f"input {path} holds {inputs.max()}: values must fit 64 bits with a sign")
    return Samples(inputs.astype(np.int64), labels)


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
