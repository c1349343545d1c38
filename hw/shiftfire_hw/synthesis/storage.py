"""What a design keeps from one cycle to the next: bits of registers and sizes of memories, by unit, as they are written in the RTL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Elaboratable, Fragment, Shape
from amaranth.hdl._mem import MemoryInstance


@dataclass
class Storage:
    """Of one unit, without those inside it: ``registers`` in bits, ``memories`` as (words, bits) each."""

    registers: int = 0
    memories: list[tuple[int, int]] = field(default_factory=list)


def storage(design: Elaboratable) -> dict[str, Storage]:
    """By path of the unit, ``a.b.c``; the design itself is the empty path.

    Registers are the signals that a clocked domain drives, whole, before any optimisation: tests/hw/test_storage.py counts the flip-flops of the
    RTLIL and finds the same.
    """
    found: dict[str, Storage] = {}
    _walk(Fragment.get(design, None), "", found)
    return found


def _walk(fragment: Any, path: str, found: dict[str, Storage]) -> None:
    unit = found.setdefault(path, Storage())
    for domain, statements in fragment.statements.items():
        if domain != "comb":
            driven = {id(signal): len(signal) for statement in statements for signal in statement._lhs_signals()}
            unit.registers += sum(driven.values())
    for number, (inner, name, _) in enumerate(fragment.subfragments):
        memory: Any = inner  # the stubs know little of fragments
        if isinstance(inner, MemoryInstance):
            words = memory._data
            unit.memories.append((words.depth, Shape.cast(words.shape).width))
        else:
            _walk(inner, f"{path}.{name or number}".removeprefix("."), found)
