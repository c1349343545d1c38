"""Amaranth to text: the one place that asks Amaranth's back ends for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth._toolchain.yosys import find_yosys  # pyright: ignore[reportMissingImports]  # Amaranth's own way to its Yosys
from amaranth.back import rtlil  # pyright: ignore[reportAttributeAccessIssue]  # the stubs leave rtlil out

_OLDEST_YOSYS = (0, 40)  # that reads what Amaranth writes
_ATTRIBUTES = ("generator", "top", "src", "amaranth.hierarchy", "amaranth.decoding")


def emit(design: Any, name: str, *, ports: Sequence[Any] | None = None, platform: Any = None) -> str:
    """Verilog of ``design`` as module ``name``; what it instantiates is not in it. The same design gives the same text.

    ``ports`` is needed only when the design is no Component; ``platform`` is handed to every `elaborate`.

    Combinational logic is in continuous assignments: those take their value at time 0 in every simulator. An ``always @*``, which is what
    `amaranth.back.verilog` writes, waits for a change that never comes when what it reads is constant, or has its first value before the block waits.
    """
    clean = " ".join(f"-remove {attribute}" for attribute in _ATTRIBUTES)
    script = (
        f"read_rtlil <<rtlil\n{emit_rtlil(design, name, ports=ports, platform=platform)}\nrtlil",
        "proc -norom",  # multiplexers, not processes
        "memory_collect",
        f"attrmap {clean}",
        f"attrmap -modattr {clean}",
        "write_verilog",
    )
    yosys = find_yosys(lambda found: found >= _OLDEST_YOSYS)
    return yosys.run(["-q", "-"], "\n".join(script), ignore_warnings=True)  # of processes, of which none are left


def emit_rtlil(design: Any, name: str, *, ports: Sequence[Any] | None = None, platform: Any = None) -> str:
    """RTLIL of ``design`` as module ``name``, for Yosys to read; otherwise as `emit`."""
    return rtlil.convert(design, name=name, ports=ports, platform=platform, emit_src=False)
