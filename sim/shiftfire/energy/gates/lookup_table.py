"""Tables of energies and delays, by input slew and output load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import GateError
from .liberty import Group, numbers

_AXES = {"total_output_net_capacitance": "load", "input_transition_time": "slew", "input_net_transition": "slew"}


@dataclass(frozen=True, eq=False)
class LookupTable:
    """Internal energy (capacitance times voltage squared) or delay of one transition, in the library's units.

    loads, slews: ascending. values: (loads, slews). A table of the slew alone has one load, a scalar one of both.
    """

    loads: NDArray[np.float64]
    slews: NDArray[np.float64]
    values: NDArray[np.float64]

    def at(self, load: float, slew: float) -> float:
        """Value, linear between the table's points and constant outside."""
        by_load = [np.interp(slew, self.slews, row) for row in self.values]
        return float(np.interp(load, self.loads, by_load))


def lookup_table(group: Group, templates: Mapping[str, Group]) -> LookupTable:
    """The table of a group as ``rise_power`` or ``cell_rise``. ``templates``: the library's groups of that name. Raises GateError."""
    template = templates.get(group.names[0]) if group.names else None
    axes = {"load": np.zeros(1), "slew": np.zeros(1)}
    order: list[str] = []
    for number in ("1", "2"):
        variable = template.attributes.get(f"variable_{number}") if template else None
        if template is None or variable is None:
            continue
        if variable[0] not in _AXES:
            raise GateError(f"liberty: tables by {variable[0]} are not known; use a library with tables of slew and load")
        index = f"index_{number}"
        order.append(_AXES[variable[0]])
        axes[order[-1]] = np.array(numbers(group.attributes.get(index, template.attributes.get(index, ()))))
    values = np.array(numbers(group.attributes.get("values", ())))
    if values.size != axes["load"].size * axes["slew"].size:
        raise GateError(
            f"liberty: a {group.kind} of {values.size} values does not fit its template {' '.join(group.names)}; mend the file"
        )
    if order == ["slew", "load"]:
        values = values.reshape(axes["slew"].size, axes["load"].size).T
    return LookupTable(axes["load"], axes["slew"], values.reshape(axes["load"].size, axes["slew"].size))


def mean_at(tables: Iterable[LookupTable], load: float, slew: float) -> float:
    """Mean over the tables of a pin (one of every related pin and condition); 0 without any."""
    found = [table.at(load, slew) for table in tables]
    return sum(found) / len(found) if found else 0.0
