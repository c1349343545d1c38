"""Toggles and their energy: worked by hand, and against Python's arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.energy.gates.delays import Delays, library_delays, unit_delays
from shiftfire.energy.gates.energy import clock_energy, transition_energy
from shiftfire.energy.gates.errors import GateError
from shiftfire.energy.gates.library import Library, read_library
from shiftfire.energy.gates.netlist import Netlist, read_netlist
from shiftfire.energy.gates.simulate import Simulation
from shiftfire.energy.gates.streams import pack, transitions, unpack
from shiftfire.energy.gates.toggles import Counts, Toggles
from support.tiny_library import LIBERTY, netlist_text, ripple_adder

GLITCH = netlist_text(
    {"a": ("input", [2]), "y": ("output", [4])}, [("INV", {"A": 2, "Y": 3}), ("XOR2", {"A": 2, "B": 3, "Y": 4})]
)  # y = a xor not a: 1 whatever a is
TWICE = netlist_text(
    {"clk": ("input", [2]), "q": ("output", [4])}, [("INV", {"A": 4, "Y": 3}), ("FF", {"CK": 2, "D": 3, "Q": 4})]
)  # a flip-flop that changes at every edge


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(LIBERTY)


def run(
    netlist: Netlist, library: Library, delays: Delays, cycles: list[dict[str, list[int]]], streams: int
) -> tuple[Simulation, Toggles]:
    """Simulate; the first cycle is not counted."""
    simulation, toggles = Simulation(netlist, library, streams, delays), Toggles(netlist.nets)
    for number, values in enumerate(cycles):
        words = {name: pack(of, len(netlist.inputs[name])) for name, of in values.items()}
        simulation.cycle(words, toggles if number else None)
    return simulation, toggles


def of(counts: Counts, netlist: Netlist, port: str) -> tuple[int, int]:
    """Rises and falls of a port of one bit."""
    (net,) = (netlist.inputs | netlist.outputs)[port]
    return int(counts.rises[net]), int(counts.falls[net])


@pytest.mark.parametrize(("inverter", "gate", "passes"), [(1, 1, True), (3, 2, True), (2, 2, True), (1, 2, False), (2, 3, False)])
def test_a_glitch_passes_when_it_is_as_long_as_the_gate_takes(library: Library, inverter: int, gate: int, passes: bool) -> None:
    """Streams: a rises; a falls; a stays. While the inverter has not followed, the XOR sees equal inputs for its delay."""
    netlist = read_netlist(GLITCH, "top")
    _, toggles = run(netlist, library, [{"Y": inverter}, {"Y": gate}], [{"a": [0, 1, 1]}, {"a": [1, 0, 1]}], 3)
    assert of(toggles.settled, netlist, "a") == of(toggles.timed, netlist, "a") == (1, 1)
    assert of(toggles.settled, netlist, "y") == (0, 0)
    assert of(toggles.timed, netlist, "y") == ((2, 2) if passes else (0, 0))


def test_energy_of_a_glitch_by_hand(library: Library) -> None:
    """V = 2: C V^2 / 2 = 2 C. a: 0.5 + 1 pF; inverted: 1 pF, in the middle of INV's table 0.3 (rise), 0.05 (fall); y: no pin on it, XOR2's 1 either way."""
    netlist = read_netlist(GLITCH, "top")
    energy = transition_energy(netlist, library, 0.0)
    _, toggles = run(netlist, library, unit_delays(netlist, library), [{"a": [0]}, {"a": [1]}, {"a": [0]}], 1)
    a, inverted, y = 2 * 1.5 * 2, (2 * 1 + 0.3) + (2 * 1 + 0.05), 2 * (1 + 1)
    assert energy.total(toggles.timed) == pytest.approx(a + inverted + y)
    assert energy.total(toggles.settled) == pytest.approx(a + inverted)


def test_delays_of_the_library(library: Library) -> None:
    """INV drives 1 pF: (0.3 + 0.4) / 2 ns; XOR2 has no delay in the library, and takes the shortest."""
    netlist = read_netlist(GLITCH, "top")
    assert library_delays(netlist, library, slew=0.0, unit=0.05) == [{"Y": 7}, {"Y": 1}]


@pytest.mark.parametrize("bits", [1, 8])
def test_an_adder_adds(library: Library, bits: int) -> None:
    """150 streams, more than two words: values, and the toggles of the sum, as Python has them, whatever the delays."""
    rng = np.random.default_rng(bits)
    netlist = read_netlist(ripple_adder(bits), "top")
    a, b = rng.integers(0, 1 << bits, (2, 6, 150))
    delays: Delays = [{"Y": int(delay)} for delay in rng.integers(1, 5, len(netlist.instances))]
    cycles = [{"a": list(x), "b": list(y)} for x, y in zip(a, b, strict=True)]
    simulation, toggles = run(netlist, library, delays, cycles, 150)
    sums = (a + b) % (1 << bits)
    assert (simulation.read("o") == sums[-1]).all()
    for place, net in enumerate(netlist.outputs["o"]):
        bit = sums >> place & 1
        assert toggles.settled.rises[net] == (bit[1:] > bit[:-1]).sum()
        assert toggles.settled.falls[net] == (bit[1:] < bit[:-1]).sum()
    assert (toggles.timed.rises >= toggles.settled.rises).all() and toggles.timed.rises.sum() > toggles.settled.rises.sum() * (
        bits > 1
    )


def test_a_carry_ripples_by_hand(library: Library) -> None:
    """1 + 1 of two bits, from 0: both operands change at once, so bit 0 stays; bit 1 rises once, by the carry."""
    netlist = read_netlist(ripple_adder(2), "top")
    _, toggles = run(netlist, library, unit_delays(netlist, library), [{"a": [0], "b": [0]}, {"a": [1], "b": [1]}], 1)
    low, high = netlist.outputs["o"]
    assert (toggles.timed.rises[low], toggles.timed.rises[high], toggles.timed.falls[high]) == (0, 1, 0)


def test_registers_take_what_was_settled(library: Library) -> None:
    """A flip-flop that inverts itself: in 2 streams and 4 counted cycles it falls and rises twice. The clock is no stimulus."""
    netlist = read_netlist(TWICE, "top")
    simulation, toggles = run(netlist, library, unit_delays(netlist, library), [{}] * 5, 2)
    assert simulation.ports == {}
    assert of(toggles.timed, netlist, "q") == of(toggles.settled, netlist, "q") == (4, 4)
    # q: INV's pin 0.5 pF and nothing inside; D: 0.1 pF, D's own 0.01 and 0.02, INV's 0.1 + 0.4 * 0.1 / 2 and 0.05
    q, d = 2 * 2 * 0.5, 2 * 2 * 0.1 + 0.03 + (0.1 + 0.4 * 0.1 / 2) + 0.05
    assert transition_energy(netlist, library, 0.0).total(toggles.timed) == pytest.approx(4 * (q + d))


def test_clock_energy_by_hand(library: Library) -> None:
    assert clock_energy(library, library.cell("FF"), 0.5) == pytest.approx(0.2 * 4 + 0.15 + 0.35)
    with pytest.raises(GateError, match="INV is no flip-flop"):
        clock_energy(library, library.cell("INV"), 0.5)


def test_constants_hold(library: Library) -> None:
    text = netlist_text({"a": ("input", [2]), "y": ("output", [3])}, [("NAND2", {"A": 2, "B": "1", "Y": 3})])
    simulation, _ = run(read_netlist(text, "top"), library, [{"Y": 1}], [{"a": [0, 1]}], 2)
    assert simulation.read("y").tolist() == [1, 0]


def test_packing() -> None:
    values = np.array([[-1, 5, 0] * 30, [2, -3, 7] * 30])
    assert (unpack(pack(values, 8), 90) == values % 256).all()
    assert transitions([[1, 2], [3, 4], [5, 6]]).tolist() == [[1, 2, 3, 4], [3, 4, 5, 6]]


def test_what_is_not_simulated(library: Library) -> None:
    ring = netlist_text({"y": ("output", [2])}, [("INV", {"A": 2, "Y": 2})])
    with pytest.raises(GateError, match="loop of gates"):
        run(read_netlist(ring, "top"), library, [{"Y": 1}], [{}], 1)
    glitch = read_netlist(GLITCH, "top")
    with pytest.raises(GateError, match=r"ports \['a', 'b'\] are missing or unknown"):
        Simulation(glitch, library, 1, unit_delays(glitch, library)).cycle({"b": pack([0], 1)})
    open_pin = read_netlist(netlist_text({"a": ("input", [2])}, [("NAND2", {"A": 2, "Y": 3})]), "top")
    with pytest.raises(GateError, match="pin B of a NAND2 is not connected"):
        Simulation(open_pin, library, 1, unit_delays(open_pin, library))
    gated = netlist_text({"a": ("input", [2])}, [("INV", {"A": 2, "Y": 3}), ("FF", {"CK": 3, "D": 2, "Q": 4})])
    with pytest.raises(GateError, match="gated clocks"):
        Simulation(read_netlist(gated, "top"), library, 1, [{"Y": 1}, {"Q": 1}])
    with pytest.raises(GateError, match="no module bottom"):
        read_netlist(GLITCH, "bottom")
    wide = GLITCH.replace('"A": [2]', '"A": [2, 3]', 1)
    with pytest.raises(GateError, match="pins of several bits"):
        read_netlist(wide, "top")
