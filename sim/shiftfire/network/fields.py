"""Strict reading of a JSON object: every key must be asked for, once, with its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from .values import NetworkError

Member = TypeVar("Member")
MAX_INTEGER = 1 << 62  # far beyond every legal value; keeps later arithmetic in int64
MAX_TEXT = 1 << 12
MAX_TEXTS = 1 << 8
_SHOWN_CHARACTERS = 40


class Fields:
    """The keys of one JSON object. ``where`` names it in messages. Readers raise NetworkError; ``done`` when keys are left."""

    def __init__(self, value: object, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            raise NetworkError(f"{where} is {_kind(value)}; it must be an object")
        self._left = dict(cast("dict[str, object]", value))

    def _take(self, name: str) -> object:
        if name not in self._left:
            raise NetworkError(f"{self.where}: key {name!r} is missing; see the network format reference")
        return self._left.pop(name)

    def has(self, name: str) -> bool:
        """Whether the key is there and not yet read."""
        return name in self._left

    def _integer(self, name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise NetworkError(f"{self.where}.{name} is {_kind(value)}; it must be an integer")
        if abs(value) > MAX_INTEGER:
            raise NetworkError(f"{self.where}.{name} is out of range; it must be within +-{MAX_INTEGER}")
        return value

    def integer(self, name: str) -> int:
        return self._integer(name, self._take(name))

    def optional_integer(self, name: str) -> int:
        """The integer, 0 when the key is not there."""
        return self.integer(name) if name in self._left else 0

    def integers(self, name: str, count: int) -> list[int]:
        value = self._take(name)
        items = _items(value)
        if items is None or len(items) != count:
            raise NetworkError(f"{self.where}.{name} is {_kind(value)}; it must be a list of {count} integers")
        return [self._integer(name, item) for item in items]

    def number(self, name: str) -> float:
        """A finite number, with a fraction or without."""
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
            raise NetworkError(f"{self.where}.{name} is {_kind(value)}; it must be a number")
        if isinstance(value, int):
            return float(self._integer(name, value))
        return value

    def boolean(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            raise NetworkError(f"{self.where}.{name} is {_kind(value)}; it must be true or false")
        return value

    def raw(self, name: str) -> object:
        """Whatever JSON the key holds, not looked at."""
        return self._take(name)

    def text_list(self, name: str, most: int) -> list[str]:
        value = self._take(name)
        items = _items(value)
        if items is None or len(items) > most:
            raise NetworkError(f"{self.where}.{name} is {_kind(value)}; it must be a list of up to {most} texts")
        return [self._text(f"{name}[{index}]", item) for index, item in enumerate(items)]

    def optional_boolean(self, name: str) -> bool:
        """The truth value, False when the key is not there."""
        return name in self._left and self.boolean(name)

    def text(self, name: str) -> str:
        return self._text(name, self._take(name))

    def _text(self, name: str, value: object) -> str:
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise NetworkError(f"{self.where}.{name} is {_kind(value)}; it must be a text of up to {MAX_TEXT} characters")
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise NetworkError(f"{self.where}.{name} is {_kind(value)} with half a surrogate pair; write it as UTF-8")
        return value

    def texts(self, name: str) -> dict[str, str]:
        value = self._take(name)
        pairs = _pairs(value)
        if pairs is None or len(pairs) > MAX_TEXTS:
            raise NetworkError(f"{self.where}.{name} is {_kind(value)}; it must be an object of up to {MAX_TEXTS} texts")
        return {self._text(name, key): self._text(f"{name}.{key}", item) for key, item in pairs.items()}

    def member(self, name: str, members: Mapping[str, Member]) -> Member:
        value = self.text(name)
        if value not in members:
            raise NetworkError(f"{self.where}.{name} = {shown(value)} is not one of {', '.join(members)}")
        return members[value]

    def child(self, name: str) -> Fields:
        return Fields(self._take(name), f"{self.where}.{name}")

    def children(self, name: str, most: int) -> list[Fields]:
        value = self._take(name)
        items = _items(value)
        if items is None or len(items) > most:
            raise NetworkError(f"{self.where}.{name} is {_kind(value)}; it must be a list of up to {most} objects")
        return [Fields(item, f"{self.where}.{name}[{index}]") for index, item in enumerate(items)]

    def done(self) -> None:
        if self._left:
            raise NetworkError(f"{self.where}: unknown key {shown(min(self._left))}; remove it")


def shown(text: str) -> str:
    """A text from a file in quotes, for messages: short, whatever its size."""
    return repr(text) if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]!r}..."


def _items(value: object) -> list[object] | None:
    """The items of a list; None for anything else."""
    return cast("list[object]", value) if isinstance(value, list) else None


def _pairs(value: object) -> dict[str, object] | None:
    """The pairs of an object; None for anything else."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _kind(value: object) -> str:
    """What a JSON value is, for messages: short, whatever its size."""
    if value is None or isinstance(value, bool | int | float):
        return repr(value)[:_SHOWN_CHARACTERS]
    if isinstance(value, str):
        return f"the text {shown(value)}"
    return f"{'a list' if isinstance(value, list) else 'an object'} of {len(cast('list[object] | dict[str, object]', value))}"
