"""What stands in Verilog that Amaranth wrote: wires and ports."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

_MODULE = re.compile(r"^module (?:\\(\S+) |(\w+))\(.*?^endmodule\n?", re.MULTILINE | re.DOTALL)
_WIRE = re.compile(r"^  (?:wire|reg) (?:\[(\d+):0\] )?(?:\\(\S+) |(\w+))(?: = [^;\[]*)?;", re.MULTILINE)
_PORT = re.compile(r"^  (input|output) (?:\[(\d+):0\] )?(?:\\(\S+) |(\w+));", re.MULTILINE)


@dataclass(frozen=True)
class Port:
    """A port of a module; ``direction`` is input or output."""

    name: str
    direction: str
    width: int

    def as_dict(self) -> dict[str, str | int]:
        return asdict(self)


def module_texts(verilog: str) -> dict[str, str]:
    """Text of every module, from ``module`` to ``endmodule``, by its name."""
    return {module[1] or module[2]: module[0] for module in _MODULE.finditer(verilog)}


def wire_widths(verilog: str) -> dict[str, int]:
    """Width of every wire, by the name of its module, a dot, and its own."""
    return {
        f"{module}.{wire[2] or wire[3]}": int(wire[1] or 0) + 1
        for module, text in module_texts(verilog).items()
        for wire in _WIRE.finditer(text)
    }


def module_ports(verilog: str, module: str) -> tuple[Port, ...]:
    """Ports of a module, in the order of their declarations."""
    text = module_texts(verilog)[module]
    return tuple(Port(port[3] or port[4], port[1], int(port[2] or 0) + 1) for port in _PORT.finditer(text))
