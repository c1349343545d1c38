"""What an HDF5 file claims, checked object by object before any of its data is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import h5py

from .errors import NirError
from .limits import MAX_AXES, MAX_BYTES, MAX_DEPTH, MAX_EDGES, MAX_ELEMENTS, MAX_NAME, MAX_NODES

MAX_OBJECTS = 12 * MAX_NODES
MAX_CHUNK_BYTES = 1 << 26
MAX_TEXT_BYTES = 1 << 24
MAX_EXPANSION = 100  # times what is stored; weights of a file compress less, zeros a thousand times
MAX_EXPANDED = 1 << 24  # bytes of data that expand more
# deflate, shuffle, fletcher32, szip, lzf: what nir.write and h5py write; others come from plug-ins
FILTERS = {1, 2, 3, 4, 32000}


@dataclass
class Budget:
    """What is left of the file's bounds."""

    objects: int = MAX_OBJECTS
    bytes: int = MAX_BYTES
    elements: int = MAX_ELEMENTS
    expanded: int = MAX_EXPANDED
    datasets: list[Any] = field(default_factory=list[Any])


def outline(group: h5py.Group, budget: Budget, depth: int = 0) -> dict[str, Any]:
    """The group as nested dictionaries, with ``["array", dtype, shape]`` or ``["text", shape]`` for a dataset.

    Datasets go to ``budget.datasets`` in the order in which they are met. Raises NirError for links, references, formats,
    sizes, filters and depths that no exporter writes.
    """
    if depth > 2 * MAX_DEPTH + 2:
        raise NirError(f"HDF5 group '{_name(group)}' lies too deep; a NIR file has at most {MAX_DEPTH} graphs within graphs")
    found: dict[str, Any] = {}
    for key in map(str, group):
        budget.objects -= 1
        if budget.objects < 0:
            raise NirError(f"more than {MAX_OBJECTS} objects in the file; at most {MAX_NODES} nodes are read")
        where = f"{_name(group)}/{key}"[-MAX_NAME:]
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise NirError(f"HDF5 object '{where}' is a soft or external link; write the file with nir.write")
        item = group[key]
        if isinstance(item, h5py.Group):
            found[key] = outline(item, budget, depth + 1)
        elif isinstance(item, h5py.Dataset):
            found[key] = _dataset(item, where, budget)
        else:
            raise NirError(
                f"HDF5 object '{where}' is a {type(item).__name__}, not a group or dataset; write the file with nir.write"
            )
    return found


def _dataset(item: h5py.Dataset, where: str, budget: Budget) -> list[Any]:
    shape = tuple(item.shape) if item.shape is not None else (0,)
    if len(shape) > MAX_AXES:
        raise NirError(f"HDF5 dataset '{where}' has {len(shape)} axes; at most {MAX_AXES}")
    elements = 1
    for size in shape:
        elements *= size
    text = h5py.check_string_dtype(item.dtype)
    if text is None and (item.dtype.kind not in "fiub" or item.dtype.itemsize > 8 or item.dtype.subdtype is not None):
        raise NirError(f"HDF5 dataset '{where}' holds {str(item.dtype)[:60]}; numbers and strings are read")
    if text is not None and elements > 2 * MAX_EDGES:
        raise NirError(f"HDF5 dataset '{where}' claims {elements} strings; at most {2 * MAX_EDGES}")
    size = elements * max(item.dtype.itemsize, 1)
    if elements > budget.elements or size > budget.bytes:
        raise NirError(
            f"HDF5 dataset '{where}' claims {elements} elements; a file may hold {MAX_ELEMENTS} in all, and {MAX_BYTES} bytes"
        )
    budget.elements -= elements
    budget.bytes -= size
    _storage(item, where)
    stored = item.id.get_storage_size()
    if size > MAX_EXPANSION * stored:
        budget.expanded -= size
        if budget.expanded < 0:
            raise NirError(
                f"HDF5 dataset '{where}' makes {size} bytes of {stored}; at most {MAX_EXPANDED} bytes may expand {MAX_EXPANSION} times:"
                " store it without compression"
            )
    budget.datasets.append(item)
    return ["text", shape] if text is not None else ["array", item.dtype.newbyteorder("<").str, shape]


def _storage(item: h5py.Dataset, where: str) -> None:
    if item.external or item.is_virtual:
        raise NirError(f"HDF5 dataset '{where}' keeps its data in another file; write it again with nir.write")
    plist = item.id.get_create_plist()
    used = {plist.get_filter(index)[0] for index in range(plist.get_nfilters())}
    if used - FILTERS:
        raise NirError(
            f"HDF5 dataset '{where}' uses filter {min(used - FILTERS)}; gzip, szip and lzf are read: write it again with nir.write"
        )
    chunk = 1
    for size in item.chunks or ():
        chunk *= size
    if chunk * item.dtype.itemsize > MAX_CHUNK_BYTES:
        raise NirError(
            f"HDF5 dataset '{where}' has chunks of {chunk} elements; at most {MAX_CHUNK_BYTES} bytes: write it again with nir.write"
        )


def _name(item: Any) -> str:
    return str(item.name or "")[-MAX_NAME:]
