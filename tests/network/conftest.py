"""A small valid network with every kind of synapse and neuron."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire_spec.fire import Reset, Rounding
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat


@pytest.fixture
def network() -> Network:
    rng = np.random.default_rng(7)
    zeros = np.zeros(3, np.int64)
    window = {"kernel": (3, 3), "padding": (1, 1)}
    conv = Synapses("in", SynapseOp.CONV2D, rng.integers(-8, 8, (3, 2, 3, 3)), WeightFormat.INT4, scale=2, **window)
    depthwise = Synapses("conv", SynapseOp.DEPTHWISE, rng.integers(-2, 2, (3, 3, 3)), WeightFormat.INT2, **window)
    pool = Synapses("levelled", SynapseOp.POOL, kernel=(2, 2), stride=(2, 2))
    dense = Synapses("pooled", SynapseOp.DENSE, rng.integers(0, 2, (5, 6)) * 2 - 1, WeightFormat.PM1)
    leak = (LeakTerm(3), LeakTerm(5, negative=True))
    lif = Lif(zeros + 90, zeros - 3, leak, Reset.ZERO, True, -500, 500, 12)
    skip = Synapses("conv", SynapseOp.DIRECT)
    levels = np.array([-7, 0, 0, 11, 40])
    layers = (
        Layer("conv", Shape(3, 4, 2), (conv,), Count(zeros + 20, zeros + 1, 0, 9)),
        Layer("mixed", Shape(3, 4, 2), (depthwise,), Requant(zeros, 1, -9, 9, Rounding.HALF_EVEN)),
        Layer("added", Shape(3, 4, 2), (Synapses("mixed", SynapseOp.DIRECT), skip), Requant(zeros, 0, 0, 18)),
        Layer("levelled", Shape(3, 4, 2), (Synapses("added", SynapseOp.DIRECT),), Count(zeros + 3, zeros, -2, 2, levels=levels)),
        Layer("pooled", Shape(3, 2, 1), (pool,), lif, timesteps=4),
        Layer("out", Shape(5), (dense,), Argmax(np.arange(5) - 2)),
    )
    return Network("every-kind", Input("in", Shape(2, 4, 2), 1, PayloadKind.COUNT, 0, 20), layers, "out", Readout.EVENT, {"k": "v"})
