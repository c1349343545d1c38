"""The six neurons of a NIR file, checked and spread to the layer's shape."""

from __future__ import annotations

import numpy as np

from ..float_graph.graph import Shape
from ..float_graph.neurons import IF, LI, LIF, CubaLI, CubaLIF, FloatArray, I, Neuron
from .fields import Fields
from .spread import spread

_NEEDED = {
    "I": ("r",),
    "IF": ("r", "v_threshold"),
    "LI": ("tau", "r", "v_leak"),
    "LIF": ("tau", "r", "v_leak", "v_threshold"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold"),
}
_DEFAULTS = {"IF": {"v_reset": 0.0}, "LIF": {"v_reset": 0.0}, "CubaLI": {"w_in": 1.0}, "CubaLIF": {"v_reset": 0.0, "w_in": 1.0}}
NEURON_TYPES = frozenset(_NEEDED)


def parse_neuron(fields: Fields, shape: Shape | None) -> tuple[Neuron, Shape]:
    """A neuron of the given shape (None: the file's own) and that shape.

    ``v_reset`` is 0 and ``w_in`` 1 where the file has none, as NIR defines. Errors: time constants that are not positive.
    """
    defaults = _DEFAULTS.get(fields.type, {})
    keys = _NEEDED[fields.type] + tuple(key for key in defaults if fields.has(key))
    shape, p = spread(fields, keys, shape)
    for key, value in defaults.items():
        if key not in p:
            p[key] = np.broadcast_to(np.float64(value), shape)
    for key in ("tau", "tau_syn", "tau_mem"):
        if key in p and (p[key] <= 0).any():
            raise fields.error(f"{key} is {float(p[key].min()):g}; a time constant must be positive")
    return _made(fields.type, p), shape


def _made(kind: str, p: dict[str, FloatArray]) -> Neuron:
    match kind:
        case "I":
            return I(**p)
        case "IF":
            return IF(**p)
        case "LI":
            return LI(**p)
        case "LIF":
            return LIF(**p)
        case "CubaLI":
            return CubaLI(**p)
        case "CubaLIF":
            return CubaLIF(**p)
        case _:
            raise AssertionError(kind)
