"""Verilog whose memories give the wrong word where a read and a write of one cycle meet."""

from __future__ import annotations

import re

from shiftfire_hw.settled_memory import UNDECIDED

_MEMORY = re.compile(rf"\(\* {UNDECIDED} = \S+ \*\)\n\s*reg \[\d+:0\] (\S+)\s+\[\d+:0\];")


def _index(text: str, opening: int) -> str:
    """What stands between the bracket at ``opening`` and its partner."""
    depth = 0
    for place in range(opening, len(text)):
        depth += {"[": 1, "]": -1}.get(text[place], 0)
        if not depth:
            return text[opening + 1 : place]
    raise ValueError(f"no end of {text[opening : opening + 40]}")


def poisoned(verilog: str) -> tuple[str, int]:
    """The Verilog, every read of a memory marked `UNDECIDED` inverted where the same cycle writes its word; and how many reads there are."""
    modules = re.split(r"(?<=^endmodule\n)", verilog, flags=re.MULTILINE)
    changed = [_poisoned_module(module) for module in modules]
    return "".join(text for text, _ in changed), sum(reads for _, reads in changed)


def _poisoned_module(module: str) -> tuple[str, int]:
    count = 0
    for name in set(_MEMORY.findall(module)):
        escaped = re.escape(name)
        writes = {
            (found[1], _index(module, found.end() - 1))
            for found in re.finditer(rf"if \(([^;]+?)\)(?: begin)?\n\s*{escaped}\s*\[(?=[^\n]*<=)", module)
        }
        assert writes, name
        pieces, last = [], 0
        for found in re.finditer(rf"<= ({escaped}\s*)\[", module):
            address = _index(module, found.end() - 1)
            end = module.index(";", found.end())
            met = " || ".join(f"((|({enable})) && ({place}) == ({address}))" for enable, place in sorted(writes))
            word = f"{found[1]}[{address}]"
            pieces += [module[last : found.start()], f"<= ({met}) ? ~{word} : {word}"]
            last, count = end, count + 1
        module = "".join(pieces) + module[last:]
    return module, count
