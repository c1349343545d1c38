"""Named bit fields packed into one word: the shape of every packet, instruction and register in the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ContractError


@dataclass(frozen=True)
class Field:
    """One field of a word: ``bits`` wide, two's complement when ``signed``."""

    name: str
    bits: int
    doc: str
    signed: bool = False

    @property
    def minimum(self) -> int:
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1

    def check(self, value: int, owner: str) -> int:
        """Return ``value`` as an int, or raise ContractError naming owner, field, value and limits."""
        value = int(value)
        if not self.minimum <= value <= self.maximum:
            raise ContractError(
                f"{owner}.{self.name} = {value} is out of range: {self.bits} bits hold {self.minimum}..{self.maximum}"
            )
        return value


class Layout:
    """An ordered list of fields, first field in the least significant bits.

    ``pack(name=value, ...)`` gives the word; fields left out are 0. ``unpack(word)`` gives the values by name.
    """

    def __init__(self, name: str, *fields: Field, doc: str = "") -> None:
        names = [f.name for f in fields]
        if len(set(names)) != len(names):
            raise ContractError(f"layout {name} names a field twice: {names}")
        self.name = name
        self.doc = doc
        self.fields: tuple[Field, ...] = fields
        self._offsets: dict[str, int] = {}
        offset = 0
        for field in fields:
            self._offsets[field.name] = offset
            offset += field.bits
        self.bits = offset

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def field(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise ContractError(f"layout {self.name} has no field {name!r}: it has {', '.join(self._offsets)}")

    def offset(self, name: str) -> int:
        """Position of the field's least significant bit."""
        self.field(name)
        return self._offsets[name]

    def pack(self, **values: int) -> int:
        unknown = set(values) - set(self._offsets)
        if unknown:
            raise ContractError(f"layout {self.name} has no field {sorted(unknown)[0]!r}: it has {', '.join(self._offsets)}")
        word = 0
        for field in self.fields:
            value = field.check(values.get(field.name, 0), self.name)
            word |= (value & ((1 << field.bits) - 1)) << self._offsets[field.name]
        return word

    def unpack(self, word: int) -> Mapping[str, int]:
        if not 0 <= word < (1 << self.bits):
            raise ContractError(f"{self.name} word {word:#x} is out of range: it has {self.bits} bits")
        return {field.name: self.read(field.name, word) for field in self.fields}

    def read(self, name: str, words: Any) -> Any:
        """Field ``name`` of a word, or of each word of an array: of whatever shifts, masks and subtracts. Not checked; a signed field needs words of a signed type."""
        field = self.field(name)
        value = words >> self._offsets[name] & ((1 << field.bits) - 1)
        return value - (value >> (field.bits - 1) << field.bits) if field.signed else value
