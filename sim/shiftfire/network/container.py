"""The network container: a directory of JSON and safetensors. Format: docs/reference/network-format.md.

Nothing in a container is trusted: file names are fixed, sizes are bounded before anything is parsed, and whatever is wrong
with a file comes out as one NetworkError.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from .check import LABELS, check_network, seal_network
from .fields import shown
from .graph import Network
from .input_sets import Inputs, expand_all, sample_count
from .schema import decode_network, encode_network
from .tensors import decode_tensors, encode_tensors
from .values import IntArray, NetworkError

NETWORK_FILE = "network.json"
WEIGHTS_FILE = "weights.safetensors"
TEST_FILE = "test.safetensors"
_INPUTS = "inputs"  # the tensor of a network's one input
MAX_NETWORK_BYTES = 1 << 20
MAX_TENSOR_BYTES = 1 << 26


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs as golden takes them, arrays by name where the network has several; ``labels`` (samples,) as predictions come out, None where nobody knows them."""

    inputs: Inputs
    labels: IntArray | None


def save_network(network: Network, directory: str | os.PathLike[str], test: Samples | None = None) -> None:
    """Write ``network`` and, when given, its test split; replaces a container that is there.

    Every file is written under a temporary name and renamed, ``network.json`` last. Raises NetworkError when the network or
    the split is not valid, or the directory cannot be written.
    """
    check_network(network)
    document, tensors = encode_network(network)
    files = {WEIGHTS_FILE: encode_tensors(tensors)}
    if test is not None:
        _check_samples(network, test)
        named = dict(test.inputs) if isinstance(test.inputs, Mapping) else {_INPUTS: test.inputs}
        files[TEST_FILE] = encode_tensors({**named, **({} if test.labels is None else {LABELS: test.labels})})
    files[NETWORK_FILE] = (json.dumps(document, indent=1, allow_nan=False) + "\n").encode()
    for name, data in files.items():
        limit = _limit(name)
        if len(data) > limit:
            raise NetworkError(
                f"network {network.name}: {name} would take {len(data)} bytes, at most {limit} are read; make it smaller"
            )
    path = Path(directory)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if test is None:
            (path / TEST_FILE).unlink(missing_ok=True)
        for name, data in files.items():
            _replace(path / name, data)
    except OSError as error:
        raise NetworkError(f"cannot write the network container {path}: {error}") from None


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load_network(directory: str | os.PathLike[str]) -> Network:
    """The checked network of a container. Raises NetworkError, naming the file, when it is not a valid one."""
    path = Path(directory)
    network_data, weights_data = _read(path, NETWORK_FILE), _read(path, WEIGHTS_FILE)
    try:
        return seal_network(decode_network(_parse_json(network_data), decode_tensors(weights_data, WEIGHTS_FILE)))
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from None


def load_test_split(directory: str | os.PathLike[str], network: Network | None = None) -> Samples:
    """The container's test split, checked against its network (``network``, where that has been loaded before). Raises NetworkError when there is none or it is not valid."""
    if network is None:
        network = load_network(directory)
    path = Path(directory)
    if not (path / TEST_FILE).exists():
        raise NetworkError(f"{path} has no {TEST_FILE}; use a container with a test split, or give inputs (--input FILE)")
    data = _read(path, TEST_FILE)
    try:
        tensors = decode_tensors(data, TEST_FILE)
        names = [source.name for source in network.inputs] if network.feeds else [_INPUTS]
        if set(tensors) - {LABELS} != set(names):
            held = ", ".join(sorted(tensors)) or "nothing"
            wanted = ", ".join(names)
            raise NetworkError(f"{TEST_FILE} holds {held}; it must hold {wanted}, labels where they are known, and nothing else")
        named = {name: tensors[name].astype(np.int64) for name in names}
        labels = tensors[LABELS].astype(np.int64) if LABELS in tensors else None
        samples = Samples(named if network.feeds else named[_INPUTS], labels)
        _check_samples(network, samples)
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from None
    return samples


def _check_samples(network: Network, samples: Samples) -> None:
    expand_all(network.inputs, samples.inputs)
    classes = network.layer(network.output).shape.channels
    labels, count = samples.labels, sample_count(samples.inputs)
    if not count:
        raise NetworkError("the test split has no samples; give at least one, or no split")
    if labels is None:
        return
    if labels.dtype.kind not in "iu" or labels.shape != (count,):
        raise NetworkError(f"labels are {labels.dtype} of shape {labels.shape}; give integers of shape ({count},)")
    if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise NetworkError(f"labels run from {labels.min()} to {labels.max()}; they must be within 0..{classes - 1}")


def _limit(name: str) -> int:
    return MAX_NETWORK_BYTES if name == NETWORK_FILE else MAX_TENSOR_BYTES


def _read(directory: Path, name: str) -> bytes:
    """Bytes of a container's file: a regular file in the directory itself, no larger than its limit."""
    path = directory / name
    limit = _limit(name)
    if path.is_symlink() and Path(os.path.realpath(path)).parent != directory.resolve():
        raise NetworkError(f"{path} is a link out of the container; copy the file into it")
    try:
        with open(path, "rb", opener=_open_regular) as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise NetworkError(f"{path} does not exist; a network is a directory with {NETWORK_FILE} and {WEIGHTS_FILE}") from None
    except (OSError, ValueError) as error:
        raise NetworkError(f"cannot read {path}: {error}") from None
    if len(data) > limit:
        raise NetworkError(f"{path} is larger than {limit} bytes, the most that is read; make the network smaller")
    return data


def _open_regular(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe must not block before it is refused; Windows has none
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("not a regular file")
    return handle


def _parse_json(data: bytes) -> object:
    try:
        return json.loads(data.decode(), parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except NetworkError:
        raise
    except (ValueError, RecursionError) as error:
        raise NetworkError(f"{NETWORK_FILE} is not JSON ({error}); write the container again") from None


def _refuse_constant(text: str) -> NoReturn:
    raise NetworkError(f"{NETWORK_FILE} holds {text}, which is not JSON; use integers")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise NetworkError(f"{NETWORK_FILE}: key {shown(twice)} appears twice in an object; keep one")
    return result
