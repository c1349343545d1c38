"""Parameters of a node, spread to its shape without copying: scalars, and arrays that miss or have leading axes of one."""

from __future__ import annotations

import numpy as np

from ..float_graph.graph import Shape
from ..float_graph.neurons import FloatArray
from .fields import Fields


def spread(fields: Fields, keys: tuple[str, ...], shape: Shape | None) -> tuple[Shape, dict[str, FloatArray]]:
    """The node's shape, and its fields ``keys`` in that shape (read-only views).

    ``shape`` is what enters the node; None where that is not known, then the parameters must say it.
    """
    arrays = {key: fields.array(key) for key in keys}
    try:
        own = np.broadcast_shapes(*(array.shape for array in arrays.values() if array.size > 1))
    except ValueError:
        shapes = ", ".join(f"{key} {array.shape}" for key, array in arrays.items())
        raise fields.error(f"parameters of different shapes: {shapes}; give all of them one shape") from None
    if shape is None:
        if not own:
            raise fields.error("its shape is nowhere in the file; export with parameters of the layer's shape")
        shape = fields.checked(own)
    return shape, {key: _to(fields, key, array, shape) for key, array in arrays.items()}


def _to(fields: Fields, key: str, array: FloatArray, shape: Shape) -> FloatArray:
    if array.size == 1:
        array = array.reshape(())
    while array.ndim > len(shape) and array.shape[0] == 1:
        array = array[0]
    if array.ndim not in (0, len(shape)):
        raise fields.error(f"{key} of shape {array.shape} for a layer of shape {shape}; {_hint(array, shape)}")
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise fields.error(
            f"{key} of shape {array.shape} for a layer of shape {shape}; export again with matching shapes"
        ) from None


def _hint(array: FloatArray, shape: Shape) -> str:
    if array.ndim == 1 and array.shape[0] == shape[0]:
        return f"for one value per channel give it the shape {(shape[0], *(1,) * (len(shape) - 1))}"
    return "export again with matching shapes"
