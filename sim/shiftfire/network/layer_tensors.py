"""The tensors that a container holds of one layer's neurons."""

from __future__ import annotations

import numpy as np

from .fields import shown
from .values import IntArray, NetworkError

Tensors = dict[str, IntArray]


def take(tensors: Tensors, name: str) -> IntArray:
    """The tensor ``name`` as it is stored, out of ``tensors``. Raises NetworkError when it is not there."""
    if name not in tensors:
        raise NetworkError(f"weights.safetensors: tensor {shown(name)} is missing; write the container again")
    return tensors.pop(name)


def take_optional(tensors: Tensors, name: str) -> IntArray | None:
    """The tensor ``name`` as int64, out of ``tensors``, or None when it is not there."""
    return tensors.pop(name).astype(np.int64) if name in tensors else None


class LayerTensors:
    """Takes the tensors of the layer ``layer``, by the neuron's own names, out of a container's."""

    def __init__(self, tensors: Tensors, layer: str) -> None:
        self._tensors, self._layer = tensors, layer

    def take(self, name: str) -> IntArray:
        """The tensor, as int64. Raises NetworkError when it is not there."""
        return take(self._tensors, tensor_name(self._layer, name)).astype(np.int64)

    def take_optional(self, name: str) -> IntArray | None:
        """The tensor, as int64, or None when it is not there."""
        return take_optional(self._tensors, tensor_name(self._layer, name))


def tensor_name(layer: str, name: str) -> str:
    """Name in the container of a neuron's tensor."""
    return f"{layer}/{name}"
