"""Standalone wrappers of the shift-based fire units, for a design that takes one unit alone. One wrapper per file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from amaranth.lib.wiring import Component

from .activation_table import ActivationTableUnit
from .bspn import BspnUnit
from .ptsoftmax import PtSoftmaxUnit
from .shiftlif import ShiftLifUnit

UNITS: Mapping[str, Callable[[], Component]] = MappingProxyType(
    {
        "bspn": BspnUnit,
        "ptsilu": ActivationTableUnit,  # the same hardware: the table that is loaded makes the function
        "ptsoftmax": PtSoftmaxUnit,
        "ptsoftplus": ActivationTableUnit,
        "shiftlif": ShiftLifUnit,
    }
)
"""Units by name, each with its default sizes."""
