"""Every component of the RTL, and one instance of each."""

import importlib
import inspect
import pkgutil

import shiftfire_hw
from amaranth.hdl import signed
from amaranth.lib.wiring import Component
from shiftfire_hw.core.lane import Lane
from shiftfire_spec.chip import load_chip
from shiftfire_spec.soc import REGIONS, UART_LEAST_DIVISOR, UART_REGISTERS

# What a parameter of this name is given, in every component that has one and no default.
_ARGUMENTS: dict[str, object] = {
    "activation_bits": 4,
    "accumulator_bits": 20,
    "address_bits": 12,
    "bits": 20,
    "chip": load_chip("edge"),
    "count": 5,
    "depth": 4,
    "divisor": UART_LEAST_DIVISOR,
    "divisor_bits": 20,
    "entries": 32,
    "index_bits": 8,
    "lanes": 4,
    "latency": 1,
    "leak_terms": 3,
    "membrane_bits": 16,
    "memory_words": 1024,
    "numerator_log2": 32,
    "pipelined": True,
    "quotient_bits": 18,
    "regions": REGIONS,
    "shape": signed(8),
    "table": UART_REGISTERS,
    "uart_divisor": UART_LEAST_DIVISOR,
    "weight_bits": 8,
    "words": 1024,
}


def component_classes(*rooms: str) -> list[type[Component]]:
    """Classes of components: of the named rooms (``core``, ``chip``, ...), or of all."""
    found = []
    for module in pkgutil.walk_packages(shiftfire_hw.__path__, "shiftfire_hw."):
        if not rooms or module.name.split(".")[1] in rooms:
            members = vars(importlib.import_module(module.name)).values()
            found += [m for m in members if inspect.isclass(m) and issubclass(m, Component) and m.__module__ == module.name]
    return found


_OPTIONS = {"trace_membrane": True}  # what adds members


def build(cls: type[Component]) -> Component:
    """A component at some size, with every optional member. KeyError for a parameter that nobody has had so far: add it to the table."""
    arguments = {**_ARGUMENTS, "unit": Lane(accumulator_bits=20)}
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    given = {p.name: arguments[p.name] for p in parameters if p.default is p.empty}
    return cls(**given, **{p.name: _OPTIONS[p.name] for p in parameters if p.name in _OPTIONS})
