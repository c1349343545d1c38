"""NIRGraphData files (``nir.write_data``, HDF5): what an observable of a node holds, read with h5py in a process of its own.

The file's layout is that of `nir.serialization` 1.0.8. Nothing is read before its claimed shape, type and storage have been looked at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .guarded import read_guarded
from .limits import MAX_INPUT_BYTES, check_size

MAX_DEPTH, MAX_NODES = 8, 1024
FILTERS = (None, "gzip", "lzf", "szip")  # HDF5's own: no others are loaded
GRIDDED, EVENTS, VALUED = "TimeGriddedData", "EventData", "ValuedEventData"
PARTS = {GRIDDED: ("data",), EVENTS: ("idx", "time"), VALUED: ("idx", "time", "value")}
SCALARS = {GRIDDED: ("dt",), EVENTS: ("n_neurons", "t_max"), VALUED: ("n_neurons", "t_max")}


def read_nir_file(path: Path, observable: str | None, node: str) -> dict[str, NDArray[Any]]:
    """Arrays of an observable, and its scalars as arrays of no axis, as NIR names them: ``data`` and ``dt``, or ``idx``, ``time``, perhaps ``value``, ``n_neurons``, ``t_max``.

    ``observable``: NODE.NAME, or None when there is one only, or one only of the node ``node`` or of one called input. Raises InputError, OSError.
    """
    check_size(path)
    return read_guarded("nir", path, observable or "", node, needs="h5py", extra="nir")


def decode(file: str, observable: str, node: str) -> dict[str, NDArray[Any]]:
    """The same, in the process that reads. Raises InputError, and whatever h5py does with a broken file."""
    import h5py

    with h5py.File(file, "r") as root:
        if _text(root.attrs.get("__type__")) != "NIRGraphData":
            raise InputError("it holds no NIRGraphData, which nir.write_data writes; of a graph, give the data that go into it")
        found: dict[str, Any] = {}
        _collect(root, "", found, 0)
        chosen = found[_choose(found, observable, node)]
        kind = _text(chosen.attrs.get("__type__"))
        if kind not in PARTS:
            raise InputError(f"its observable is of type {kind!r}; {', '.join(PARTS)} are read")
        left = MAX_INPUT_BYTES
        arrays: dict[str, NDArray[Any]] = {}
        for name in PARTS[kind]:
            dataset = _member(chosen, name, h5py.Dataset)
            left -= _check_dataset(name, dataset, left)
            arrays[name] = dataset[()]
        return arrays | {name: np.asarray(_scalar(chosen, name)) for name in SCALARS[kind]}


def _collect(group: Any, prefix: str, found: dict[str, Any], depth: int) -> None:
    """Every observable below a graph's data, by NODE.NAME."""
    import h5py

    if depth > MAX_DEPTH:
        raise InputError(f"its graphs lie more than {MAX_DEPTH} deep in each other")
    nodes = _member(group, "nodes", h5py.Group)
    for name in nodes:
        node = _member(nodes, name, h5py.Group)
        if _text(node.attrs.get("__type__")) == "NIRGraphData":
            _collect(node, f"{prefix}{name}.", found, depth + 1)
            continue
        observables = _member(node, "observables", h5py.Group)
        for observable in observables:
            found[f"{prefix}{name}.{observable}"] = _member(observables, observable, h5py.Group)
            if len(found) > MAX_NODES:
                raise InputError(f"it has more than {MAX_NODES} observables; keep what is needed")


def _choose(found: dict[str, Any], observable: str, node: str) -> str:
    names = sorted(found)
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    if observable:
        if observable not in found:
            raise InputError(f"it has no observable {observable!r}; it has {shown or 'none'}")
        return observable
    for wanted in (names, *([name for name in names if name.rpartition(".")[0] == own] for own in (node, "input"))):
        if len(wanted) == 1:
            return wanted[0]
    raise InputError(f"it has {len(names)} observables, {shown or 'none'}: name one with --observable NODE.NAME")


def _member(group: Any, name: str, kind: type) -> Any:
    """What lies in a group itself, not in another file or place."""
    import h5py

    if name not in group:
        raise InputError(f"{group.name} has no {name!r}; it is cut off, or not what nir.write_data writes")
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise InputError(f"{group.name}/{name} is a link; write the data into the file")
    found = group[name]
    if not isinstance(found, kind):
        raise InputError(f"{found.name} is no {kind.__name__.lower()}")
    return found


def _check_dataset(name: str, dataset: Any, left: int) -> int:
    """Bytes of a dataset that may be read whole."""
    if dataset.dtype.kind not in "biuf" or dataset.dtype.itemsize > 8 or dataset.shape is None:
        raise InputError(f"{name} is {dataset.dtype}, not numbers of up to 8 bytes")
    if dataset.is_virtual or dataset.external:
        raise InputError(f"{name} lies in another file; write the data into this one")
    if dataset.compression not in FILTERS:
        raise InputError(f"{name} is compressed by {dataset.compression!r}; write it with gzip or without compression")
    chunk = int(np.prod(dataset.chunks, dtype=object)) if dataset.chunks else 0
    size = max(int(np.prod(dataset.shape, dtype=object)), chunk) * dataset.dtype.itemsize
    if size > left:
        raise InputError(f"{name} of shape {dataset.shape} takes {size:,} bytes, more than {MAX_INPUT_BYTES:,} in all; split it")
    return size


def _scalar(group: Any, name: str) -> float:
    value = group.attrs.get(name)
    if not isinstance(value, int | float | np.integer | np.floating) or not np.isfinite(value):
        raise InputError(f"{name} is {value!r}, not a number")
    return float(value)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
