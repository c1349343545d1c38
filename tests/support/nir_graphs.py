"""Small NIR graphs as plain dictionaries, and as files, for tests of the reader."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def lif(size: int | tuple[int, ...], **changed: Any) -> dict[str, Any]:
    ones = np.ones(size)
    return {"type": "LIF", "tau": ones * 0.01, "r": ones, "v_leak": ones * 0, "v_threshold": ones, **changed}


def affine(outputs: int, inputs: int, **changed: Any) -> dict[str, Any]:
    return {"type": "Affine", "weight": np.full((outputs, inputs), 0.5), "bias": np.zeros(outputs), **changed}


def end(kind: str, *shape: int) -> dict[str, Any]:
    return {"type": kind, "shape": np.array(shape)}


def graph(nodes: dict[str, Any], *edges: tuple[str, str]) -> dict[str, Any]:
    return {"type": "NIRGraph", "nodes": nodes, "edges": list(edges)}


def chain(**nodes: dict[str, Any]) -> dict[str, Any]:
    """One node after the other."""
    names = list(nodes)
    return graph(nodes, *itertools.pairwise(names))


def mlp() -> dict[str, Any]:
    return chain(input=end("Input", 4), fc=affine(3, 4), lif=lif(3), output=end("Output", 3))


def bare_loop() -> dict[str, Any]:
    """Nodes a and b on a loop without a neuron."""
    ends = {"input": end("Input", 3), "a": affine(3, 3), "b": affine(3, 3), "o": end("Output", 3)}
    return graph(ends, ("input", "a"), ("a", "b"), ("b", "a"), ("b", "o"))


def write(path: Path, tree: dict[str, Any], **options: Any) -> Path:
    """The tree as nir.write lays it out; ``options`` go to every dataset of more than one number."""
    with h5py.File(path, "w") as file:
        file["version"] = "1.0.8"
        _write(file.create_group("node"), tree, options)
    return path


def _write(group: h5py.Group, tree: dict[str, Any], options: dict[str, Any]) -> None:
    for key, value in tree.items():
        if isinstance(value, dict):
            _write(group.create_group(key), value, options)
        elif isinstance(value, np.ndarray) and value.ndim:
            group.create_dataset(key, data=value, **options)
        elif isinstance(value, list):
            group.create_dataset(key, data=np.array(value, dtype=object), dtype=h5py.string_dtype(), shape=(len(value), 2))
        else:
            group[key] = value
