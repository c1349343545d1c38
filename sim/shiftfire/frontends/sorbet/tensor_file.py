"""Tensors of an untrusted checkpoint file: .safetensors, or .bin / .pt as PyTorch writes them, without ever running what a file says."""

from __future__ import annotations

import importlib
import math
import stat
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from .errors import CheckpointError

FloatArray = NDArray[np.float32]
MAX_FILE_BYTES = 1 << 31  # BERT-large in float32 is 1.3 GB
MAX_TENSORS = 1 << 13
MAX_MAGNITUDE = 2.0**20
_TORCH_SUFFIXES = (".bin", ".pt", ".pth")
_FLOATS = ("F64", "F32", "F16", "BF16")


@dataclass(frozen=True, eq=False)
class TensorFile:
    """The tensors of a file: ``shapes`` by key; ``read`` gives one as finite float32."""

    path: Path
    shapes: dict[str, tuple[int, ...]]
    read: Callable[[str], FloatArray]


def open_tensors(path: Path) -> TensorFile:
    """The tensors of a checkpoint file. Raises CheckpointError, OSError."""
    if path.suffix not in (".safetensors", *_TORCH_SUFFIXES):
        raise CheckpointError(f"checkpoint {path}: the name must end in .safetensors, {', '.join(_TORCH_SUFFIXES)}")
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise CheckpointError(f"checkpoint {path} is not a regular file: name the file with the tensors")
    if status.st_size > MAX_FILE_BYTES:
        raise CheckpointError(
            f"checkpoint {path} has {status.st_size} bytes, more than {MAX_FILE_BYTES}: leave the optimiser's state out"
        )
    tensors = _open_safetensors(path) if path.suffix == ".safetensors" else _open_torch(path)
    if len(tensors.shapes) > MAX_TENSORS:
        raise CheckpointError(f"checkpoint {path} holds {len(tensors.shapes)} tensors; at most {MAX_TENSORS} are read")
    total = sum(4 * math.prod(shape) for shape in tensors.shapes.values())
    if total > 2 * MAX_FILE_BYTES:  # float16 doubles; a view of PyTorch can be larger than its storage
        raise CheckpointError(
            f"checkpoint {path}: its tensors take {total} bytes in float32, more than {2 * MAX_FILE_BYTES}; make the model smaller"
        )
    return tensors


def _open_safetensors(path: Path) -> TensorFile:
    try:
        file = safe_open(path, framework="numpy")
        keys = list(file.keys())
        slices = {key: file.get_slice(key) for key in keys}
        kinds = {key: str(part.get_dtype()) for key, part in slices.items()}
        shapes = {key: tuple(part.get_shape()) for key, part in slices.items()}
    except (SafetensorError, ValueError, TypeError, OverflowError) as error:
        raise CheckpointError(f"checkpoint {path} is not a safetensors file ({error}); save it again") from None

    def read(key: str) -> FloatArray:
        if kinds[key] not in _FLOATS[:3]:
            raise CheckpointError(f"checkpoint {path}: tensor {key!r:.80} is {kinds[key]}; convert it to float32")
        return _finite(path, key, file.get_tensor(key))

    return TensorFile(path, shapes, read)


def _open_torch(path: Path) -> TensorFile:
    _check_archive(path)
    try:
        torch: Any = importlib.import_module("torch")  # an extra
    except ImportError:
        raise CheckpointError(
            f"checkpoint {path} needs PyTorch to be read: pip install 'shiftfire[train]', or convert it where PyTorch is:"
            " safetensors.torch.save_file(torch.load(file, weights_only=True), 'model.safetensors')"
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a hostile archive raises; nothing of it was run
        reason = " ".join(str(error).split())[:160]
        raise CheckpointError(f"checkpoint {path} is not a file of tensors only ({reason}); save its state_dict()") from None
    if isinstance(loaded, dict) and isinstance(loaded.get("state_dict"), dict):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, dict) or not all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in loaded.items()):
        raise CheckpointError(f"checkpoint {path} is no dictionary of tensors; save the model's state_dict()")
    shapes = {key: tuple(value.shape) for key, value in loaded.items()}

    def read(key: str) -> FloatArray:
        if not loaded[key].is_floating_point():
            raise CheckpointError(f"checkpoint {path}: tensor {key!r:.80} is {loaded[key].dtype}; convert it to float32")
        try:
            values = loaded[key].detach().float().numpy()
        except (RuntimeError, TypeError) as error:
            raise CheckpointError(f"checkpoint {path}: tensor {key!r:.80} is not a plain array ({error}); save it dense") from None
        return _finite(path, key, values)

    return TensorFile(path, shapes, read)


def _check_archive(path: Path) -> None:
    """Raise CheckpointError when the file is an archive that unpacks to more than is read: PyTorch stores its tensors, but would inflate them."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise CheckpointError(f"checkpoint {path} is a broken archive ({error}); save it again") from None
    if total > MAX_FILE_BYTES:
        raise CheckpointError(
            f"checkpoint {path} unpacks to {total} bytes, more than {MAX_FILE_BYTES}: leave the optimiser's state out"
        )


def _finite(path: Path, key: str, values: NDArray[Any]) -> FloatArray:
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(values, dtype=np.float32)
    if not np.isfinite(single).all():
        raise CheckpointError(f"checkpoint {path}: tensor {key!r:.80} holds NaN or infinity; train it again or repair the file")
    if single.size and float(np.abs(single).max()) > MAX_MAGNITUDE:
        raise CheckpointError(
            f"checkpoint {path}: tensor {key!r:.80} holds magnitudes above {MAX_MAGNITUDE:g}; no trained model has them"
        )
    return single
