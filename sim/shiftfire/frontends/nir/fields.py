"""Single fields of a node: numbers, whole numbers and shapes, whatever container the file or the exporter used."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..float_graph.neurons import FloatArray
from .errors import NirError
from .limits import MAX_AXES, MAX_ELEMENTS
from .tree import Tree


class Fields:
    """Typed access to a node's fields; each error names the node, its type, the field and the value."""

    def __init__(self, name: str, tree: Tree) -> None:
        self.name = name
        self.type = str(tree.get("type"))
        self._tree = tree

    def error(self, what: str) -> NirError:
        """The error of this node, in one line."""
        return NirError(f"NIR node '{self.name}' ({self.type}): " + " ".join(what.split()))

    def has(self, key: str) -> bool:
        return self._tree.get(key) is not None

    def array(self, key: str) -> FloatArray:
        """A tensor of finite numbers, as float64."""
        if not self.has(key):
            raise self.error(f"no {key}; write the file again with a NIR exporter")
        value = self._raw(key)
        if value.dtype.kind not in "fiub":
            raise self.error(f"{key} is {value.dtype}, not numbers")
        if value.ndim > MAX_AXES:
            raise self.error(f"{key} has {value.ndim} axes; at most {MAX_AXES}")
        if value.size > MAX_ELEMENTS:
            raise self.error(f"{key} has {value.size} elements; at most {MAX_ELEMENTS}")
        if value.size == 0:
            raise self.error(f"{key} is empty, shape {value.shape}")
        with np.errstate(invalid="ignore"):  # a signalling NaN
            found = value.astype(np.float64)
        if not np.isfinite(found).all():
            where = tuple(int(axis) for axis in np.argwhere(~np.isfinite(found))[0])
            raise self.error(f"{key}{list(where)} is {found[where]}; every parameter must be finite: look at the training")
        return found

    def integers(self, key: str, axes: int, least: int) -> tuple[int, ...]:
        """``axes`` whole numbers of at least ``least``; one number stands for all axes."""
        values = self.array(key).reshape(-1)
        if values.size == 1:
            values = np.repeat(values, axes)
        if values.size != axes:
            raise self.error(f"{key} has {values.size} values for {axes} axes")
        if (values != np.floor(values)).any() or (values < least).any() or (values > MAX_ELEMENTS).any():
            raise self.error(f"{key} is {_short(values)}; whole numbers from {least} to {MAX_ELEMENTS} are needed")
        return tuple(int(value) for value in values)

    def integer(self, key: str, default: int, least: int) -> int:
        """One whole number; ``default`` where the file has none."""
        return self.integers(key, 1, least)[0] if self.has(key) else default

    def shape(self, key: str) -> tuple[int, ...]:
        """A shape of positive sizes; () where the file has none."""
        if not self.has(key) or self._raw(key).size == 0:
            return ()
        raw = self._raw(key)
        return self.checked(self.integers(key, raw.size if raw.ndim else 1, 1))

    def checked(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape within the bounds."""
        if len(shape) > MAX_AXES:
            raise self.error(f"shape {shape} has {len(shape)} axes; at most {MAX_AXES}")
        total = 1
        for size in shape:
            total *= size
        if total > MAX_ELEMENTS:
            raise self.error(f"shape {shape} has {total} elements; at most {MAX_ELEMENTS}")
        return shape

    def text(self, key: str) -> str | None:
        """A string, or nothing where the field is a number."""
        value = self._tree.get(key)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if isinstance(value, str) else None

    def _raw(self, key: str) -> np.ndarray[Any, np.dtype[Any]]:
        value = self._tree[key]
        detach = getattr(value, "detach", None)
        try:
            return np.asarray(detach().cpu() if detach is not None else value)
        except (ValueError, TypeError, RuntimeError, OverflowError) as error:
            raise self.error(f"{key} is no tensor of numbers ({error})") from None


def _short(values: FloatArray) -> str:
    shown = ", ".join(f"{value:g}" for value in values[:4])
    return f"[{shown}, ...]" if values.size > 4 else f"[{shown}]" if values.size > 1 else shown
