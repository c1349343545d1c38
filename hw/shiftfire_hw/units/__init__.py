"""Standalone wrappers of the shift-based fire units, for a design that takes one unit alone. One wrapper per file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from amaranth.lib.wiring import Component

UNITS: Mapping[str, Callable[[], Component]] = MappingProxyType({})
"""Units by name, each with its default sizes."""
