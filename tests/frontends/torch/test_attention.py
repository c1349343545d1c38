"""Attention of SpikingJelly's own blocks and of blocks as published: graph against torch, integers against both, simulator and RTL against golden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("spikingjelly")

import shiftfire as sf
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.torch.read import read_module
from support.torch_modules.attention import blocks
from support.torch_modules.execution import executed
from support.torch_modules.parameters import dyadic_, real_, spikes

pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks
STEPS, SAMPLES = 4, 3
GAIN = 4.0  # so that products of spikes reach a threshold
NAMES = ("spikformer-block", "tokens-first", "scale-between", "meta-block", "masks", "token-masks")
OPERATIONS = {
    "spikformer-block": {"kv", "pv"},
    "tokens-first": {"qk", "pv"},
    "scale-between": {"qk", "pv"},
    "meta-block": {"kv", "qk"},
    "masks": {"upsample"},
    "token-masks": set(),
}


def _case(name: str, parameters: Any) -> tuple[Any, Any, Any]:
    module, shape = blocks()[name]
    parameters(module, 5, gain=GAIN)
    x = spikes(5, STEPS, SAMPLES, *shape)
    return module, x, executed(module, x)


@pytest.mark.parametrize("name", NAMES)
def test_dyadic_weights_give_every_spike_in_graph_and_integers(name: str) -> None:
    module, x, torch_did = _case(name, dyadic_)
    assert all(sent.any() for sent in torch_did.neurons.values()), {n: float(s.mean()) for n, s in torch_did.neurons.items()}
    inputs = x.numpy().swapaxes(0, 1)
    read = read_module(module, x)
    trace = interpret(read.graph, read.profile, inputs)
    assert np.array_equal(trace.outputs["output"].reshape(torch_did.output.shape), torch_did.output)
    made = sf.from_torch(module, x, calibrate=inputs)
    assert made.fidelity is not None and all(layer.agreement in (1, None) for layer in made.fidelity.layers), str(made)
    used = {synapses.op.value for layer in made.network.layers for synapses in layer.synapses}
    assert used >= OPERATIONS[name]


@pytest.mark.parametrize("name", NAMES)
def test_real_weights_agree_within_the_report(name: str) -> None:
    module, x, torch_did = _case(name, real_)
    assert all(sent.any() for sent in torch_did.neurons.values()), {n: float(s.mean()) for n, s in torch_did.neurons.items()}
    inputs = x.numpy().swapaxes(0, 1)
    read = read_module(module, x)
    trace = interpret(read.graph, read.profile, inputs)
    assert np.mean(trace.outputs["output"].reshape(torch_did.output.shape) == torch_did.output) > 0.999
    made = sf.from_torch(module, x, calibrate=inputs)
    assert made.fidelity is not None
    for layer in made.fidelity.layers:
        assert layer.own_agreement is None or layer.own_agreement > 0.98, (layer.node, layer.own_agreement)
        assert layer.dead is None, layer
    golden = sf.run(made, made.integers(inputs), chip="edge", backend="golden", record=["spikes"])
    simulated = sf.run(made, made.integers(inputs), chip="edge", record=["spikes"])
    for layer in made.network.layers:
        assert np.array_equal(simulated.spikes[layer.name], golden.spikes[layer.name]), layer.name


@pytest.mark.slow
@pytest.mark.parametrize("name", ("spikformer-block", "tokens-first", "meta-block", "masks"))
def test_the_rtl_does_the_same(name: str) -> None:
    """Golden, simulator and RTL of chip `edge`: no event, no cycle and no counter differs."""
    module, x, _ = _case(name, real_)
    inputs = x.numpy().swapaxes(0, 1)
    made = sf.from_torch(module, x, calibrate=inputs)
    verification = sf.verify(made, made.integers(inputs[:1]), chip="edge")
    assert verification.passed, str(verification)
