"""Arrays of .npy, .npz and .safetensors files; nothing in them is unpickled, and no more is allocated than the file holds."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ..errors import InputError
from .limits import MAX_INPUT_BYTES, check_size

MAX_ARRAYS = 256  # of an archive
SUFFIXES = (".npy", ".npz", ".safetensors")


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file by name; a .npy file's is called ``inputs``. Raises InputError, OSError."""
    check_size(path)
    match path.suffix:
        case ".npy":
            with open(path, "rb") as file:
                return {"inputs": _read_npy(f"input {path}", file)}
        case ".npz":
            return _read_npz(path)
        case ".safetensors":
            return _read_safetensors(path)
        case _:
            raise InputError(f"input {path}: the name must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")


def _read_npy(owner: str, file: IO[bytes]) -> NDArray[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return np.lib.format.read_array(file, allow_pickle=False)  # np.load would open archives as well
    except OSError:
        raise
    except Exception as error:  # numpy evaluates the header as Python: whatever its text can raise, the file is not an array
        raise InputError(f"{owner} is not a .npy file of numbers: {error}") from None


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    left = MAX_INPUT_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_ARRAYS:
                raise InputError(f"input {path} has {len(members)} arrays, more than {MAX_ARRAYS}: keep what is needed")
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name in arrays:
                    raise InputError(f"input {path} has two arrays {name!r}: name them apart")
                with archive.open(member) as packed:
                    data = packed.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise InputError(f"input {path} unpacks to more than {MAX_INPUT_BYTES} bytes: split it")
                arrays[name] = _read_npy(f"input {path}: array {name!r}", io.BytesIO(data))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"input {path} is not a .npz file of numbers: {error}") from None
    return arrays


def _read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return load_file(path)
    except (
        SafetensorError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:  # the latter two: types NumPy has not
        raise InputError(f"input {path} is not a safetensors file of integers: {error}") from None
