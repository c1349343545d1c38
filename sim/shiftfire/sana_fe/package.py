"""SANA-FE itself, an optional package (GPL-3.0): used as it is installed, nothing of it is part of shiftfire."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import SanaFeError


def sana_fe() -> Any:
    """The module ``sanafe``. Raises SanaFeError when it is not installed."""
    try:
        return import_module("sanafe")
    except ImportError:
        raise SanaFeError("SANA-FE is not installed: pip install 'shiftfire[claims]'") from None
