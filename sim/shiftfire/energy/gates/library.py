"""The cells of a library as far as toggles and their energy need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import GateError
from .functions import Function, parse_function
from .liberty import Group, numbers, parse_liberty
from .lookup_table import LookupTable, lookup_table, mean_at

_TEMPLATES = ("power_lut_template", "lu_table_template")
_OTHER_STATE = ("latch", "ff_bank", "latch_bank", "statetable")
_CLEARED = ("clear", "preset")


@dataclass(frozen=True)
class Power:
    """Internal energy of a pin's transitions: tables of every related pin and condition, of which the mean is taken."""

    rise: tuple[LookupTable, ...]
    fall: tuple[LookupTable, ...]

    def energy(self, load: float, slew: float) -> tuple[float, float]:
        """Of a rise, of a fall."""
        return mean_at(self.rise, load, slew), mean_at(self.fall, load, slew)


@dataclass(frozen=True)
class Output:
    """An output pin. reads: what ``function`` reads, input pins or a register's state. delays: tables of rises and falls from every related pin."""

    function: Function
    reads: tuple[str, ...]
    power: Power
    delays: tuple[LookupTable, ...]

    def delay(self, load: float, slew: float) -> float:
        """Mean of rises and falls from all inputs."""
        return mean_at(self.delays, load, slew)


@dataclass(frozen=True)
class Register:
    """What a flip-flop takes over at a rising edge of ``clock``. state: the names of its state and of the complement."""

    state: tuple[str, ...]
    next_state: Function
    clock: str


@dataclass(frozen=True)
class Cell:
    """A cell. capacitances: of the input pins. inputs: what transitions of input pins take by themselves. modelled: there is nothing in it that this does not describe."""

    name: str
    area: float
    capacitances: dict[str, float]
    inputs: dict[str, Power]
    outputs: dict[str, Output]
    register: Register | None
    modelled: bool


@dataclass(frozen=True)
class Library:
    """Cells by name. Energies are in picojoule, capacitances in picofarad, slews and delays in nanoseconds."""

    name: str
    voltage: float
    cells: dict[str, Cell]

    def cell(self, name: str) -> Cell:
        """Raises GateError for a cell that is not there, or that the simulator has no model of."""
        found = self.cells.get(name)
        if found is None:
            raise GateError(f"cell {name} is not in the library {self.name}; map the netlist onto it")
        if not found.modelled:
            raise GateError(f"cell {name} is no gate and no plain flip-flop: its toggles cannot be counted; map onto other cells")
        return found


def read_library(text: str) -> Library:
    """A library from the text of a Liberty file. Raises GateError when it lacks something or has other units."""
    group = parse_liberty(text)
    capacitance = group.attributes.get("capacitive_load_unit", ("none",))
    units = (group.text("time_unit"), group.text("voltage_unit"), *(part.lower() for part in capacitance))
    if (*units[:2], units[-1]) != ("1ns", "1V", "pf") or numbers(units[2:-1]) != [1.0]:
        raise GateError(f"liberty: units {', '.join(units)} are not 1ns, 1V, 1, pf; give a library in those")
    templates = {template.names[0]: template for kind in _TEMPLATES for template in group.each(kind)}
    cells = (_cell(cell, templates) for cell in group.each("cell"))
    return Library(group.names[0], group.number("nom_voltage"), {cell.name: cell for cell in cells})


def _tables(pin: Group, inside: str, kinds: tuple[str, ...], templates: Mapping[str, Group]) -> tuple[LookupTable, ...]:
    """Tables of some kinds in the groups ``inside`` of a pin."""
    return tuple(lookup_table(table, templates) for outer in pin.each(inside) for kind in kinds for table in outer.each(kind))


def _power(pin: Group, templates: Mapping[str, Group]) -> Power:
    rise, fall = (_tables(pin, "internal_power", (kind, "power"), templates) for kind in ("rise_power", "fall_power"))
    return Power(rise, fall)


def _output(pin: Group, templates: Mapping[str, Group]) -> Output:
    delays = _tables(pin, "timing", ("cell_rise", "cell_fall"), templates)
    return Output(*parse_function(pin.text("function")), _power(pin, templates), delays)


def _cell(group: Group, templates: Mapping[str, Group]) -> Cell:
    pins = {pin.names[0]: pin for pin in group.each("pin")}
    inputs = {name: pin for name, pin in pins.items() if pin.text("direction") == "input"}
    outputs = {name: _output(pin, templates) for name, pin in pins.items() if name not in inputs and "function" in pin.attributes}
    register = _register(group)
    readable = set(register.state) if register else set(inputs)
    return Cell(
        name=group.names[0],
        area=group.number("area"),
        capacitances={name: pin.number("capacitance") for name, pin in inputs.items()},
        inputs={name: _power(pin, templates) for name, pin in inputs.items()},
        outputs=outputs,
        register=register,
        modelled=len(inputs) + len(outputs) == len(pins)
        and all(set(output.reads) <= readable for output in outputs.values())
        and not any("three_state" in pin.attributes for pin in pins.values())
        and not any(inner.kind in _OTHER_STATE for inner in group.groups),
    )


def _register(group: Group) -> Register | None:
    """The cell's flip-flop; None for a gate, and for a flip-flop with another clock edge, clear or preset, whose outputs then read what is no pin."""
    found = next(group.each("ff"), None)
    if found is None or set(_CLEARED) & set(found.attributes) or not found.text("clocked_on").isidentifier():
        return None
    next_state, _ = parse_function(found.text("next_state"))
    return Register(found.names, next_state, found.text("clocked_on"))
