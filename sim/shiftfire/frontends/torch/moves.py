"""Operations that move elements: carried out on the addresses, by torch itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from .reading import Operation, Reading
from .values import Held, Value

_NAMES = [
    "reshape",
    "view",
    "view_as",
    "reshape_as",
    "flatten",
    "unflatten",
    "ravel",
    "permute",
    "transpose",
    "swapaxes",
    "swapdims",
    "movedim",
    "moveaxis",
    "squeeze",
    "unsqueeze",
    "expand",
    "expand_as",
    "repeat",
    "repeat_interleave",
    "tile",
    "broadcast_to",
    "narrow",
    "select",
    "index_select",
    "unbind",
    "chunk",
    "split",
    "tensor_split",
    "t",
    "roll",
    "flip",
]
_AS_THEY_ARE = ["contiguous", "clone", "detach", "to", "float", "double", "type", "cuda", "cpu", "requires_grad_"]
_PROPERTIES: dict[str, Callable[[torch.Tensor], Any]] = {"T": lambda a: a.T, "mT": lambda a: a.mT, "data": lambda a: a}
_FACTS = ("size", "dim", "numel", "ndimension", "stride", "is_contiguous", "__len__")


def _moves(name: str) -> Operation:
    def move(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        value = reading.value(args[0])
        others = [a.address if isinstance(a, Value) else a for a in args[1:]]
        method = getattr(value.address, name, None) or getattr(torch, name)
        try:
            moved = method(*others, **kwargs)
        except RuntimeError as error:
            raise reading.error(f"{name} does not fit: {' '.join(str(error).split())}") from None
        return tuple(value.moved(part) for part in moved) if isinstance(moved, tuple | list) else value.moved(moved)

    return move


def _stays(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return args[0]


def _property(name: str) -> Operation:
    return lambda reading, args, kwargs: reading.value(args[0]).moved(_PROPERTIES[name](reading.value(args[0]).address))


def _fact(name: str) -> Operation:
    return lambda reading, args, kwargs: getattr(reading.value(args[0]).address, name)(*args[1:], **kwargs)


def _item(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    held, index = args
    if isinstance(held, tuple | list):
        return held[index]
    value = reading.value(held)
    return value.moved(value.address[index])


def _joined(join: Callable[..., torch.Tensor]) -> Operation:
    """Tensors of the same nodes in one: the steps of a loop over time."""

    def joined(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        parts = args[0]
        if parts and all(isinstance(part, Held) for part in parts):
            shown = parts[-1].node
            if shown is None or any(part.node is None or part.node.terms != shown.terms for part in parts):
                return parts[-1]
            parts = [part.node for part in parts]
        values = [reading.value(part) for part in parts]
        first = values[0]
        if any((v.terms, v.moving, v.decoded) != (first.terms, first.moving, first.decoded) for v in values):
            raise reading.error(
                f"it joins different layers ({', '.join(dict.fromkeys(term for v in values for term in v.terms))}); a layer has one output:"
                " add them, each behind a layer of its own"
            )
        return replace(first, address=join([v.address for v in values], *args[1:], **kwargs))

    return joined


def _equal(reading: Reading, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Comparisons with None, which code asks of optional states."""
    if any(a is None for a in args):
        return False
    raise reading.error("it compares values that depend on the input; only neurons do that here")


MOVES: dict[str, Operation] = {
    **{name: _moves(name) for name in _NAMES},
    **dict.fromkeys(_AS_THEY_ARE, _stays),
    **{name: _property(name) for name in _PROPERTIES},
    **{name: _fact(name) for name in _FACTS},
    "getitem": _item,
    "__getitem__": _item,
    "stack": _joined(torch.stack),
    "cat": _joined(torch.cat),
    "concat": _joined(torch.cat),
    "eq": _equal,
    "ne": lambda reading, args, kwargs: not _equal(reading, args, kwargs),
}
