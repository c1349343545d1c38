"""Weights of 16 bits: the digits add up, near-ties that 8 bits lose are kept, on the fabric too, and a budget can ask for them."""

from __future__ import annotations

from typing import Any

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import graph, if_, input_node, output_node
from quantise.test_from_nir import SOFT, mlp, spikes
from shiftfire.compiler.mapping.bounds import check_bounds
from shiftfire.compiler.program import CompileError
from shiftfire.network.build.connections import Connection
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError
from shiftfire.network.wide_weights import WIDE_LIMITS, split_weights, wide_synapses
from shiftfire.quantise.errors import QuantiseError
from shiftfire_spec.chip import load_chip
from shiftfire_spec.weights import FORMATS, WeightFormat
from support.odd_chip import odd_chip

CLASSES, COMMON = 8, 16
GRID = 1 / 4096


def near_ties(rng: np.random.Generator) -> tuple[nir.NIRGraph, Any]:
    """A layer, and a sample per class, whose own neuron meets its threshold exactly, while every other one stays a grid step below."""
    weights = np.zeros((CLASSES, COMMON + CLASSES), np.int64)
    weights[:, :COMMON] = rng.integers(-800, 801, (CLASSES, COMMON))
    theta = 1024
    patterns = np.zeros((CLASSES, 2, COMMON + CLASSES), np.int64)
    patterns[:, 0, :COMMON] = rng.integers(0, 2, (CLASSES, COMMON))
    patterns[:, 0, COMMON:] = np.eye(CLASSES)
    for sample in range(CLASSES):
        common = weights[:, :COMMON] @ patterns[sample, 0, :COMMON]
        weights[:, COMMON + sample] = theta - 1 - common
        weights[sample, COMMON + sample] += 1
    linear = nir.Affine(weights * GRID, np.zeros(CLASSES))
    nodes = {
        "in": input_node(COMMON + CLASSES),
        "fc": linear,
        "n": if_(CLASSES, theta=theta * GRID),
        "out": output_node(CLASSES),
    }
    return graph(nodes), patterns.astype(float)


def test_near_ties_are_lost_at_8_bits_and_none_at_16() -> None:
    rng = np.random.default_rng(5)
    made, x = near_ties(rng)
    labels = np.arange(CLASSES)
    nets = {bits: sf.from_nir(made, SOFT, weights=bits, calibrate=x, labels=labels, chip=odd_chip()) for bits in (8, 16)}
    narrow, wide = nets[8].fidelity, nets[16].fidelity
    assert narrow is not None and narrow.decisions is not None and narrow.decisions < 0.7
    assert wide is not None and wide.decisions == 1.0 == wide.accuracy_integer
    assert wide.layers[0].exact_weights and wide.layers[0].bits == 16
    formats = [(s.source, s.weight_format, s.scale) for s in nets[16].network.layers[0].synapses]
    assert formats == [("in", WeightFormat.INT8, formats[1][2] + 8), ("in", WeightFormat.INT8, formats[1][2])]
    run = sf.run(nets[16], nets[16].integers(x), labels=labels, chip=odd_chip())
    assert run.accuracy == 1.0
    verified = sf.verify(nets[16], nets[16].integers(x[:2]), chip=odd_chip())
    verified.assert_equal()


def test_a_chip_without_chains_is_refused() -> None:
    rng = np.random.default_rng(1)
    made = mlp(rng, if_, theta=1.5)
    words = (
        r"weights of n1: weights of 16 bits are two entries of one source, chip nano has chains = false; use 8, or a chip that has"
    )
    with pytest.raises(QuantiseError, match=words):
        sf.from_nir(made, SOFT, weights={"n1": 16}, timesteps=4, chip="nano")
    net = sf.from_nir(made, SOFT, weights=16, timesteps=4, chip="edge")
    with pytest.raises(CompileError, match=r"layer n1: several synapses from in .* needs chains, chip ulx3s has chains = false"):
        sf.compile(net, "ulx3s")


def test_sums_past_the_accumulators_take_a_coarser_unit() -> None:
    """4000 weights as fine as the membrane allows would sum to 25 bits; the accumulators of edge have 24."""
    rng = np.random.default_rng(2)
    nodes = {
        "in": input_node(4000),
        "fc": nir.Affine(rng.uniform(0.5, 1.0, (3, 4000)), np.zeros(3)),
        "n": if_(3, theta=1.0),
        "out": output_node(3),
    }
    net = sf.from_nir(graph(nodes), SOFT, weights=16, calibrate=spikes(rng, 2, 4, 4000, rate=0.001))
    high, low = net.network.layers[0].synapses
    whole = np.asarray(high.weights, np.int64) * 256 + low.weights << low.scale
    assert 1 << 21 < np.abs(whole).sum(axis=1).max() < 1 << 23
    check_bounds(net.network, load_chip("edge"))


def test_a_budget_takes_16_bits_where_they_fit() -> None:
    rng = np.random.default_rng(4)
    made, x = mlp(rng, if_, theta=1.5), spikes(rng, 20, 10, 16)
    wide = sf.from_nir(made, SOFT, weights="auto", budget="16bits", calibrate=x)
    assert "weight bits: n1 16, n2 16" in wide.assumed
    narrow = sf.from_nir(made, SOFT, weights="auto", budget="12bits", calibrate=x)
    stored = [
        (s.weights.size, FORMATS[s.weight_format].bits)
        for layer in narrow.network.layers
        for s in layer.synapses
        if s.weights is not None
    ]
    assert sum(size * bits for size, bits in stored) <= 12 * (24 * 16 + 24 * 5)
    assert narrow.as_dict()["weights_bytes"] == sum(size * bits for size, bits in stored) // 8
    poor = sf.from_nir(made, SOFT, weights="auto", budget="16bits", calibrate=x, chip="ulx3s")
    assert "weight bits: n1 8, n2 8" in poor.assumed


def test_digits_add_up() -> None:
    low, high = WIDE_LIMITS
    values = np.arange(low, high + 1)
    one, other = split_weights("x", values)
    assert np.array_equal(256 * one + other, values)
    assert all(part.min() >= -128 and part.max() <= 127 for part in (one, other))
    for outside in (low - 1, high + 1):
        with pytest.raises(NetworkError, match=rf"two synapses of 8 bits hold {low}\.\.{high}"):
            split_weights("x", np.array([outside]))


def test_what_has_no_digits_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"scale = 8 .* use 7 at most"):
        wide_synapses(Synapses("a", SynapseOp.DENSE, np.ones((2, 2), np.int64), WeightFormat.INT8, 8))
    with pytest.raises(NetworkError, match="pool stores no weights"):
        wide_synapses(Synapses("a", SynapseOp.POOL))


def test_the_builder_takes_int16() -> None:
    rng = np.random.default_rng(6)
    weights = rng.integers(-20000, 20001, (6, 5, 3, 3))
    net = sf.Network("wide", input=(5, 6, 6), timesteps=2)
    net.conv2d("a", weights, weight_format="int16", padding=1, theta=15000, v_min=-16000, v_max=16000)
    net.layer(
        "b",
        sf.conv2d(rng.integers(-200, 200, (4, 11, 1, 1)), source=["input", "a"], weight_format="int16"),
        theta=300,
        v_min=-16000,
        v_max=16000,
    )
    assert [s.scale for s in net.layers[0].synapses] == [8, 0] and len(net.layers[1].synapses) == 4
    net.readout("none")
    x = rng.integers(0, 2, (2, 2, 5, 6, 6))
    sf.verify(net, x, chip=odd_chip()).assert_equal()
    plain = sf.Network("plain", input=(5, 6, 6), timesteps=2)
    with pytest.raises(NetworkError, match=r'or take weight_format="int16"'):
        plain.conv2d("a", weights, theta=15000, v_min=-16000, v_max=16000)
    with pytest.raises(NetworkError, match="direct has no weights of its own, so none of 16 bits"):
        plain.layer("a", Connection(SynapseOp.DIRECT, weight_format="int16"), theta=1)
