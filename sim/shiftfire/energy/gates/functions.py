"""Boolean functions of Liberty files, on words of 64 bits each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .errors import GateError

Function = Callable[[Mapping[str, Any]], Any]
"""From words by pin (unsigned integers, or arrays of them) to the function's words."""

_TOKEN = re.compile(r"\s*(\w+|[!'^*&+|()])")
_AND, _OR = ("*", "&"), ("+", "|")


def parse_function(text: str) -> tuple[Function, tuple[str, ...]]:
    """A function, and the pins that it reads. ``!`` and ``'`` negate and bind closest, then ``^``, then ``*``, ``&`` or a blank, then ``+`` or ``|``.

    Constants are not known: no cell of a mapped netlist needs them. Raises GateError.
    """
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text) or not tokens:
        raise GateError(f"liberty: function {text!r} is not understood; use a library of plain Boolean functions")
    parser = _Parser(text, tokens)
    return parser.whole(), tuple(dict.fromkeys(token for token in tokens if token[0].isalnum() or token[0] == "_"))


class _Parser:
    """Recursive descent over the tokens of one function."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text, self.rest = text, tokens[::-1]

    def whole(self) -> Function:
        found = self._sum()
        if self.rest:
            raise self._mistake()
        return found

    def _mistake(self) -> GateError:
        return GateError(f"liberty: function {self.text!r} is not understood; use a library of plain Boolean functions")

    def _next(self) -> str:
        return self.rest[-1] if self.rest else ""

    def _sum(self) -> Function:
        found = self._product()
        while self._next() in _OR:
            self.rest.pop()
            found = _or(found, self._product())
        return found

    def _product(self) -> Function:
        found = self._difference()
        while self._next() and self._next() not in (*_OR, ")"):
            if self._next() in _AND:
                self.rest.pop()
            found = _and(found, self._difference())
        return found

    def _difference(self) -> Function:
        found = self._negation()
        while self._next() == "^":
            self.rest.pop()
            found = _xor(found, self._negation())
        return found

    def _negation(self) -> Function:
        if self._next() == "!":
            self.rest.pop()
            return _not(self._negation())
        found = self._atom()
        while self._next() == "'":
            self.rest.pop()
            found = _not(found)
        return found

    def _atom(self) -> Function:
        token = self.rest.pop() if self.rest else ""
        if token == "(":
            found = self._sum()
            if not self.rest or self.rest.pop() != ")":
                raise self._mistake()
            return found
        if not token or not (token[0].isalpha() or token[0] == "_"):
            raise self._mistake()
        return lambda pins: pins[token]


def _not(a: Function) -> Function:
    return lambda pins: ~a(pins)


def _and(a: Function, b: Function) -> Function:
    return lambda pins: a(pins) & b(pins)


def _or(a: Function, b: Function) -> Function:
    return lambda pins: a(pins) | b(pins)


def _xor(a: Function, b: Function) -> Function:
    return lambda pins: a(pins) ^ b(pins)
