"""Libraries that a report can do without: named in one line when they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import InputError


def needed(module: str, what: str) -> Any:
    """The module ``module``, without which there is no ``what``. Raises InputError."""
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise InputError(f"{what} need {package}, which is not installed: pip install '{package}', or 'shiftfire[plot]'") from None
