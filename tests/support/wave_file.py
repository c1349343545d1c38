"""Reads a VCD as Verilator writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

CYCLE_PS = 1000


class WaveFile:
    """``widths``: every signal's bits by hierarchical name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._codes: dict[str, str] = {}
        self.widths: dict[str, int] = {}
        scopes: list[str] = []
        with open(path) as file:
            for line in file:
                match line.split():
                    case ["$scope", _, name, "$end"]:
                        scopes.append(name)
                    case ["$upscope", *_]:
                        scopes.pop()
                    case ["$var", _, width, code, name, *_]:
                        full = ".".join([*scopes, name])
                        self._codes[full], self.widths[full] = code, int(width)
                    case ["$enddefinitions", *_]:
                        break

    def cycles(self, names: Iterable[str]) -> Iterator[tuple[int, dict[str, int]]]:
        """Every cycle in the file, and the values of the signals in it: those just before its end."""
        names = list(names)
        values: dict[str, int] = {self._codes[name]: 0 for name in names}
        with open(self.path) as file:
            time: int | None = None
            for line in file:
                match line[0]:
                    case "#":
                        if time is not None and time % CYCLE_PS:  # the end of the first half of a cycle
                            yield time // CYCLE_PS, {name: values[self._codes[name]] for name in names}
                        time = int(line[1:])
                    case "0" | "1":
                        if line[1:-1] in values:
                            values[line[1:-1]] = int(line[0])
                    case "b":
                        bits, code = line[1:].split()
                        if code in values:
                            values[code] = int(bits, 2)
