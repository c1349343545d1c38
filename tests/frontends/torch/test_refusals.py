"""What is not known is refused in one line: path, class, remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("spikingjelly")
pytest.importorskip("snntorch")

import shiftfire as sf
import snntorch
import torch
from shiftfire.errors import UserError
from shiftfire.frontends.torch.errors import TorchError
from shiftfire.frontends.torch.read import read_module
from shiftfire.quantise.errors import QuantiseError
from spikingjelly.activation_based import layer, neuron
from torch import nn

pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks
X = torch.zeros(2, 4)
IMAGE = torch.zeros(2, 2, 4, 4)


class Inline(nn.Module):
    """A forward pass as given, with one layer and one neuron."""

    def __init__(self, forward: Any, size: int = 4) -> None:
        super().__init__()
        self.fc, self.lif, self.own = nn.Linear(size, 4), neuron.IFNode(), forward

    def forward(self, x: torch.Tensor) -> Any:
        return self.own(self, x)


class OwnStep(neuron.LIFNode):
    """A neuron of the user's own."""

    def single_step_forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


REFUSED: dict[str, tuple[Any, Any, str]] = {
    "layer": (
        nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.GELU())),
        X,
        r"module 1\.0 \(GELU\): layers of this class are not known.*replace it",
    ),
    "neuron": (nn.Sequential(nn.Linear(4, 4), neuron.KLIFNode()), X, r"module 1 \(KLIFNode\): neurons of this class.*IFNode"),
    "own neuron": (nn.Sequential(nn.Linear(4, 4), OwnStep()), X, r"module 1 \(OwnStep\): neurons of this class"),
    "snntorch neuron": (nn.Sequential(nn.Linear(4, 4), snntorch.Alpha(0.9, 0.8)), X, r"module 1 \(Alpha\)"),
    "operation": (Inline(lambda m, x: torch.sigmoid(m.fc(x))), X, "operation sigmoid is not known"),
    "branch": (Inline(lambda m, x: m.fc(x) if m.fc(x) else x), X, "branches on values that depend on the input"),
    "max of membranes": (
        nn.Sequential(nn.Conv2d(2, 2, 1), nn.MaxPool2d(2), neuron.IFNode()),
        IMAGE,
        r"module 1 \(MaxPool2d\): it takes the maximum of 0, which is not spikes.*AvgPool2d",
    ),
    "two resets": (
        nn.Sequential(nn.Linear(4, 4), neuron.IFNode(), nn.Linear(4, 4), neuron.IFNode(v_reset=None)),
        X,
        "modules 1 and 3 differ in how they cut time or reset .*one kind of reset",
    ),
    "two frameworks": (
        nn.Sequential(nn.Linear(4, 4), neuron.IFNode(), nn.Linear(4, 4), snntorch.Leaky(0.5, init_hidden=True)),
        X,
        "modules 1 and 3 differ.*one framework",
    ),
    "late reset": (
        nn.Sequential(nn.Linear(4, 4), snntorch.Leaky(0.5, reset_delay=False, init_hidden=True)),
        X,
        "reset_delay=False is not known",
    ),
    "membrane": (Inline(lambda m, x: m.lif(m.snn(m.fc(x))[1])), X, "takes the membrane of snn, which its reset makes no output"),
    "state": (
        Inline(lambda m, x: m.snn(m.fc(x), torch.ones(2, 4))[0]),
        X,
        r"module snn \(Leaky\): its state is not the one of its step before",
    ),
    "neuron twice": (
        Inline(lambda m, x: m.lif(m.fc(m.lif(m.fc(x))))),
        X,
        r"module lif \(IFNode\): it is called again.*neuron of its own",
    ),
    "time": (nn.Sequential(layer.Linear(4, 4), neuron.IFNode(step_mode="m")), X[None], "first axis of what it takes is not time"),
    "several steps": (nn.Sequential(nn.Linear(4, 4), neuron.IFNode()), torch.zeros(3, 2, 4), "takes one step at a time"),
    "across samples": (Inline(lambda m, x: m.lif(m.fc(x) + m.fc(x).flip(0))), X, "values of different samples or steps"),
    "parts joined": (Inline(lambda m, x: torch.cat([m.fc(x), x], 1)), X, "joins different layers"),
    "product of reals": (Inline(lambda m, x: m.fc(x) * m.lif(x)), X, "multiplies fc element by element, which is not spikes"),
    "nan": (nn.Sequential(nn.Linear(4, 4)), X, r"module 0 \(Linear\): weight has values that are not finite"),
    "padding": (nn.Sequential(nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular")), IMAGE, "padding_mode is 'circular'"),
    "batch statistics": (nn.Sequential(nn.BatchNorm2d(2, track_running_stats=False)), IMAGE, "no running statistics"),
    "order": (Inline(lambda m, x: m.lif(m.fc(x.transpose(-1, -2)))), IMAGE, r"module fc \(Linear\): it maps the last of axes"),
    "nothing": (Inline(lambda m, x: torch.ones(3)), X, "returns nothing that depends on its input"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_one_line_with_path_class_and_remedy(name: str) -> None:
    module, example, told = REFUSED[name]
    if isinstance(module, Inline):
        module.snn = snntorch.Leaky(0.5)
    if name == "nan":
        module[0].weight.data.fill_(np.nan)
    axes = {"time": "BT", "several steps": "TB"}.get(name)
    with pytest.raises(TorchError, match=told) as caught:
        read_module(module, example, axes)
    assert "\n" not in str(caught.value) and isinstance(caught.value, UserError)


@pytest.mark.parametrize(
    ("module", "example", "axes", "told"),
    [
        (lambda x: x, X, None, "takes a torch.nn.Module, not a function"),
        (nn.Linear(4, 4), np.zeros((2, 4)), None, "the example is a ndarray"),
        (nn.Linear(4, 4), torch.zeros(4), None, r"the example is of shape \(4,\); give a tensor with axes B"),
        (nn.Linear(4, 4), X, "CT", "axes = 'CT'"),
    ],
)
def test_arguments(module: Any, example: Any, axes: str | None, told: str) -> None:
    with pytest.raises(TorchError, match=told):
        read_module(module, example, axes)


def test_activations_are_read_but_not_made_layers() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3), nn.ReLU6()).eval()
    read = read_module(module, X)
    x = np.random.default_rng(0).normal(size=(5, 1, 4))
    from shiftfire.frontends.float_graph.interpret import interpret

    found = interpret(read.graph, read.profile, x).outputs["output"][:, 0]
    with torch.no_grad():
        assert np.allclose(found, module(torch.from_numpy(x[:, 0]).float()).numpy(), atol=1e-5)
    with pytest.raises(QuantiseError, match=r"node 1: a ReLU is read, but sends no spikes"):
        sf.from_torch(module, X)
