"""Which layer and operation is read how. A class counts by its framework and name, so that no framework but torch need be there."""

from __future__ import annotations

from torch import nn

from .arithmetic import ARITHMETIC
from .layers import LAYERS
from .moves import MOVES
from .pools import POOL_LAYERS, POOL_OPERATIONS
from .products import PRODUCTS
from .reading import Layer, Operation
from .snntorch import SNNTORCH
from .spikingjelly import SPIKINGJELLY

_LAYERS: dict[tuple[str, str], Layer] = {**LAYERS, **POOL_LAYERS, **SPIKINGJELLY, **SNNTORCH}
_OPERATIONS: dict[str, Operation] = {**MOVES, **ARITHMETIC, **PRODUCTS, **POOL_OPERATIONS}
_OWN = frozenset(
    (
        "__init__",
        "extra_repr",
        "__module__",
        "__doc__",
        "__qualname__",
        "__annotations__",
        "__firstlineno__",
        "__static_attributes__",
    )
)
_CONTAINERS = frozenset(("Sequential", "ModuleList", "ModuleDict"))
_STATEFUL = frozenset((("spikingjelly", "MemoryModule"), ("snntorch", "SpikingNeuron"), ("spikingjelly", "NonSpikingBaseNode")))


def _key(kind: type) -> tuple[str, str]:
    return kind.__module__.split(".")[0], kind.__name__


def layer_of(module: nn.Module) -> Layer | None:
    """How a module is read as a whole; None where its forward pass is followed. A class that adds nothing to a known one but its constructor is read as that one."""
    for kind in type(module).__mro__:
        found = _LAYERS.get(_key(kind))
        if found is not None:
            return found
        if not set(vars(kind)) <= _OWN:
            return None
    return None


def refused_class(module: nn.Module) -> str | None:
    """Why a module is refused as it is: a layer of torch that is not known, or a neuron with a step of its own."""
    if layer_of(module) is not None:
        return None
    kinds = {_key(kind) for kind in type(module).__mro__}
    if kinds & _STATEFUL:
        known = ", ".join(sorted(name for framework, name in _LAYERS if (framework, name) in {**SPIKINGJELLY, **SNNTORCH}))
        return f"neurons of this class are not known here; known are {known}: use one of them, or export to NIR (docs/reference/nir.md)"
    if type(module).__module__.startswith("torch.nn.modules.") and type(module).__name__ not in _CONTAINERS:
        known = ", ".join(sorted(name for framework, name in _LAYERS if framework == "torch"))
        return f"layers of this class are not known here; known are {known}: replace it, or leave it out of what is converted"
    if getattr(module, "parametrizations", None) is not None:
        return "its parameters are computed by parametrizations; remove them first (torch.nn.utils.parametrize.remove_parametrizations)"
    return None


def operation_of(name: str) -> Operation | None:
    """How a function or a method of that name is read."""
    return _OPERATIONS.get(name)
