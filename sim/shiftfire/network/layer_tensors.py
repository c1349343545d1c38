"""The tensors that a container holds of one layer's neurons."""

from __future__ import annotations

from .fields import shown
from .values import IntArray, NetworkError

Tensors = dict[str, IntArray]


def take(tensors: Tensors, name: str) -> IntArray:
    """The tensor ``name``, out of ``tensors``. Raises NetworkError when it is not there."""
    if name not in tensors:
        raise NetworkError(f"weights.safetensors: tensor {shown(name)} is missing; write the container again")
    return tensors.pop(name)


class LayerTensors:
    """Takes the tensors of the layer ``layer``, by the neuron's own names, out of a container's."""

    def __init__(self, tensors: Tensors, layer: str) -> None:
        self._tensors, self._layer = tensors, layer

    def take(self, name: str) -> IntArray:
        """The tensor. Raises NetworkError when it is not there."""
        return take(self._tensors, tensor_name(self._layer, name))

    def take_optional(self, name: str) -> IntArray | None:
        """The tensor, or None when it is not there."""
        return self._tensors.pop(tensor_name(self._layer, name), None)


def tensor_name(layer: str, name: str) -> str:
    """Name in the container of a neuron's tensor."""
    return f"{layer}/{name}"
