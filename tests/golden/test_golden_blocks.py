"""Synapses that see a part of their source: as if the rest of it were 0, through weights that are there for the part only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shiftfire.golden.execute import execute
from shiftfire.golden.synapses import contribution
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.check import check_network
from shiftfire.network.container import load_network, save_network
from shiftfire.network.graph import Network
from shiftfire.network.synapses import Block, SynapseOp, Synapses
from shiftfire.network.values import NetworkError
from shiftfire.report.neurobench import synaptic_operations
from shiftfire_spec.weights import WeightFormat

RNG = np.random.default_rng(7)
VALUES = RNG.integers(-9, 10, (5, 6, 8, 4))  # vectors, channels, rows, columns
CONV, DENSE = RNG.integers(-8, 8, (3, 6, 3, 2)), RNG.integers(-8, 8, (4, 6, 4, 2))  # dense: rows and columns after pre_pool 2


def outside_zero(block: Block) -> np.ndarray:
    """The values with 0 wherever the block is not."""
    kept = np.zeros_like(VALUES)
    rows = slice(block.row, 8 if block.rows is None else block.row + block.rows)
    channels = slice(block.channel, block.channel + block.channels)
    kept[:, channels, rows] = VALUES[:, channels, rows]
    return kept


@pytest.mark.parametrize("block", [Block(0, 6), Block(2, 3), Block(5, 1)])
def test_conv2d(block: Block) -> None:
    whole = Synapses("in", SynapseOp.CONV2D, CONV, WeightFormat.INT4, padding=(2, 1), kernel=(3, 2), pre_pool=2, scale=1)
    part = replace(whole, weights=CONV[:, block.channel : block.channel + block.channels], block=block)
    assert np.array_equal(contribution(part, VALUES), contribution(whole, outside_zero(block)))


@pytest.mark.parametrize("block", [Block(0, 6), Block(2, 3), Block(1, 2, 2, 4), Block(5, 1, 6, 2), Block(0, 6, 0, 8)])
def test_dense(block: Block) -> None:
    rows = slice(block.row // 2, 4 if block.rows is None else (block.row + block.rows) // 2)
    part = DENSE[:, block.channel : block.channel + block.channels, rows].reshape(4, -1)
    synapses = Synapses("in", SynapseOp.DENSE, part, WeightFormat.INT4, pre_pool=2, block=block)
    pooled = outside_zero(block).reshape(5, 6, 4, 2, 2, 2).sum(axis=(3, 5))
    assert np.array_equal(contribution(synapses, VALUES)[:, :, 0, 0], np.einsum("vcyx,ocyx->vo", pooled, DENSE))


def network(**changes: Any) -> Network:
    net = NetworkBuilder("part", input=(6, 8, 4), values=(-9, 9))
    wide, narrow = np.array(CONV[:, 2:5]), DENSE[:, 1:3, 1:3].reshape(4, -1)
    net.conv2d("conv", wide, padding=1, weight_format="int4", theta=9, block=(2, 3))
    given = {"pre_pool": 2, "weight_format": "int4", "block": (1, 2, 2, 4), **changes}
    net.dense("out", narrow, source="input", neuron="requant", shift=2, lo=-99, hi=99, **given)
    return net.collect("conv").readout("none").build()


def test_round_trip_and_summary(tmp_path: Path) -> None:
    made = network()
    save_network(made, tmp_path)
    read = load_network(tmp_path)
    assert [layer.synapses[0].block for layer in read.layers] == [Block(2, 3), Block(1, 2, 2, 4)]
    x = RNG.integers(-9, 10, (3, 6, 8, 4))
    for name, values in execute(made, x).activations.items():
        assert np.array_equal(values, execute(read, x).activations[name])
    assert "input (channels 2..4)" in str(read) and "input (channels 1..2, rows 2..5)" in str(read)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"block": (1, 2)}, "take 8 inputs, but the block has 16"),
        ({"block": 3}, r"block = 3 is neither \(first channel, channels\) nor"),
        ({"block": (1, 2), "source": ["input", "conv"]}, "block is a part of one source, not of input, conv"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    given = {key: value for key, value in changes.items() if key != "source"}
    with pytest.raises(NetworkError, match=message):
        if "source" in changes:
            NetworkBuilder("n", input=4).dense("conv", np.eye(4), theta=1).dense("out", np.ones((2, 8)), theta=1, **changes).build()
        else:
            network(**given)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (Block(1, 6, 2, 4), "block channels = 6 is out of range"),
        (Block(6, 1, 2, 4), "block channel = 6 is out of range"),
        (Block(1, 2, 8, 4), "block row = 8 is out of range"),
        (Block(1, 2, 6, 4), "block rows = 4 is out of range"),
        (Block(1, 2, 1, 4), "block rows 1 to 5 cut windows of pre_pool = 2; use multiples of it"),
        (Block(1, 2, 2), "block row = 2 without rows; give rows, or leave row at 0"),
    ],
)
def test_blocks_out_of_range(block: Block, message: str) -> None:
    made = network()
    out = made.layers[1]
    changed = replace(out, synapses=(replace(out.synapses[0], block=block),))
    with pytest.raises(NetworkError, match=f"layer out, synapses from input: {message}"):
        check_network(replace(made, layers=(made.layers[0], changed)))


def test_no_rows_of_convolutions_and_no_blocks_of_others() -> None:
    net = NetworkBuilder("n", input=(6, 8, 4))
    with pytest.raises(NetworkError, match="rows of a block are for dense, as every row meets the same weights of conv2d"):
        net.conv2d("conv", CONV, theta=9, block=(0, 6, 0, 4)).build()
    net = NetworkBuilder("n", input=(6, 8, 4))
    with pytest.raises(NetworkError, match="block is for dense, and for conv2d of one group; leave it out of conv2d"):
        net.conv2d("conv", CONV[:2, :3], theta=9, groups=2, block=(0, 6)).build()


def test_operations_are_those_of_the_part() -> None:
    """NeuroBench counts what the weights of the block meet: here by hand, of single positions of a dense layer."""
    made = network()
    x = RNG.integers(-9, 10, (2, 1, 6, 8, 4))
    alone = replace(made, layers=made.layers[1:], more_outputs=())
    pooled = x[:, 0, 1:3, 2:6].reshape(2, 2, 2, 2, 2, 2).sum(axis=(3, 5)) != 0
    expected = sum(int((pooled[s].reshape(-1) & (row != 0)).sum()) for s in range(2) for row in DENSE[:, 1:3, 1:3].reshape(4, -1))
    counted = synaptic_operations(alone, {"input": x, **execute(alone, x).activations})
    assert counted["Effective_MACs"] + counted["Effective_ACs"] == expected / 2
    assert counted["Dense"] == DENSE[:, 1:3, 1:3].size
