"""What the RTL's tools raise, as one kind of error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..system.plan import RunError


@contextmanager
def rtl_errors() -> Iterator[None]:
    """A RunError in the place of an RtlError: who calls must not need the tools to know their exceptions."""
    from shiftfire_hw.testing.toolchain import RtlError  # lazy: needed only where the RTL is

    try:
        yield
    except RtlError as error:
        raise RunError(f"{error}\n(`shiftfire doctor` checks the tools)") from error
