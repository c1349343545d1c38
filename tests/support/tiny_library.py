"""A library of four cells in Liberty's language, written by hand, and netlists of them as Yosys writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

Bit = int | str

LIBERTY = """
/* written by hand */
library(tiny) {
  time_unit : "1ns"; voltage_unit : "1V"; capacitive_load_unit (1,pf);
  nom_voltage : 2.0;
  power_lut_template(energy) { variable_1 : total_output_net_capacitance; variable_2 : input_transition_time; index_1 ("0, 1"); index_2 ("0, 1"); }
  power_lut_template(energy_other_way) { variable_1 : input_transition_time; variable_2 : total_output_net_capacitance; index_1 ("0, 1"); index_2 ("0, 2"); }
  power_lut_template(passive) { variable_1 : input_transition_time; index_1 ("0, 1"); }
  lu_table_template(delay) { variable_1 : total_output_net_capacitance; variable_2 : input_net_transition; index_1 ("0, 1"); index_2 ("0, 1"); }
  cell(INV) {
    area : 1;
    pin(A) { direction : input; capacitance : 0.5; }
    pin(Y) { direction : output; function : "A'";
      timing() { related_pin : "A"; cell_rise(delay) { values ("0.1, 0.1", "0.3, 0.3"); } cell_fall(delay) { values ("0.2, 0.2", \\
        "0.4, 0.4"); } }
      internal_power() { related_pin : "A"; rise_power(energy) { index_1 ("0, 2"); values ("0.1, 0.3", "0.5, 0.7"); } fall_power(scalar) { values ("0.05"); } }
    }
  }
  cell (NAND2) {
    area : 2;
    pin(A) { direction : input; capacitance : 0.25; }
    pin(B) { direction : input; capacitance : 0.75; }
    pin(Y) { direction : output; function : "(!(A B))";
      internal_power() { related_pin : "A"; rise_power(scalar) { values ("0.1"); } }
      internal_power() { related_pin : "B"; rise_power(scalar) { values ("0.3"); } }
    }
  }
  cell (XOR2) {
    area : 3;
    pin(A) { direction : input; capacitance : 1; }
    pin(B) { direction : input; capacitance : 1; }
    pin(Y) { direction : output; function : "(A * !B) + (B & !A)";
      internal_power() { power(energy_other_way) { values ("1, 3", "2, 4"); } }
    }
  }
  cell (FF) {
    area : 4;
    ff (IQ, IQN) { next_state : "D"; clocked_on : "CK"; }
    pin(CK) { direction : input; clock : true; capacitance : 0.2;
      internal_power() { rise_power(passive) { values ("0.1, 0.2"); } fall_power(passive) { values ("0.3, 0.4"); } } }
    pin(D) { direction : input; capacitance : 0.1; internal_power() { rise_power(scalar) { values ("0.01"); } fall_power(scalar) { values ("0.02"); } } }
    pin(Q) { direction : output; function : "IQ"; }
  }
  cell (FFR) {
    area : 5;
    ff (IQ, IQN) { next_state : "D"; clocked_on : "CK"; clear : "R"; }
    pin(CK) { direction : input; capacitance : 0.2; } pin(D) { direction : input; capacitance : 0.1; } pin(R) { direction : input; capacitance : 0.1; }
    pin(Q) { direction : output; function : "IQ"; }
  }
}
"""


def netlist_text(ports: Mapping[str, tuple[str, Sequence[Bit]]], cells: Sequence[tuple[str, Mapping[str, Bit]]]) -> str:
    """Yosys' JSON of a module ``top``. ports: direction and bits by name. cells: type, and the bit of every pin."""
    module = {
        "ports": {name: {"direction": direction, "bits": list(bits)} for name, (direction, bits) in ports.items()},
        "cells": {
            f"cell{index}": {"type": kind, "connections": {pin: [bit] for pin, bit in pins.items()}}
            for index, (kind, pins) in enumerate(cells)
        },
    }
    return json.dumps({"modules": {"top": module}})


def ripple_adder(bits: int) -> str:
    """``o = a + b`` modulo ``2**bits``: full adders of two XOR2 and three NAND2 each."""
    cells: list[tuple[str, dict[str, Bit]]] = []
    fresh = iter(range(1000, 100000))
    a, b, o, carry = range(10, 10 + bits), range(100, 100 + bits), range(200, 200 + bits), "0"
    for x, y, s in zip(a, b, o, strict=True):
        half, both, through, out = (next(fresh) for _ in range(4))
        cells += [
            ("XOR2", {"A": x, "B": y, "Y": half}),
            ("XOR2", {"A": half, "B": carry, "Y": s}),
            ("NAND2", {"A": x, "B": y, "Y": both}),
            ("NAND2", {"A": half, "B": carry, "Y": through}),
            ("NAND2", {"A": both, "B": through, "Y": out}),
        ]
        carry = out
    return netlist_text({"a": ("input", a), "b": ("input", b), "o": ("output", o)}, cells)
