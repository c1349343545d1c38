"""Amaranth to text: the one place that asks Amaranth's back ends for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from amaranth.back import rtlil, verilog  # pyright: ignore[reportAttributeAccessIssue]  # the stubs leave rtlil out
from amaranth.hdl import UnusedElaboratable


@contextmanager
def prototypes_allowed() -> Iterator[None]:
    """Components of which only the ports are used (`instance.instance_of`) are no mistake: Amaranth warns of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedElaboratable)
        yield


def emit(design: Any, name: str, *, ports: Sequence[Any] | None = None, platform: Any = None) -> str:
    """Verilog of ``design`` as module ``name``; what it instantiates is not in it. The same design gives the same text.

    ``ports`` is needed only when the design is no Component; ``platform`` is handed to every `elaborate`.
    """
    with prototypes_allowed():
        return verilog.convert(design, name=name, ports=ports, platform=platform, emit_src=False, strip_internal_attrs=True)


def emit_rtlil(design: Any, name: str, *, ports: Sequence[Any] | None = None) -> str:
    """RTLIL of ``design`` as module ``name``, for Yosys to read; otherwise as `emit`."""
    with prototypes_allowed():
        return rtlil.convert(design, name=name, ports=ports, emit_src=False)
