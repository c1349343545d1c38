"""Liberty files: the groups and attributes in them, as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import GateError

_IGNORED = re.compile(r"/\*.*?\*/|\\\s*\n", re.DOTALL)
_TOKEN = re.compile(r'"[^"]*"|[{}():;,]|[^\s{}():;,"]+')


@dataclass
class Group:
    """``kind(names) { ... }``.

    attributes: text by name, of ``name : value;`` and of ``name(value, ...);`` (a tuple each); of several with one name the last.
    groups: the groups inside, in order.
    """

    kind: str
    names: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def each(self, kind: str) -> Iterator[Group]:
        """The groups of a kind inside this one."""
        return (group for group in self.groups if group.kind == kind)

    def text(self, name: str) -> str:
        """An attribute of one value. Raises GateError when it is not there."""
        if name not in self.attributes:
            raise GateError(f"liberty: {self.kind}({', '.join(self.names)}) has no {name}; give a library that says it")
        return self.attributes[name][0]

    def number(self, name: str) -> float:
        """An attribute that is a number. Raises GateError."""
        (value,) = numbers((self.text(name),))
        return value


def numbers(texts: tuple[str, ...]) -> list[float]:
    """The numbers of one or more lists separated by commas or blanks. Raises GateError."""
    try:
        return [float(word) for text in texts for word in text.replace(",", " ").split()]
    except ValueError as error:
        raise GateError(f"liberty: {error}; a number belongs there") from None


def parse_liberty(text: str) -> Group:
    """The library group of a Liberty file. Raises GateError."""
    tokens = _TOKEN.findall(_IGNORED.sub(" ", text))
    group, end = _statement(tokens, 0, outer := Group("file", ()))
    if not outer.groups or end != len(tokens) or group.kind != "library":
        raise GateError("liberty: the file is not one library(...) { ... }; give a Liberty file")
    return group


def _statement(tokens: list[str], at: int, outer: Group) -> tuple[Group, int]:
    """Take one attribute or group from ``at`` on into ``outer``: the group taken (``outer`` for an attribute), and where the next statement starts."""
    name = tokens[at] if at < len(tokens) else ""
    follows = tokens[at + 1] if at + 1 < len(tokens) else ""
    end = at + 2
    if follows == ":":
        while end < len(tokens) and tokens[end] not in ";}":
            end += 1
        outer.attributes[name] = (" ".join(token.strip('"') for token in tokens[at + 2 : end]),)
        return outer, end + (tokens[end : end + 1] == [";"])
    if follows != "(" or ")" not in tokens[end:]:
        raise GateError(f"liberty: {name!r} {follows!r} is neither attribute nor group; give a Liberty file")
    close = tokens.index(")", end)
    values = tuple(token.strip('"') for token in tokens[end:close] if token != ",")
    end = close + 1
    if tokens[end : end + 1] != ["{"]:
        outer.attributes[name] = values
        return outer, end + (tokens[end : end + 1] == [";"])
    group, end = Group(name, values), end + 1
    while tokens[end : end + 1] != ["}"]:
        if end >= len(tokens):
            raise GateError(f"liberty: {name}({', '.join(values)}) is not closed; give a whole file")
        if tokens[end] == ";":
            end += 1
            continue
        _, end = _statement(tokens, end, group)
    outer.groups.append(group)
    return group, end + 1
