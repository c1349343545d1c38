"""Decisions drawn from bytes, so that a random number generator and a coverage-guided fuzzer drive the same generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Reads the bytes from front to back; past their end every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def byte(self) -> int:
        self._place += 1
        return self._data[self._place - 1] if self._place <= len(self._data) else 0

    def below(self, limit: int) -> int:
        return self.byte() % limit

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def rarely(self, one_in: int = 16) -> bool:
        return self.byte() % one_in == 1
