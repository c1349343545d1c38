"""Networks of Norse 1.1.0: MLP, convolutions, current-based, recurrent; exported by its to_nir."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version

import nir
import norse.torch as norse
import numpy as np
import torch
from norse.torch.utils.export_nir import to_nir
from torch import nn

from .case import Case, spikes
from .digits import held_out, train
from .near_ties import meet_thresholds

Weights = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
BOX = norse.LIFBoxParameters(tau_mem_inv=torch.tensor(125.0), v_th=torch.tensor(0.5))
SMALL = norse.LIFBoxParameters(tau_mem_inv=torch.tensor(250.0), v_th=torch.tensor(0.25))
CUBA = norse.LIFParameters(tau_mem_inv=torch.tensor(250.0), tau_syn_inv=torch.tensor(500.0), v_th=torch.tensor(0.5))


def cases(weights: Weights, tag: str) -> Iterator[Case]:
    """All networks, with weights from ``weights``."""
    rng = np.random.default_rng(11)
    yield _run(
        f"norse-mlp-{tag}", [nn.Linear(10, 12), norse.LIFBoxCell(BOX), nn.Linear(12, 4), norse.LIFBoxCell(BOX)], (10,), weights, rng
    )
    iaf = norse.IAFCell(norse.IAFParameters(v_th=torch.tensor(1.5)))
    yield _run(f"norse-conv-{tag}", [nn.Conv2d(2, 4, 3), iaf, nn.Conv2d(4, 4, 2), norse.LIFBoxCell(SMALL)], (2, 6, 6), weights, rng)
    cuba = [nn.Linear(10, 12), norse.LIFCell(CUBA), nn.Linear(12, 4), norse.LIBoxCell(norse.LIBoxParameters(torch.tensor(500.0)))]
    yield _run(f"norse-cuba-{tag}", cuba, (10,), weights, rng)
    yield _recurrent(f"norse-cuba-recurrent-{tag}", weights, rng)
    each = {"v_leak": torch.zeros(4, 4, 4), "v_th": torch.full((4, 4, 4), 0.25)}
    grid = [nn.Conv2d(2, 4, 3), norse.LIFBoxCell(norse.LIFBoxParameters(tau_mem_inv=_mixed(rng, 4, 4, 4), **each))]
    yield _run(f"norse-decays-conv-{tag}", grid, (2, 6, 6), weights, rng)
    spread = {"v_leak": torch.zeros(12), "v_th": torch.full((12,), 0.5)}
    cells = norse.LIFCell(norse.LIFParameters(tau_mem_inv=_mixed(rng, 12), tau_syn_inv=_mixed(rng, 12), **spread))
    reader = norse.LIBoxCell(norse.LIBoxParameters(_mixed(rng, 4), v_leak=torch.zeros(4)))
    yield _run(f"norse-decays-cuba-{tag}", [nn.Linear(10, 12), cells, nn.Linear(12, 4), reader], (10,), weights, rng)


def _mixed(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    """Inverse time constants of decays 0.5, 0.75 and 0.875, from neuron to neuron."""
    return torch.from_numpy(rng.choice(np.array([500.0, 250.0, 125.0], np.float32), shape))


def _run(name: str, layers: list[nn.Module], shape: tuple[int, ...], weights: Weights, rng: np.random.Generator) -> Case:
    net = norse.SequentialState(*layers)
    _fill(net, weights, rng)
    return _observe(name, layers, spikes(rng, (3, 24, *shape)))


def trained_on_digits() -> Iterator[Case]:
    """MLP of LIF with and without a current, and convolutions, trained, and each with membranes that meet their thresholds; what they do on samples held out."""
    torch.manual_seed(0)
    lif = norse.LIFBoxParameters(tau_mem_inv=torch.tensor(250.0), v_th=torch.tensor(0.25), alpha=torch.tensor(10.0))
    yield from _train("norse-mlp", [nn.Linear(64, 64), norse.LIFBoxCell(lif), nn.Linear(64, 10), norse.LIFBoxCell(lif)], (64,))
    cuba = norse.LIFParameters(
        tau_mem_inv=torch.tensor(250.0), tau_syn_inv=torch.tensor(500.0), v_th=torch.tensor(0.25), alpha=torch.tensor(10.0)
    )
    yield from _train("norse-cuba", [nn.Linear(64, 64), norse.LIFCell(cuba), nn.Linear(64, 10), norse.LIFCell(cuba)], (64,))
    conv = [nn.Conv2d(1, 8, 3, stride=2), norse.LIFBoxCell(lif), nn.Conv2d(8, 10, 3), norse.LIFBoxCell(lif)]
    yield from _train("norse-conv", conv, (1, 8, 8))


def _train(name: str, layers: list[nn.Module], shape: tuple[int, ...]) -> Iterator[Case]:
    net = norse.SequentialState(*layers)

    def counts(x: torch.Tensor) -> torch.Tensor:
        state, total = None, torch.zeros(())
        for step in range(x.shape[1]):
            out, state = net(x[:, step], state)
            total = total + out.flatten(1)
        return total

    train(counts, net.parameters(), shape)
    yield (case := _observe(name, layers, held_out(shape)))
    meet_thresholds(layers[0], case)
    yield _observe(f"{name}-ties", layers, held_out(shape))


def _observe(name: str, layers: list[nn.Module], given: np.ndarray) -> Case:
    """What the framework exports, and what it computes for ``given`` (samples, steps, *shape)."""
    graph = to_nir(norse.SequentialState(*layers), torch.zeros(1, *given.shape[2:]))
    found: dict[str, list[np.ndarray]] = {}
    states: dict[int, object] = {}
    with torch.no_grad():
        for step in range(given.shape[1]):
            x = torch.from_numpy(given[:, step])
            for index, layer in enumerate(layers):
                if isinstance(layer, nn.Linear | nn.Conv2d):
                    x = layer(x)
                    continue
                x, states[index] = layer(x, states.get(index))
                found.setdefault(str(index), []).append(x.numpy().astype(np.float64))
    return _case(name, graph, given, found)


def _recurrent(name: str, weights: Weights, rng: np.random.Generator) -> Case:
    """LIFRecurrentCell: Norse's to_nir does not export it, so its graph is put together from what it does export, LIFCell's node."""
    cell = norse.LIFRecurrentCell(10, 12, p=CUBA, autapses=True)
    with torch.no_grad():
        for parameter in (cell.input_weights, cell.recurrent_weights):
            parameter.copy_(torch.from_numpy(weights(rng, tuple(parameter.shape))))
    lif = to_nir(norse.SequentialState(nn.Linear(10, 12), norse.LIFCell(CUBA)), torch.zeros(1, 10)).nodes["1"]
    ends = {"input": nir.Input(np.array([10])), "output": nir.Output(np.array([12]))}
    linear = {"w_in": nir.Linear(cell.input_weights.detach().numpy()), "w_rec": nir.Linear(cell.recurrent_weights.detach().numpy())}
    edges = [("w_rec", "lif"), ("lif", "w_rec"), ("input", "w_in"), ("w_in", "lif"), ("lif", "output")]
    graph = nir.NIRGraph(nodes={**ends, **linear, "lif": lif}, edges=edges, type_check=False)
    given = spikes(rng, (3, 40, 10))
    found: dict[str, list[np.ndarray]] = {"lif": []}
    state = None
    with torch.no_grad():
        for step in range(given.shape[1]):
            z, state = cell(torch.from_numpy(given[:, step]), state)
            found["lif"].append(z.numpy().astype(np.float64))
    return _case(name, graph, given, found)


def _fill(net: nn.Module, weights: Weights, rng: np.random.Generator) -> None:
    with torch.no_grad():
        for parameter in (p for module in net.modules() if isinstance(module, nn.Linear | nn.Conv2d) for p in module.parameters()):
            parameter.copy_(torch.from_numpy(weights(rng, tuple(parameter.shape))))


def _case(name: str, graph: object, given: np.ndarray, found: dict[str, list[np.ndarray]]) -> Case:
    return Case(
        name, "norse", version("norse"), "norse", graph, given.astype(np.float64), {k: np.stack(v, 1) for k, v in found.items()}
    )
