"""NeuroBench's figures: beside counts of one connection at a time, and beside NeuroBench itself where it is installed (`make neurobench`)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shiftfire as sf

REFERENCE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"
SAMPLES, STEPS = 3, 5
STRIDE, PADDING, THETA = 2, 1, (6, 9)


def weights() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.integers(-4, 6, (4, 2, 3, 3)), rng.integers(-3, 5, (5, 36))


def network() -> sf.FrozenNetwork:
    """2 x 6 x 6 -> conv, 4 x 3 x 3 -> dense, 5; integrate and fire, reset to 0, strictly above the threshold."""
    conv, dense = weights()
    net = sf.Network("n", input=(2, 6, 6), timesteps=STEPS, values=(0, 3))
    common = {"strict": True, "reset": "zero", "v_min": -4000, "v_max": 4000}
    net.conv2d("conv", conv, stride=STRIDE, padding=PADDING, theta=THETA[0], weight_format="int8", **common)
    net.dense("out", dense, theta=THETA[1], weight_format="int8", **common)
    return net.readout("sum").build()


def inputs() -> np.ndarray:
    """Counts in every second step, spikes else: accumulations and multiply-accumulates."""
    x = np.random.default_rng(2).integers(0, 4, (SAMPLES, STEPS, 2, 6, 6)) * (
        np.random.default_rng(3).random((SAMPLES, STEPS, 2, 6, 6)) < 0.5
    )
    x[:, ::2] = np.minimum(x[:, ::2], 1)
    return x


def document(net: sf.FrozenNetwork | None = None, x: np.ndarray | None = None) -> dict:
    result = sf.run(
        net or network(),
        inputs() if x is None else x,
        labels=np.zeros(SAMPLES, int),
        backend="golden",
        record=["spikes", "membrane"],
    )
    return result.neurobench()


def test_beside_counts_of_one_connection_at_a_time() -> None:
    conv, dense = weights()
    x = inputs()
    result = sf.run(network(), x, backend="golden", record=["spikes", "membrane"])
    operations = {"Effective_MACs": 0, "Effective_ACs": 0, "Dense": 0}
    for step in range(STEPS):
        hidden = result.spikes["conv"]
        for layer in ("conv", "out"):
            seen = (x if layer == "conv" else hidden)[:, step]
            key = "Effective_ACs" if set(np.unique(seen).tolist()) <= {-1, 0, 1} else "Effective_MACs"
            for sample in range(SAMPLES):
                if layer == "out":
                    flat = seen[sample].reshape(-1)
                    for row, column in np.ndindex(*dense.shape):
                        operations["Dense"] += 1
                        operations[key] += int(dense[row, column] != 0 and flat[column] != 0)
                    continue
                for out, oy, ox, c, ky, kx in np.ndindex(4, 3, 3, 2, 3, 3):
                    y, column = STRIDE * oy + ky - PADDING, STRIDE * ox + kx - PADDING
                    if 0 <= y < 6 and 0 <= column < 6:  # what lies in the padding is no operation
                        operations["Dense"] += 1
                        operations[key] += int(conv[out, c, ky, kx] != 0 and seen[sample, c, y, column] != 0)
    updates = zeros = activations = 0
    for layer in ("conv", "out"):
        stored, spikes = result.membrane[layer], result.spikes[layer]
        for place in np.ndindex(*stored.shape):
            before = (place[0], place[1] - 1, *place[2:])
            updates += int(place[1] == 0 or stored[place] != stored[before])
            zeros, activations = zeros + int(spikes[place] == 0), activations + 1
    found = result.neurobench()
    assert found["SynapticOperations"] == {key: value / SAMPLES for key, value in operations.items()}
    assert all(value > 0 for value in operations.values())
    assert found["MembraneUpdates"] == updates / SAMPLES
    assert found["ActivationSparsity"] == zeros / activations
    every = [*conv.ravel().tolist(), *dense.ravel().tolist()]
    assert found["ConnectionSparsity"] == round(every.count(0) / len(every), 4)
    assert "ClassificationAccuracy" not in found and found["shiftfire"]["not_counted"] == []


def test_footprint() -> None:
    """Weights in the bits of their format, parameters in the smallest integers that hold them."""
    conv, dense = weights()
    found = document()
    per_channel = 2 * 4 + 2 * 5  # bias and theta of a byte each
    assert found["shiftfire"]["footprint"] == {"weights": conv.size + dense.size, "parameters": per_channel}
    assert found["Footprint"] == conv.size + dense.size + per_channel
    binary = sf.Network("b", input=(10, 1, 1), timesteps=2, values=(0, 255)).dense(
        "out", np.ones((3, 10)), theta=300, weight_format="pm1"
    )
    x = np.full((SAMPLES, 2, 10), 200)
    assert document(binary.build(), x)["shiftfire"]["footprint"] == {
        "weights": 4,
        "parameters": 3 + 2 * 3,
    }  # 30 bits; theta is of 16


def test_what_is_not_counted() -> None:
    """Sums of windows, residual connections; a read-out by argmax is no activation."""
    net = sf.Network("p", input=(2, 4, 4), timesteps=1, values=(0, 9)).pool("pool", 2, neuron="count", theta=1, hi=255)
    net.dense("out", np.eye(3, 8, dtype=int), neuron="argmax")
    found = document(net.build(), np.ones((SAMPLES, 2, 4, 4), int))
    assert found["shiftfire"]["not_counted"] == ["pool: pool"]
    assert found["SynapticOperations"] == {"Effective_MACs": 3.0, "Effective_ACs": 0.0, "Dense": 24.0}
    assert found["ActivationSparsity"] == 0.0 and found["MembraneUpdates"] == 0.0


def test_windows_before_the_weights() -> None:
    """With pre_pool the weights meet sums of windows: counts, whose operations are multiply-accumulates."""
    net = sf.Network("p", input=(1, 4, 4), timesteps=1).dense("out", np.ones((2, 4), int), pre_pool=2, neuron="argmax")
    x = np.zeros((SAMPLES, 1, 4, 4), int)
    x[0, 0, 0, :2] = 1
    assert document(net.build(), x)["SynapticOperations"] == {"Effective_MACs": 2 / 3, "Effective_ACs": 0.0, "Dense": 8.0}


def test_command_and_what_must_be_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(sf.UserError, match=r"spikes of this run were not recorded"):
        sf.run(network(), inputs(), backend="golden").neurobench()
    import jsonschema
    from shiftfire.cli.main import build_app

    file = tmp_path / "nb.json"
    build_app()(["run", "digits-mlp", "--samples", "3", "--backend", "golden", "--neurobench", str(file)], standalone_mode=False)
    read = json.loads(file.read_text(encoding="utf-8"))
    schema = json.loads((REFERENCE / "neurobench.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(read, schema, jsonschema.Draft202012Validator)
    keys = [
        "Footprint",
        "ConnectionSparsity",
        "ClassificationAccuracy",
        "ActivationSparsity",
        "SynapticOperations",
        "MembraneUpdates",
    ]
    assert list(read) == [*keys, "shiftfire"]
    assert read["shiftfire"]["format"] == "shiftfire-neurobench" and read["shiftfire"]["samples"] == 3


@pytest.mark.filterwarnings("ignore")  # of three packages, about each other
def test_neurobench_itself_finds_the_same() -> None:
    """The same network in snnTorch, through NeuroBench's own hooks: every figure is equal."""
    torch = pytest.importorskip("torch")
    snn = pytest.importorskip("snntorch")
    pytest.importorskip("neurobench")
    from neurobench.benchmarks import Benchmark
    from neurobench.metrics.static import ConnectionSparsity, Footprint
    from neurobench.metrics.workload import ActivationSparsity, MembraneUpdates, SynapticOperations
    from neurobench.models import SNNTorchModel

    conv, dense = weights()
    leaky = {"beta": 1.0, "init_hidden": True, "reset_mechanism": "zero", "reset_delay": False}
    net = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, stride=STRIDE, padding=PADDING, bias=False),
        snn.Leaky(threshold=THETA[0], **leaky),
        torch.nn.Flatten(),
        torch.nn.Linear(36, 5, bias=False),
        snn.Leaky(threshold=THETA[1], output=True, **leaky),
    )
    net[0].weight.data, net[3].weight.data = (torch.tensor(w, dtype=torch.float32) for w in (conv, dense))
    data = torch.utils.data.TensorDataset(torch.tensor(inputs(), dtype=torch.float32), torch.zeros(SAMPLES))
    loader = torch.utils.data.DataLoader(data, batch_size=SAMPLES)
    metrics = [[ConnectionSparsity], [ActivationSparsity, SynapticOperations, MembraneUpdates]]
    theirs = Benchmark(SNNTorchModel(net), loader, [], [], metrics).run(quiet=True)
    ours = document()
    for key in ("ConnectionSparsity", "ActivationSparsity", "MembraneUpdates"):
        assert theirs[key] == pytest.approx(ours[key], abs=0), key
    assert theirs["SynapticOperations"] == ours["SynapticOperations"]

    class Stored(torch.nn.Module):
        """The integer network's tensors, in the types that it has them in."""

        def __init__(self) -> None:
            super().__init__()
            for layer in network().layers:
                tensors = {"weight": layer.synapses[0].weights, **layer.kind.container_tensors()}
                for name, tensor in tensors.items():
                    self.register_buffer(f"{layer.name}_{name}", torch.tensor(np.asarray(tensor), dtype=torch.int8))

    assert Footprint()(SNNTorchModel(Stored())) == ours["Footprint"]
