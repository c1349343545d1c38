"""A word to the terminal when numba compiles, which it does after installation and after every change of the kernels."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

MESSAGE = "compiling the cycle kernels (once, about 20 seconds)"


@contextmanager
def compilation_notice() -> Iterator[None]:
    """Say so on standard error, once, if numba compiles anything inside and that is a terminal; kernels from numba's cache are not compiled."""
    from numba.core.event import Event, Listener, install_listener  # lazy: golden needs no numba

    class Notice(Listener):
        said = False

        def on_start(self, event: Event) -> None:
            if not self.said and sys.stderr.isatty():
                self.said = True
                print(MESSAGE, file=sys.stderr, flush=True)

        def on_end(self, event: Event) -> None:
            pass

    with install_listener("numba:compile", Notice()):
        yield
