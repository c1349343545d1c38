"""A cable between this computer and a serial port, which can be bad or be cut."""

from __future__ import annotations

import os
import select
import threading
import tty
from types import TracebackType

from .link_board import Noise


class Cable:
    """A pseudo-terminal ``port``; what goes into it comes out of ``board``, a serial port, and the other way round, but for the noise."""

    def __init__(self, board: str, to_board: Noise, to_host: Noise) -> None:
        self._near, self._kept = os.openpty()
        self._far = os.open(board, os.O_RDWR | os.O_NOCTTY)
        for end in (self._kept, self._far):
            tty.setraw(end)
        self.port = os.ttyname(self._kept)
        self._ways = {self._near: (self._far, to_board), self._far: (self._near, to_host)}
        self._cut, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def cut(self) -> None:
        """Nothing gets through any more."""
        self._cut.set()

    def _carry(self) -> None:
        while not self._ended.is_set():
            for end in select.select(list(self._ways), [], [], 0.05)[0]:
                other, noise = self._ways[end]
                data = noise.pass_on(os.read(end, 4096))
                if not self._cut.is_set():
                    os.write(other, data)

    def __enter__(self) -> Cable:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        for end in (self._near, self._kept, self._far):
            os.close(end)
