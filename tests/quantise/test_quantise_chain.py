"""Chains of linear nodes as one synapse: equal to the nodes one after the other, written out as loops; refusals name the node."""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
import pytest
from quantise.nir_graphs import graph, input_node, linear_loops, output_node
from shiftfire.frontends.nir.build import graph_of
from shiftfire.network.synapses import SynapseOp
from shiftfire.quantise.chain import fold
from shiftfire.quantise.errors import QuantiseError
from shiftfire.quantise.lowered import Lowered, lower

RNG = np.random.default_rng(11)


def whole(*shape: int) -> Any:
    """Whole numbers, so that every order of sums is exact."""
    return RNG.integers(-3, 4, shape).astype(float)


def conv(
    out: int, into: int, kernel: tuple[int, int] = (3, 3), stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1
) -> nir.Conv2d:
    return nir.Conv2d(None, whole(out, into // groups, *kernel), stride, padding, dilation, groups, whole(out))


def pool(kernel: int, stride: int | None = None, padding: int = 0, mean: bool = False) -> Any:
    kind = nir.AvgPool2d if mean else nir.SumPool2d
    return kind(np.array([kernel] * 2), np.array([stride or kernel] * 2), np.array([padding] * 2))


FLAT = nir.Flatten({"input": np.array([2, 8, 8])}, 0, -1)

CHAINS = {
    "linear": ((6,), [nir.Linear(whole(4, 6))], SynapseOp.DENSE),
    "affine affine": ((6,), [nir.Affine(whole(5, 6), whole(5)), nir.Affine(whole(4, 5), whole(4))], SynapseOp.DENSE),
    "scale": ((6,), [nir.Scale(np.full(6, 2.0))], SynapseOp.DIRECT),
    "negative scale": ((6,), [nir.Scale(whole(6) - 9)], SynapseOp.DEPTHWISE),
    "scale linear scale": ((6,), [nir.Scale(whole(6)), nir.Linear(whole(4, 6)), nir.Scale(whole(4))], SynapseOp.DENSE),
    "conv": ((2, 8, 8), [conv(3, 2, padding=1)], SynapseOp.CONV2D),
    "conv1d": ((2, 9), [nir.Conv1d(None, whole(3, 2, 3), 2, 1, 1, 1, whole(3))], SynapseOp.CONV2D),
    "strided dilated conv": ((2, 9, 9), [conv(3, 2, stride=2, dilation=2, padding=2)], SynapseOp.CONV2D),
    "depthwise": ((4, 8, 8), [conv(4, 4, groups=4, padding=1)], SynapseOp.DEPTHWISE),
    "pool": ((2, 8, 8), [pool(2)], SynapseOp.POOL),
    "mean pool": ((2, 8, 8), [pool(2, mean=True)], SynapseOp.POOL),
    "overlapping pool": ((2, 8, 8), [pool(3, 2, 1)], SynapseOp.POOL),
    "pool conv": ((2, 8, 8), [pool(2, mean=True), conv(3, 2, padding=1)], SynapseOp.CONV2D),
    "pool pool conv": ((2, 16, 16), [pool(2), pool(2, mean=True), conv(3, 2)], SynapseOp.CONV2D),
    "pool pool": ((2, 16, 16), [pool(2), pool(2, mean=True)], SynapseOp.POOL),
    "overlapping pool conv": ((2, 9, 9), [pool(3, 2, 1), conv(3, 2, kernel=(2, 2))], SynapseOp.CONV2D),
    "padded conv after overlapping pool": ((2, 7, 7), [pool(3, 2), conv(3, 2, padding=1)], SynapseOp.DENSE),
    "conv pool": ((2, 9, 9), [conv(3, 2, padding=1), pool(2, mean=True)], SynapseOp.CONV2D),
    "grouped conv pool": ((4, 8, 8), [conv(4, 4, groups=2), pool(2)], SynapseOp.CONV2D),
    "pool grouped conv": ((4, 9, 9), [pool(3, 1), conv(4, 4, groups=2)], SynapseOp.CONV2D),
    "conv conv": ((2, 9, 9), [conv(3, 2, stride=2, padding=1), conv(2, 3, kernel=(2, 2))], SynapseOp.CONV2D),
    "scale conv": ((2, 8, 8), [nir.Scale(np.repeat([2.0, 3.0], 64).reshape(2, 8, 8)), conv(3, 2, padding=1)], SynapseOp.CONV2D),
    "uneven scale conv": ((2, 5, 5), [nir.Scale(whole(2, 5, 5)), conv(3, 2)], SynapseOp.DENSE),
    "pool flatten linear": ((2, 8, 8), [pool(2, mean=True), nir.Flatten({"input": np.array([2, 4, 4])}, 0, -1), nir.Linear(whole(5, 32))], SynapseOp.DENSE),
    "flatten linear": ((2, 8, 8), [FLAT, nir.Linear(whole(5, 128))], SynapseOp.DENSE),
    "conv flatten linear": ((2, 5, 5), [conv(3, 2), nir.Flatten({"input": np.array([3, 3, 3])}, 0, -1), nir.Linear(whole(5, 27))], SynapseOp.DENSE),
}  # fmt: skip


def folded(shape: tuple[int, ...], nodes: list[Any], *, alone: bool = True) -> tuple[Any, Lowered]:
    named: dict[str, Any] = {"in": input_node(*shape)}
    x = np.zeros(shape)
    for number, node in enumerate(nodes):
        named[f"n{number}"] = node
        x = linear_loops(node, x)
    named["out"] = output_node(*x.shape)
    read = graph_of(graph(named))
    chain = fold(read, "in", tuple(n for n in named if n not in ("in", "out")))
    return chain, lower("in", chain, 0, flat=chain.grid[1:] != (1, 1) and type(chain.map).__name__ == "Dense", alone=alone)


def sums(synapse: Lowered, chain: Any, x: Any) -> Any:
    """The synapse's sums, as the network format describes its operation, in loops over single elements."""
    grid, edge = x.reshape(chain.source), synapse.pre_pool
    if edge != 1:
        grid = linear_loops(pool(edge), grid)
    if synapse.op is SynapseOp.DENSE:
        return linear_loops(nir.Linear(synapse.weights), grid.reshape(-1))
    if synapse.op is SynapseOp.DIRECT:
        return (grid * synapse.weights[:, None, None]).reshape(-1)
    weights, groups = synapse.weights, synapse.groups
    if synapse.op is not SynapseOp.CONV2D:  # a kernel per channel, of one weight where it is a pool
        weights = np.broadcast_to(
            weights.reshape(len(weights), 1, *(synapse.kernel if synapse.stored else (1, 1))), (len(weights), 1, *synapse.kernel)
        )
        groups = len(weights)
    node = nir.Conv2d(None, weights, synapse.stride, synapse.padding, synapse.dilation, groups, np.zeros(len(weights)))
    return linear_loops(node, grid).reshape(-1)


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_is_its_nodes_one_after_the_other(name: str) -> None:
    shape, nodes, op = CHAINS[name]
    chain, synapse = folded(shape, nodes)
    assert synapse.op is op
    for _ in range(3):
        x = whole(*shape)
        expected = x
        for node in nodes:
            expected = linear_loops(node, expected)
        assert np.allclose(sums(synapse, chain, x) + chain.constant, expected.reshape(-1), atol=1e-9)


def test_pools_beside_other_synapses_have_stored_weights() -> None:
    assert folded((2, 8, 8), [pool(2)], alone=False)[1].op is SynapseOp.DEPTHWISE


def test_a_pool_before_a_convolution_costs_no_weights() -> None:
    _, synapse = folded((2, 8, 8), [pool(2), conv(3, 2, padding=1)])
    assert synapse.pre_pool == 2 and synapse.weights.shape == (3, 2, 3, 3)


def test_what_is_too_large_for_a_matrix_is_refused_by_name() -> None:
    with pytest.raises(QuantiseError, match=r"node n1: .*too large for a matrix"):
        folded((2, 96, 96), [pool(3, 2), conv(2, 2, padding=1)])
