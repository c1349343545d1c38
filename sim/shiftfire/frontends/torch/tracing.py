"""torch.fx drives the module's own forward pass; every call that reaches a layer, a function or a method is handed to the registries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import fx, nn

from .errors import OrderError, TorchError
from .reading import Reading
from .registry import layer_of, operation_of, refused_class
from .values import Held, Value


class Handle(fx.Proxy):
    """Stands for a value, or a tuple with values in it, in the module's Python code. Shapes are known: code may branch on them."""

    held: Any = None

    def __getattr__(self, name: str) -> Any:
        held = self.__dict__.get("held")
        if isinstance(held, Value):
            plain = _ATTRIBUTES.get(name)
            if plain is not None:
                return plain(held.address)
            if name in ("T", "mT", "data"):
                return self.tracer.create_proxy("call_method", name, (self,), {})
        return super().__getattr__(name)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return iter([self[index] for index in range(len(self))])

    def __len__(self) -> int:
        held = self.held
        return len(held.address if isinstance(held, Value) else held)

    def __bool__(self) -> bool:
        raise self.tracer.reading.error(
            "forward branches on values that depend on the input; a network does the same for every input: rewrite that part"
        )


_ATTRIBUTES: dict[str, Callable[[torch.Tensor], Any]] = {
    "shape": lambda a: a.shape,
    "ndim": lambda a: a.ndim,
    "dtype": lambda _: torch.get_default_dtype(),
    "device": lambda a: a.device,
    "requires_grad": lambda _: False,
    "is_cuda": lambda _: False,
}


class Reader(fx.Tracer):
    """Walks a module, whose path in the root is ``prefix`` and whose inputs are ``values``; what it finds goes into ``reading``."""

    def __init__(self, reading: Reading, prefix: str, values: list[Value]) -> None:
        super().__init__()
        self.reading, self._prefix, self._values = reading, prefix, iter(values)

    def proxy(self, node: fx.Node) -> Handle:
        return Handle(node, self)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return layer_of(m) is not None or refused_class(m) is not None

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: Any) -> Any:
        """Parameters and buffers are what they are, not something to trace."""
        return attr_val

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        before = self.reading.where, self.reading.path
        self.reading.path = self.path_of_module(m).removeprefix(self._prefix).removeprefix(".")
        self.reading.where = f"module {self.reading.path or '(the whole)'} ({type(m).__name__})"
        try:
            return super().call_module(m, forward, args, kwargs)
        finally:
            self.reading.where, self.reading.path = before

    def create_proxy(self, kind: str, target: Any, args: Any, kwargs: Any, *rest: Any, **more: Any) -> Any:
        held = next(self._values) if kind == "placeholder" else self._performed(kind, target, _given(args), _given(kwargs))
        if not _depends(held):
            return held
        made = super().create_proxy(kind, target, (), {})
        made.held = held
        return made

    def _performed(self, kind: str, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        reading = self.reading
        try:
            if kind == "call_module":
                module = self.root.get_submodule(target)
                why = refused_class(module)
                if why is not None:
                    raise reading.error(why)
                layer = layer_of(module)
                assert layer is not None, "a leaf has a layer or a refusal"
                return layer(reading, module, args, kwargs)
            name = target if isinstance(target, str) else getattr(target, "__name__", str(target))
            before, reading.path = reading.path, f"{reading.path}.{name}".lstrip(".")
            try:
                operation = operation_of(name)
                if operation is None:
                    raise reading.error(
                        f"the operation {name} is not known here; use layers and sums, or compute it before the network"
                    )
                return operation(reading, args, kwargs)
            finally:
                reading.path = before
        except OrderError as error:
            if str(error).startswith(reading.where):
                raise
            raise OrderError(
                f"{reading.where}: {error}; keep channels before positions, as torch's convolutions have them"
            ) from None


def _given(args: Any) -> Any:
    """Arguments with what handles hold."""
    if isinstance(args, Handle):
        return args.held
    if isinstance(args, dict):
        return {key: _given(value) for key, value in args.items()}
    if isinstance(args, torch.Size):
        return args
    return type(args)(_given(value) for value in args) if isinstance(args, tuple | list) else args


def _depends(held: Any) -> bool:
    if isinstance(held, tuple | list):
        return any(_depends(part) for part in held)
    return isinstance(held, Value | Held)


def held_by(returned: Any) -> list[Value | Held]:
    """Everything in what a forward pass returned. Raises TorchError where there is nothing."""
    found: list[Value | Held] = []

    def collect(part: Any) -> None:
        part = part.held if isinstance(part, Handle) else part
        if isinstance(part, dict):
            part = tuple(part.values())
        if isinstance(part, tuple | list):
            for inner in part:
                collect(inner)
        elif isinstance(part, Value | Held):
            found.append(part)

    collect(returned)
    if not found:
        raise TorchError("the module returns nothing that depends on its input; return the output layer's spikes or sums")
    return found
