"""How the kernels' functions are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

# Reference counting off: the kernel allocates nothing, its arrays outlive it, and counting references to them atomically took fifteen times as long as the work itself.
NO_COUNTING: dict[str, Any] = {"_nrt": False}
_UNIT: dict[str, Any] = {**NO_COUNTING, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def _compiled(function: Function, options: dict[str, Any]) -> Function:
    return cast("Function", njit(**options)(function))


def inlined(function: Function) -> Function:
    """A part of the kernel: typed once, inlined by LLVM wherever it is called. Only compiled functions call it (docs/decisions/0015-inlined-by-llvm.md)."""
    return _compiled(function, {**_UNIT, "forceinline": True})


def called(function: Function) -> Function:
    """A part of the kernel that is large and rarely run: LLVM decides whether to inline it."""
    return _compiled(function, _UNIT)
