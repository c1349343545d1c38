"""A mapped netlist, from Yosys' JSON."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

from .errors import GateError

ZERO, ONE = 0, 1
"""Nets of the constants."""


@dataclass(frozen=True)
class Instance:
    """A cell of the netlist: its type, and the net of each pin."""

    kind: str
    pins: dict[str, int]


@dataclass(frozen=True)
class Netlist:
    """Nets are numbered; `ZERO` and `ONE` are constant. inputs, outputs: nets of the ports' bits, lowest first."""

    nets: int
    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    instances: tuple[Instance, ...]


def read_netlist(text: str, top: str) -> Netlist:
    """Module ``top`` of the JSON that Yosys' ``write_json`` writes, flat, of cells whose pins have one bit each. Undefined bits are 0. Raises GateError."""
    try:
        module = json.loads(text)["modules"][top]
    except (ValueError, KeyError, TypeError):
        raise GateError(f"netlist: no module {top} in it; write it with Yosys' write_json") from None
    numbers: dict[int | str, int] = {"0": ZERO, "x": ZERO, "z": ZERO, "1": ONE}

    fresh = itertools.count(ONE + 1)

    def net(bit: int | str) -> int:
        if bit not in numbers:
            numbers[bit] = next(fresh)
        return numbers[bit]

    ports: dict[str, dict[str, tuple[int, ...]]] = {"input": {}, "output": {}}
    for name, port in module["ports"].items():
        ports[port["direction"]][name] = tuple(net(bit) for bit in port["bits"])
    instances = []
    for name, cell in module["cells"].items():
        if any(len(bits) != 1 for bits in cell["connections"].values()):
            raise GateError(f"netlist: {name} ({cell['type']}) has pins of several bits; map it onto cells first")
        instances.append(Instance(cell["type"], {pin: net(bits[0]) for pin, bits in cell["connections"].items()}))
    return Netlist(next(fresh), ports["input"], ports["output"], tuple(instances))
