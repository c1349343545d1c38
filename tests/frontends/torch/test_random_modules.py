"""Random modules of both frameworks: the graph's interpreter against torch's own execution, and the integers against both."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import shiftfire as sf
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.torch.read import read_module
from support.first_differences import compare
from support.torch_modules.execution import executed
from support.torch_modules.parameters import dyadic_, real_, spikes
from support.torch_modules.random_modules import SAMPLES, STEPS, snntorch_module, spikingjelly_module

pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks
MAKERS = {"spikingjelly": spikingjelly_module, "snntorch": snntorch_module}
FRAMEWORKS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"needs {name}: make frameworks"))
    for name in MAKERS
]
SEEDS = range(12)


def _case(framework: str, seed: int, parameters: Any) -> tuple[Any, Any, Any, Any]:
    """(module, inputs (steps, samples, ...), the example for from_torch, what torch does)."""
    module, shape = MAKERS[framework](seed)
    parameters(module, seed)
    x = spikes(seed, STEPS, SAMPLES, *shape)
    by_step = framework == "snntorch"
    return module, x, x[0] if by_step else x, executed(module, x, by_step=by_step)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_dyadic_weights_give_every_spike(framework: str, seed: int) -> None:
    module, x, example, torch_did = _case(framework, seed, dyadic_)
    read = read_module(module, example)
    trace = interpret(read.graph, read.profile, x.numpy().swapaxes(0, 1))
    for name, sent in torch_did.neurons.items():
        assert np.array_equal(trace.outputs[name].reshape(sent.shape), sent), name
    assert np.array_equal(trace.outputs["output"].reshape(torch_did.output.shape), torch_did.output)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_real_weights_differ_first_where_float32_cannot_tell(framework: str, seed: int) -> None:
    module, x, example, torch_did = _case(framework, seed, real_)
    read = read_module(module, example)
    trace = interpret(read.graph, read.profile, x.numpy().swapaxes(0, 1))
    outputs = {name: sent.reshape(trace.outputs[name].shape) for name, sent in torch_did.neurons.items()}
    compared = compare(read.graph, read.profile, trace, outputs)
    assert compared.steps > 0 and sum(float(sent.sum()) for sent in outputs.values()) > 0
    for first in compared.first:
        assert first.distance <= first.bound, first
    assert compared.first or not compared.differing


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_dyadic_integers_send_what_torch_sends(framework: str, seed: int) -> None:
    """Golden, which knows nothing of floats, against torch; the simulator against golden."""
    module, x, example, torch_did = _case(framework, seed, dyadic_)
    inputs = x.numpy().swapaxes(0, 1)
    made = sf.from_torch(module, example, calibrate=inputs)
    assert made.fidelity is not None and all(layer.agreement == 1 for layer in made.fidelity.layers), made
    result = sf.run(made, made.integers(inputs), chip="edge", backend="golden", record=["spikes"])
    assert np.array_equal(result.spikes[made.network.output].reshape(torch_did.output.shape), torch_did.output)
    simulated = sf.run(made, made.integers(inputs), chip="edge", record=["spikes"])
    for layer in made.network.layers:
        assert np.array_equal(simulated.spikes[layer.name], result.spikes[layer.name]), layer.name
