"""Signals longer than a core's tables: golden, simulator and RTL alike, at once and in rounds; 16,000 samples on edge; Conv1d from NIR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import if_, input_node
from quantise.test_from_nir import SOFT, dyadic
from shiftfire.backends.fault import Fault
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.schedule import compile_schedule
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.nir.build import graph_of
from shiftfire.verification.verify import verify
from shiftfire_spec.address import Space, group_register_offset
from shiftfire_spec.stream import GROUP_ROWS
from support.odd_chip import odd_chip
from support.random_networks import RandomLimits, random_network

CHIP = odd_chip()  # 64 axis entries
RNG = np.random.default_rng(61)
COUNT = {"neuron": "count", "theta": 5, "hi": 1}
REQUANT = {"neuron": "requant", "shift": 3, "lo": -20, "hi": 20}


def weights(*shape: int) -> np.ndarray:
    return RNG.integers(-4, 4, shape)


CASES: dict[str, tuple[Callable[[Any], Any], tuple[int, int, int]]] = {
    "a stride of three": (lambda n: n.conv2d("c", weights(3, 2, 9, 1), stride=(3, 1), padding=(4, 0), **REQUANT), (2, 200, 1)),
    "a kernel of more taps than an entry counts": (lambda n: n.conv2d("c", weights(3, 1, 20, 1), **REQUANT), (1, 90, 1)),
    "dilation": (lambda n: n.conv2d("c", weights(3, 2, 4, 1), dilation=(5, 1), stride=(4, 1), **REQUANT), (2, 150, 1)),
    "a kernel per channel": (lambda n: n.depthwise("c", weights(5, 4, 2), stride=(2, 1), **REQUANT), (5, 130, 2)),
    "pools and a read-out": (
        lambda n: n.conv2d("c", weights(4, 1, 8, 1), stride=(4, 1), **COUNT).max_pool("m", (2, 1)).dense("o", weights(5, 4 * 24), **REQUANT),
        (1, 200, 1),
    ),
    "a dense layer of a long signal": (lambda n: n.dense("o", weights(5, 300), **REQUANT), (2, 150, 1)),
    "a residual, upsampled": (
        lambda n: n.pool("p", (4, 1), **REQUANT).upsample("u", (4, 1), also=sf.direct("input"), **REQUANT),
        (2, 100, 1),
    ),
    "two synapses of one source": (lambda n: n.pool("p", (3, 1), stride=1, padding=(1, 0), also="input", **REQUANT), (2, 100, 1)),
    "more cores than six bits count": (
        lambda n: n.conv2d("c", weights(1, 1, 58, 1), **COUNT).pool("p", (8, 1), **REQUANT),
        (1, 520, 1),
    ),
    "late steps": (lambda n: n.direct("d", also=sf.direct("input", delay=2), **REQUANT), (1, 130, 1)),
}  # fmt: skip


def compiled(name: str) -> tuple[Any, np.ndarray]:
    build, shape = CASES[name]
    network = build(sf.Network("signal", input=shape, timesteps=4, values=(0, 3))).readout("none").build()
    values = np.where(RNG.random((1, 4, *shape)) < 0.3, RNG.integers(0, 4, (1, 4, *shape)), 0)
    return compile_schedule(network, CHIP), values


@pytest.mark.parametrize("name", CASES)
def test_three_zeros(name: str) -> None:
    schedule, values = compiled(name)
    verification = sf.verify(schedule.network, values, chip=CHIP)
    verification.assert_equal()
    assert CASES[name][1][1] > CHIP.axis_entries and all(
        part.rows <= CHIP.axis_entries for e in schedule.rounds for part in e.program.cores
    )


@pytest.mark.parametrize("seed", range(6))
def test_random_networks(seed: int) -> None:
    _verify_random(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 40))
def test_more_random_networks(seed: int) -> None:
    _verify_random(seed)


def _verify_random(seed: int) -> None:
    limits = RandomLimits(layers=3, channels=8, long_share=1.0, timesteps=2, samples=1, each_share=0.2)
    network, inputs = random_network(np.random.default_rng([62, seed]), CHIP, limits)
    assert verify(compile_network(network, CHIP), inputs).passed


@pytest.mark.parametrize(("field", "bit"), [("first", 2), ("more", 3)])
def test_a_wrong_window_is_seen(field: str, bit: int) -> None:
    """Events of other rows are taken, or dropped: the RTL has a spoiled image."""
    schedule, values = compiled("a stride of three")
    (only,) = schedule.rounds
    program = only.program
    offset = group_register_offset(0, GROUP_ROWS)
    fault = Fault(program.cores[1].tile, Space.REGISTER, offset, GROUP_ROWS.offset(field) + bit)
    assert not verify(program, values, fault=fault).passed


@pytest.mark.slow
@pytest.mark.parametrize("length", [1000, 16000])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (16, 4), (25, 5), (64, 8)])
def test_a_signal_runs_on_edge(length: int, kernel: int, stride: int) -> None:
    """Convolutions and pools of a signal, then a read-out: in as many rounds as it takes, with golden's values."""
    rng = np.random.default_rng([length, kernel])
    net = sf.Network("signal", input=(1, length, 1), timesteps=2)
    net.conv2d("c1", rng.integers(-4, 5, (8, 1, kernel, 1)), stride=(stride, 1), theta=6)
    net.max_pool("m1", (8, 1))
    net.conv2d("c2", rng.integers(-2, 3, (16, 8, 3, 1)), stride=(2, 1), theta=6)
    rows = net.layers[-1].shape.height
    edge = max(1, rows // 16)
    net.pool("p", (edge, 1), neuron="count", theta=1, hi=15)
    net.dense("out", rng.integers(-8, 8, (10, 16 * net.layers[-1].shape.height)), neuron="li")
    x = (rng.random((1, 2, 1, length, 1)) < 0.1).astype(np.int64)
    ran, golden = (sf.run(net, x, chip="edge", backend=name, record=["spikes"]) for name in ("sim", "golden"))
    assert ran.cycles and all(np.array_equal(ran.spikes[name], golden.spikes[name]) for name in golden.spikes)


@pytest.mark.slow
def test_a_read_out_of_a_long_layer_on_edge() -> None:
    """A dense layer that sees 1,000 rows of 8 channels, far more than a table holds: cut by inputs."""
    rng = np.random.default_rng(71)
    net = sf.Network("signal", input=(1, 4012, 1), timesteps=2)
    net.conv2d("c", rng.integers(-4, 5, (8, 1, 16, 1)), stride=(4, 1), theta=6).dense(
        "out", rng.integers(-8, 8, (10, 8000)), neuron="li"
    )
    x = (rng.random((1, 2, 1, 4012, 1)) < 0.1).astype(np.int64)
    ran, golden = (sf.run(net, x, chip="edge", backend=name, record=["spikes"]) for name in ("sim", "golden"))
    assert ran.cycles and all(np.array_equal(ran.spikes[name], golden.spikes[name]) for name in ("c", "out"))


def test_conv1d_of_nir() -> None:
    """A signal of three row tables: its length lies along the rows, and integers spike as the floats do."""
    conv = nir.Conv1d(None, dyadic(RNG, 4, 2, 7), 3, 3, 1, 1, RNG.integers(-2, 3, 4) / 4)
    named = {"in": input_node(2, 400), "c": conv, "n": if_(4, 134), "f": nir.Flatten({"input": np.array([4, 134])}, 0, -1)}
    named |= {"w": nir.Linear(dyadic(RNG, 5, 4 * 134)), "m": if_(5, theta=2.0)}
    graph = nir.NIRGraph(nodes=named, edges=list(pairwise(named)), type_check=False)
    x = (RNG.random((2, 6, 2, 400)) < 0.2).astype(np.float64)
    net = sf.from_nir(graph, SOFT, calibrate=x, chip=replace(sf.chip("edge"), axis_entries=150))
    assert [layer.shape.as_tuple() for layer in net.network.layers] == [(4, 134, 1), (5, 1, 1)]
    floats, ran = (
        interpret(graph_of(graph), SOFT, x),
        sf.run(net, x, chip=replace(sf.chip("edge"), axis_entries=150), record=["spikes"]),
    )
    for name in ("n", "m"):
        assert floats.outputs[name].mean() > 0.02
        assert np.array_equal(ran.spikes[name].reshape(floats.outputs[name].shape), floats.outputs[name])
