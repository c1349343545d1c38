"""Modules in the ways that people write them, against torch's own execution."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("spikingjelly")
pytest.importorskip("snntorch")

import shiftfire as sf
import torch
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.torch.read import read_module
from support.torch_modules.execution import first, reset
from support.torch_modules.parameters import dyadic_, spikes
from support.torch_modules.written_out import CASES, Case

pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks


def _executed(case: Case, seed: int) -> tuple[Any, Any, Any]:
    """(module, inputs, what torch makes of them)"""
    module, x = dyadic_(case.make(), seed), spikes(seed, *case.shape, rate=0.6)
    reset(module)
    with torch.no_grad():
        expected = first(module(x)).numpy().astype(np.float64)
    reset(module)
    return module, x, expected


@pytest.mark.parametrize("name", CASES)
def test_the_graph_does_what_torch_does(name: str) -> None:
    case = CASES[name]
    module, x, expected = next(found for found in map(lambda seed: _executed(case, seed), range(50)) if found[2].any())
    before = copy.deepcopy(module.state_dict())
    read = read_module(module, x, case.axes)
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())  # nothing was changed
    inputs = np.repeat(x.numpy()[:, None], case.steps, axis=1) if case.steps else x.numpy().swapaxes(0, 1)
    found = interpret(read.graph, read.profile, inputs).outputs["output"]
    found = found.mean(axis=1) if case.steps else found.swapaxes(0, 1)  # of steps that the module makes itself
    if name in ("loop", "currents", "functions", "signals", "grown"):
        assert np.array_equal(found.reshape(expected.shape), expected)
    assert np.allclose(found.reshape(expected.shape), expected, atol=1e-6)
    made = sf.from_torch(module, x, axes=case.axes, calibrate=inputs)
    assert made.network.profile is not None and made.network.profile["origin"] == "torch"


def test_states_of_an_earlier_run_do_not_matter() -> None:
    """A trained module holds membranes that hang on to its last batch."""
    from spikingjelly.activation_based import neuron

    module = torch.nn.Sequential(torch.nn.Linear(4, 3), neuron.LIFNode())
    module(torch.ones(2, 4)).sum().backward()
    held = module[1].v
    read_module(module, torch.zeros(5, 4))
    assert module[1].v is held
    read = read_module(module, torch.zeros(5, 4))
    assert any("training mode" in line for line in read.graph.notes)


def test_notes_say_what_is_left_to_the_read_out() -> None:
    case = CASES["repeated"]
    read = read_module(case.make(), torch.zeros(case.shape), case.axes)
    assert any("mean or sum over time" in line for line in read.graph.notes)
    loop = CASES["loop"]
    read = read_module(loop.make(), torch.zeros(loop.shape), loop.axes)
    assert any("states of neurons" in line for line in read.graph.notes)


class Two(torch.nn.Module):
    """Two inputs that meet in one neuron."""

    def __init__(self) -> None:
        super().__init__()
        from spikingjelly.activation_based import neuron

        self.a, self.b = torch.nn.Linear(3, 4), torch.nn.Linear(5, 4, bias=False)
        self.lif = neuron.LIFNode(step_mode="m")

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.lif(self.a(x) + self.b(y))


@pytest.mark.parametrize("axes", ("TB", "T"))
def test_several_inputs_go_by_number(axes: str) -> None:
    module = dyadic_(Two(), 1)
    steps = (6,) if axes == "T" else (6, 2)
    x, y = spikes(1, *steps, 3), spikes(2, *steps, 5)
    with torch.no_grad():
        expected = module(x, y).numpy()
    reset(module)
    read = read_module(module, (x, y), axes)
    assert read.graph.inputs == {"input1": (3,), "input2": (5,)}
    x, y = (a.numpy()[None] if axes == "T" else a.numpy().swapaxes(0, 1) for a in (x, y))
    found = interpret(read.graph, read.profile, {"input1": x, "input2": y}).outputs["output"]
    assert expected.any() and np.array_equal(found[0] if axes == "T" else found.swapaxes(0, 1), expected)
    made = sf.from_torch(module, (torch.zeros(1, 1, 3), torch.zeros(1, 1, 5)), calibrate={"input1": x, "input2": y})
    assert made.fidelity is not None and made.fidelity.layers[0].agreement == 1
