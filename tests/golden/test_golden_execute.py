"""Whole networks: the timesteps rule, several sources, read-outs, and a spiking CNN written out in torch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat

ZERO = np.zeros(2, np.int64)


def chain(*layers: Layer, timesteps: int, readout: Readout) -> Network:
    source = Input("in", Shape(2), timesteps, PayloadKind.SIGNED, -9, 9)
    return Network("chain", source, layers, layers[-1].name, readout)


def direct(source: str) -> tuple[Synapses]:
    return (Synapses(source, SynapseOp.DIRECT),)


INPUTS = np.array([[[3, -1], [2, 9], [-4, 2]], [[0, 0], [5, 5], [1, -1]]])[:, :, :, None, None]  # two samples, three steps


def test_every_step() -> None:
    layer = Layer("out", Shape(2), direct("in"), Lif(ZERO + 4, ZERO), timesteps=3)
    trace = execute(chain(layer, timesteps=3, readout=Readout.SUM), INPUTS)
    # membranes of sample 0: 3, 5|1, -3 and -1, 8|4, 6|2; of sample 1: 0, 5|1, 2 and 0, 5|1, 0
    assert trace.activations["out"][:, :, :, 0, 0].tolist() == [[[0, 0], [1, 1], [0, 1]], [[0, 0], [1, 1], [0, 0]]]
    assert trace.predictions is not None and trace.predictions.tolist() == [1, 0]


def test_sum_then_fire() -> None:
    layer = Layer("out", Shape(2), direct("in"), Requant(ZERO + 1, 0, -9, 9))
    trace = execute(chain(layer, timesteps=3, readout=Readout.NONE), INPUTS)
    assert trace.activations["out"][:, :, :, 0, 0].tolist() == [[[2, 9]], [[7, 5]]]  # bias once; 11 clipped
    assert trace.predictions is None


def test_constant_drive() -> None:
    layer = Layer("out", Shape(2), direct("in"), Lif(ZERO + 5, ZERO + 1), timesteps=4)
    trace = execute(chain(layer, timesteps=1, readout=Readout.SUM), INPUTS[:, :1])
    # sample 0: 4, 8|3, 7|2, 6|1 and 0, 0, 0, 0; sample 1: 1, 2, 3, 4
    assert trace.activations["out"][:, :, :, 0, 0].tolist() == [[[0, 0], [1, 0], [1, 0], [1, 0]], [[0, 0]] * 4]


def test_residual_and_event() -> None:
    layers = (
        Layer("body", Shape(2), direct("in"), Count(ZERO + 2, ZERO, -9, 9)),
        Layer("out", Shape(2), (Synapses("body", SynapseOp.DIRECT, scale=2), *direct("in")), Argmax(np.array([0, 1]))),
    )
    trace = execute(chain(*layers, timesteps=1, readout=Readout.EVENT), np.array([[3, 2], [-9, -9], [1, 1]])[:, :, None, None])
    # body: 1, 1; -5, -5; 0, 0.  4 * body + in + (0, 1): 7, 7; -29, -28; 1, 2
    assert trace.activations["body"][:, 0, :, 0, 0].tolist() == [[1, 1], [-5, -5], [0, 0]]
    assert trace.predictions is not None and trace.predictions.tolist() == [0, 1, 1]
    assert trace.activations["out"].sum(axis=(1, 2, 3, 4)).tolist() == [1, 1, 1]


def test_wrong_networks_and_inputs_are_refused() -> None:
    layer = Layer("out", Shape(2), direct("in"), Lif(ZERO + 4, ZERO), timesteps=3)
    network = chain(layer, timesteps=3, readout=Readout.SUM)
    with pytest.raises(NetworkError, match="10 is out of range"):
        execute(network, INPUTS + 1)
    with pytest.raises(NetworkError, match="no layer 'x'"):
        execute(replace(network, output="x"), INPUTS)


def test_spiking_cnn_against_torch() -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    rng = np.random.default_rng(5)
    w1, w2 = rng.integers(-8, 8, (4, 2, 3, 3)), rng.integers(-8, 8, (5, 4 * 3 * 3))
    theta, bias = rng.integers(20, 60, 4), rng.integers(-5, 6, 4)
    conv = Synapses("in", SynapseOp.CONV2D, w1, WeightFormat.INT4, kernel=(3, 3), padding=(1, 1))
    layers = (
        Layer("conv", Shape(4, 6, 6), (conv,), Lif(theta, bias, (LeakTerm(2),), v_min=-64, v_max=100), timesteps=5),
        Layer("out", Shape(5), (Synapses("conv", SynapseOp.DENSE, w2, WeightFormat.INT4, pre_pool=2),), Argmax(np.arange(5))),
    )
    network = Network("cnn", Input("in", Shape(2, 6, 6), 1, PayloadKind.COUNT, 0, 3), layers, "out", Readout.EVENT)
    images = rng.integers(0, 4, (8, 2, 6, 6))
    current = functional.conv2d(torch.from_numpy(images).double(), torch.from_numpy(w1).double(), padding=1)
    v, logits = torch.zeros_like(current), torch.arange(5).double()
    for step in range(5):
        v = (v - torch.floor(v / 4) + current + torch.from_numpy(bias)[:, None, None]).clamp(-64, 100)
        spikes = (v >= torch.from_numpy(theta)[:, None, None]).double()
        v = v - spikes * torch.from_numpy(theta)[:, None, None]
        assert np.array_equal(execute(network, images).activations["conv"][:, step], spikes.numpy())
        pooled = functional.avg_pool2d(spikes, 2, divisor_override=1).flatten(1)
        logits = logits + functional.linear(pooled, torch.from_numpy(w2).double())
    predictions = execute(network, images).predictions
    assert predictions is not None and predictions.tolist() == logits.argmax(1).tolist()
