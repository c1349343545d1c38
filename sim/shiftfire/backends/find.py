"""Backends by name. Only what is asked for is imported: golden needs no compiler of kernels, the simulator no RTL tools."""

from __future__ import annotations

from importlib import import_module
from inspect import Parameter, signature
from typing import Any

from ..errors import InputError
from .backend import Backend

_CLASSES = {
    "sim": ("sim", "Simulator"),
    "golden": ("golden", "Golden"),
    "rtl": ("rtl", "Rtl"),
    "board": ("board", "Board"),
    "cocotb": ("cocotb", "CocotbRtl"),
}
BACKENDS = tuple(_CLASSES)


def find_backend(name: str, **settings: Any) -> Backend:
    """The backend of that name, made with its constructor's ``settings``. Raises InputError for an unknown name, or a setting that it has not."""
    if name not in _CLASSES:
        raise InputError(f"backend {name!r}: there are {', '.join(BACKENDS)}")
    module, kind = _CLASSES[name]
    with_settings = getattr(import_module(f"{__package__}.{module}"), kind)
    try:
        signature(with_settings).bind(**settings)
    except TypeError as error:
        raise InputError(f"backend {name}: {error}; {_settings(with_settings)}") from None
    return with_settings(**settings)


def _settings(kind: Any) -> str:
    """What a backend's constructor takes, for a message."""
    known = signature(kind).parameters.values()
    named = [f"{each.name}=..." if each.default is Parameter.empty else f"{each.name}={each.default!r}" for each in known]
    return f"its settings are {', '.join(named)}" if named else "it has no settings: give none"
