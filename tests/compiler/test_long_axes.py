"""Sources of more rows than a row table has entries: windows of rows, slicings, registers, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.core_program import ordered_intakes
from shiftfire.compiler.lowering.geometry import intake_geometry
from shiftfire.compiler.mapping.slicing import core_needs
from shiftfire.compiler.program import CompileError, CoreSlice
from shiftfire.golden.synapses import contribution
from shiftfire.network.graph import Network
from shiftfire_spec.address import CONFIG_ADDRESS, Space, group_register_offset
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.stream import GROUP_ROWS, GROUP_TABLE

EDGE = load_chip("edge")
RNG = np.random.default_rng(51)
COUNT = {"neuron": "count", "theta": 4, "hi": 1}
LAYERS: dict[str, Any] = {
    "conv2d": lambda n: n.conv2d("a", RNG.integers(-2, 3, (8, 2, 9, 1)), stride=(3, 1), padding=(4, 0), **COUNT),
    "dilated": lambda n: n.conv2d("a", RNG.integers(-2, 3, (8, 2, 5, 1)), dilation=(7, 1), stride=(2, 1), **COUNT),
    "depthwise": lambda n: n.depthwise("a", RNG.integers(-2, 3, (2, 4, 1)), **COUNT),
    "pool": lambda n: n.pool("a", (5, 1), stride=(2, 1), **COUNT),
    "direct": lambda n: n.direct("a", **COUNT),
    "upsample": lambda n: n.upsample("a", (2, 1), **COUNT),
    "pre-pooled": lambda n: n.conv2d("a", RNG.integers(-2, 3, (8, 2, 3, 1)), pre_pool=2, **COUNT),
    "residual": lambda n: n.direct("b", **COUNT).direct("a", also="input", **COUNT),
}


def network(name: str, length: int, width: int = 2) -> Network:
    return LAYERS[name](sf.Network("long", input=(2, length, width), timesteps=2)).readout("none").build()


def rows_seen(net: Network, part: CoreSlice, source: str) -> list[int]:
    """Rows of ``source`` that change the sums of the slice: by golden, a row at a time."""
    layer, shape = net.layer(part.layer), net.source(source).shape
    seen = []
    for row in range(shape.height):
        values = np.zeros((1, *shape.as_tuple()), np.int64)
        values[:, :, row] = 1
        sums = np.zeros(layer.shape.as_tuple(), np.int64)
        for synapses in layer.synapses:
            if synapses.source == source:
                plain = synapses if synapses.weights is None else replace(synapses, weights=np.ones_like(synapses.weights))
                sums = sums + contribution(plain, values)[0]
        if sums[:, part.row_base : part.row_base + part.rows].any():
            seen.append(row)
    return seen


@pytest.mark.parametrize("name", LAYERS)
def test_a_core_holds_the_rows_that_it_sees(name: str) -> None:
    """Registers and needs of every core: from the first to the last row that changes its sums, and no others."""
    net = network(name, 300)
    chip = replace(EDGE, axis_entries=64)
    program = compile_network(net, chip)
    addresses = [CONFIG_ADDRESS.unpack(int(word)) for word in program.image[:, 0]]
    registers = {
        (address["tile"], address["offset"]): int(word)
        for address, word in zip(addresses, program.image[:, 1], strict=True)
        if address["space"] == Space.REGISTER
    }
    assert len(program.cores) > 2
    for core in program.cores:
        table = 0
        for group, intake in enumerate(ordered_intakes(net, net.layer(core.layer))):
            rows = rows_seen(net, core, intake.source)
            held = GROUP_ROWS.unpack(registers[core.tile, group_register_offset(group, GROUP_ROWS)])
            assert (held["first"], held["more"]) == (rows[0], rows[-1] - rows[0])
            base = GROUP_TABLE.unpack(registers[core.tile, group_register_offset(group, GROUP_TABLE)])["y_base"]
            assert (base + rows[0]) % 4096 == table
            table += rows[-1] - rows[0] + 1
        need = next(n for n in core_needs(net, core, chip) if n.resource == "axis_entries")
        assert need.need == table <= chip.axis_entries


def test_the_fewest_cores_that_hold_a_signal() -> None:
    """1,000 samples, a kernel of 16, every fourth: 128 entries are 29 outputs of a core (4 x 28 + 16), so nine cores."""
    net = sf.Network("long", input=(2, 1000, 1)).conv2d("a", RNG.integers(-2, 3, (8, 2, 16, 1)), stride=(4, 1), **COUNT)
    parts = compile_network(net.readout("none").build(), EDGE, spread=False).cores
    assert len(parts) == -(-247 // 29) and max(part.rows for part in parts) <= 29


@pytest.mark.parametrize("kernel", [16, 33, 64])
def test_more_taps_than_a_table_entry_counts(kernel: int) -> None:
    """An event reaches 15 outputs of a core at most, so cores get 15 rows at most."""
    net = sf.Network("long", input=(1, 200, 1)).conv2d("a", RNG.integers(-2, 3, (4, 1, kernel, 1)), **COUNT)
    schedule = sf.compile(net.readout("none"), EDGE).schedule
    cores = [core for each in schedule.rounds for core in each.program.cores]
    assert max(core.rows for core in cores) <= 15 and sum(core.rows for core in cores) == 200 - kernel + 1


def test_chips_without_row_windows_refuse_what_their_tables_do_not_hold() -> None:
    chip: ChipConfig = replace(EDGE, row_windows=False)
    with pytest.raises(CompileError, match=r"layer a: .* needs axis_entries = 129, the limit is 128; .* a chip with row_windows"):
        compile_network(network("direct", 129), chip)
    assert compile_network(network("direct", 128), chip).cores


def test_columns_have_no_windows() -> None:
    with pytest.raises(CompileError, match=r"axis_entries = 129.*put the longer axis along the rows"):
        compile_network(network("direct", 4, 129), EDGE)


def test_geometry_keeps_every_row() -> None:
    """What reckons beats sees all rows, those without taps too."""
    net = network("conv2d", 300)
    part = CoreSlice(0, "a", 0, 8, 50, 10, 1)
    (intake,) = ordered_intakes(net, net.layer("a"))
    axis = intake_geometry(net, intake, part, 16).y
    assert axis is not None and len(axis.taps) == 300
    assert np.flatnonzero(axis.taps).tolist() == list(range(axis.window.start, axis.window.stop))
