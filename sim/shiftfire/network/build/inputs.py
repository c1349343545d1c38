"""Inputs from keywords: a shape, vectors per sample, and values, which say the payloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from shiftfire_spec.packet import PayloadKind

from ..graph import Input
from ..values import NetworkError
from .values import integers, nearest, shape_of, shown

_KEYS = ("shape", "timesteps", "values", "powers")


def make_inputs(owner: str, inputs: Mapping[str, Any], common: Mapping[str, Any]) -> tuple[Input, ...]:
    """Inputs by name, each a shape or a dict of ``shape`` and what differs from ``common``. Raises NetworkError."""
    return tuple(_make(owner, name, given, common) for name, given in inputs.items())


def _make(owner: str, name: str, given: Any, common: Mapping[str, Any]) -> Input:
    where = f"{owner}, input {name}"
    settings = dict(cast("Mapping[str, Any]", given)) if isinstance(given, Mapping) else {"shape": given}
    for key in settings:
        if key not in _KEYS:
            raise NetworkError(f"{where}: no setting {key!r}; {nearest(key, _KEYS)}")
    if "shape" not in settings:
        raise NetworkError(f"{where} has no shape; give elements, or (channels, height, width)")
    settings = {**common, **settings}
    limits = integers(settings["values"])
    if limits is None or len(limits) != 2:
        raise NetworkError(f"{where}: values = {shown(settings['values'])} is not (least, greatest), two whole numbers")
    low, high = limits
    kind = PayloadKind.POW2 if settings["powers"] else PayloadKind.UNIT if (low, high) == (0, 1) else PayloadKind.COUNT
    if kind is PayloadKind.COUNT and low < 0:
        kind = PayloadKind.SIGNED
    return Input(name, shape_of(where, settings["shape"]), settings["timesteps"], kind, low, high)
