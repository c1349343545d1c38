"""Verilog that an event-driven simulator reads as every other tool does: nothing waits for a change that may never come."""

from __future__ import annotations

import re

import pytest
from shiftfire_hw.standalone import UNITS
from shiftfire_hw.verilog.generate import TOPS, generate, generate_unit
from shiftfire_hw.verilog.soc import generate_boot_ram, generate_link_soc
from shiftfire_spec.chip import load_chip

CHIP = load_chip("nano")
_SENSITIVITY = re.compile(r"\balways(?:_\w+)?\s*(@\s*(?:\([^)]*\)|\*)|\S*)")


def check(verilog: str) -> None:
    """Every process is clocked: the rest is in continuous assignments, which have their value from time 0 on."""
    found = set(_SENSITIVITY.findall(verilog))
    assert found <= {"@(posedge clk)"}, found
    assert re.search(r"^  assign ", verilog, re.MULTILINE)


@pytest.mark.parametrize("top", TOPS)
def test_tops(top: str) -> None:
    check(generate(CHIP, top=top))


@pytest.mark.parametrize("unit", UNITS)
def test_units(unit: str) -> None:
    check(generate_unit(unit))


def test_the_soc_without_processor() -> None:
    """Another's processor is read as it was written."""
    check(generate_link_soc(CHIP, memory_words=1 << 10, uart_divisor=4) + generate_boot_ram([1, 2, 3]))


def test_the_check_finds_what_it_is_for() -> None:
    for process in ("always @* begin", "always @(*) begin", "always_comb begin", "always @(a or b)"):
        with pytest.raises(AssertionError):
            check(f"  assign a = b;\n  {process}\n")
