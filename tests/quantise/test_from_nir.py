"""From a NIR graph to integers: dyadic networks spike exactly as the float interpreter, trained ones nearly so, refusals name the node."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import matplotlib
import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import graph, if_, input_node, lif, linear_loops, output_node
from shiftfire.api.converted import InputsClippedWarning
from shiftfire.frontends.float_graph.errors import FloatGraphError
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.float_graph.profile import Profile
from shiftfire.frontends.float_graph.profile_file import named_profile
from shiftfire.frontends.nir.build import graph_of
from shiftfire.golden.execute import execute
from shiftfire.quantise.errors import QuantiseError
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

matplotlib.use("Agg")
ROOT = Path(__file__).resolve().parent.parent.parent
SOFT = replace(named_profile("spikingjelly"), name="soft", reset="soft", integrator_gain="raw", dt=1.0, initial="zero")
HARD = replace(SOFT, name="hard", reset="hard", comparison=">")


def spikes(rng: Any, samples: int, steps: int, *shape: int, rate: float = 0.25) -> Any:
    return (rng.random((samples, steps, *shape)) < rate).astype(float)


def dyadic(rng: Any, *shape: int) -> Any:
    """Multiples of 1/16 within +-1."""
    return rng.integers(-16, 17, shape) / 16


def agreements(net: Any) -> list[float]:
    assert net.fidelity is not None
    return [layer.agreement for layer in net.fidelity.layers]


def mlp(rng: Any, neuron: Any, **parameters: float) -> nir.NIRGraph:
    first, second = nir.Affine(dyadic(rng, 24, 16), dyadic(rng, 24) / 4), nir.Affine(dyadic(rng, 5, 24), dyadic(rng, 5) / 4)
    return graph(
        {
            "in": input_node(16),
            "fc1": first,
            "n1": neuron(24, **parameters),
            "fc2": second,
            "n2": neuron(5, **parameters),
            "out": output_node(5),
        }
    )


@pytest.mark.parametrize("profile", [SOFT, HARD], ids=["soft", "hard"])
def test_dyadic_weights_spike_exactly(profile: Profile) -> None:
    rng = np.random.default_rng(3)
    net = sf.from_nir(mlp(rng, if_, theta=1.5), profile, calibrate=(x := spikes(rng, 20, 30, 16)))
    assert agreements(net) == [1.0, 1.0]
    assert all(layer.exact_weights for layer in net.fidelity.layers)  # type: ignore[union-attr]
    floats = interpret(graph_of(mlp(np.random.default_rng(3), if_, theta=1.5)), profile, x)
    integers = execute(net.network, x.astype(np.int64))
    for name in ("n1", "n2"):
        assert floats.outputs[name].sum() > 100
        np.testing.assert_array_equal(integers.activations[name][..., 0, 0], floats.outputs[name])


def test_a_dyadic_leak_is_exact_while_its_fraction_bits_last() -> None:
    rng = np.random.default_rng(4)
    net = sf.from_nir(mlp(rng, lif, tau=2.0, r=2.0, theta=0.75), HARD, calibrate=spikes(rng, 20, 8, 16))
    assert agreements(net) == [1.0, 1.0]
    assert net.fidelity.layers[0].kept == 0.5 and net.fidelity.layers[0].rate_float > 0.05  # type: ignore[union-attr]


def test_convolutions_pools_and_flatten_are_exact() -> None:
    rng = np.random.default_rng(5)
    nodes = {
        "in": input_node(2, 8, 8),
        "c1": nir.Conv2d(None, dyadic(rng, 4, 2, 3, 3), 1, 1, 1, 1, dyadic(rng, 4) / 4),
        "n1": if_(4, 8, 8, theta=1.5),
        "p1": nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "c2": nir.Conv2d(None, dyadic(rng, 3, 4, 3, 3), 1, 0, 1, 1, np.zeros(3)),
        "n2": if_(3, 2, 2, theta=0.5),
        "s2": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "n3": if_(3, 1, 1, theta=2.0),
        "f": nir.Flatten({"input": np.array([3, 1, 1])}, 0, -1),
        "fc": nir.Linear(dyadic(rng, 6, 3)),
        "n4": if_(6, theta=0.5),
        "out": output_node(6),
    }
    net = sf.from_nir(graph(nodes), SOFT, calibrate=spikes(rng, 6, 12, 2, 8, 8))
    assert agreements(net) == [1.0] * 4
    assert [s.op.value for layer in net.network.layers for s in layer.synapses] == ["conv2d", "conv2d", "pool", "dense"]
    assert all(layer.rate_integer > 0.01 for layer in net.fidelity.layers)  # type: ignore[union-attr]


def test_flatten_keeps_the_order_of_channels_rows_and_columns() -> None:
    weights = np.zeros((1, 8))
    weights[0, 5] = 1.0  # channel 1, row 0, column 1
    nodes = {
        "in": input_node(2, 2, 2),
        "f": nir.Flatten({"input": np.array([2, 2, 2])}, 0, -1),
        "fc": nir.Linear(weights),
        "n": if_(1, theta=0.5),
        "out": output_node(1),
    }
    x = np.zeros((1, 1, 2, 2, 2))
    x[0, 0, 1, 0, 1] = 1
    net = sf.from_nir(graph(nodes), HARD, calibrate=x)
    assert execute(net.network, x.astype(int)).activations["n"].sum() == 1


def test_edges_that_meet_are_summed() -> None:
    rng = np.random.default_rng(6)
    nodes = {
        "in": input_node(6),
        "a": nir.Linear(dyadic(rng, 6, 6)),
        "n1": if_(6, theta=0.5),
        "b": nir.Linear(dyadic(rng, 6, 6)),
        "n2": if_(6, theta=0.75),
        "out": output_node(6),
    }
    edges = [("in", "a"), ("a", "n1"), ("n1", "b"), ("b", "n2"), ("n1", "n2"), ("in", "n2"), ("n2", "out")]
    net = sf.from_nir(graph(nodes, edges), SOFT, calibrate=spikes(rng, 10, 16, 6))
    assert agreements(net) == [1.0, 1.0]
    assert sorted(s.source for s in net.network.layers[1].synapses) == ["in", "n1"]


def test_a_bias_behind_edges_that_meet_counts_once() -> None:
    rng = np.random.default_rng(7)
    nodes = {
        "in": input_node(6),
        "a": nir.Linear(dyadic(rng, 6, 6)),
        "n1": if_(6, theta=0.5),
        "b": nir.Affine(dyadic(rng, 6, 6), dyadic(rng, 6)),
        "c": nir.Affine(dyadic(rng, 6, 6), dyadic(rng, 6)),
        "d": nir.Linear(dyadic(rng, 6, 6)),
        "n2": if_(6, theta=0.75),
        "out": output_node(6),
    }
    edges = [("in", "a"), ("a", "n1"), ("n1", "b"), ("in", "b"), ("in", "c"), ("b", "d"), ("c", "d"), ("d", "n2"), ("n2", "out")]
    net = sf.from_nir(graph(nodes, edges), SOFT, weights=16, calibrate=spikes(rng, 10, 16, 6))
    assert agreements(net) == [1.0, 1.0]


def test_multi_spike_neurons_are_exact_with_their_floor() -> None:
    rng = np.random.default_rng(7)
    profile = replace(SOFT, spikes="multi", floor="threshold")
    net = sf.from_nir(mlp(rng, if_, theta=0.5), profile, calibrate=spikes(rng, 10, 16, 16, rate=0.5))
    assert agreements(net) == [1.0, 1.0]
    assert net.fidelity.layers[0].rate_float > 0.7  # type: ignore[union-attr]


def test_v_leak_and_per_neuron_thresholds() -> None:
    rng = np.random.default_rng(8)
    neuron = nir.LIF(np.full(24, 4.0), np.full(24, 4.0), np.full(24, 0.5), np.linspace(0.75, 2, 24), np.zeros(24))
    nodes = {"in": input_node(16), "fc": nir.Linear(dyadic(rng, 24, 16)), "n": neuron, "out": output_node(24)}
    net = sf.from_nir(graph(nodes), HARD, calibrate=spikes(rng, 20, 20, 16))
    assert agreements(net)[0] > 0.999
    assert len(set(net.network.layers[0].neuron.theta.tolist())) > 12  # type: ignore[union-attr]


def test_real_inputs_are_a_current_with_a_stated_step() -> None:
    rng = np.random.default_rng(9)
    x = rng.random((20, 12, 16))
    net = sf.from_nir(mlp(rng, if_, theta=3.0), SOFT, calibrate=x)
    assert agreements(net)[0] > 0.99
    assert any("stand for" in line for line in net.assumed)
    with pytest.warns(InputsClippedWarning, match="clipped"):
        assert net.integers(np.full((1, 12, 16), 2.0)).max() == 255
    assert sf.run(net, x[:2], backend="golden").predictions is not None
    signed = sf.from_nir(mlp(rng, if_, theta=3.0), SOFT, calibrate=x - 0.5)
    assert signed.network.input.lo == -127


def test_values_that_the_coding_does_not_have_are_refused() -> None:
    rng = np.random.default_rng(10)
    net = sf.from_nir(mlp(rng, if_), SOFT, calibrate=spikes(rng, 2, 4, 16))
    with pytest.raises(QuantiseError, match=r"0\.5 is no whole number of 0\.\.1"):
        sf.run(net, np.full((1, 4, 16), 0.5))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_trained_weights_lose_next_to_nothing_at_8_bits() -> None:
    data = load_digits()
    images, labels = data.data / 16, data.target
    trained = MLPClassifier((64,), max_iter=60, random_state=0, alpha=0.01, tol=0.0).fit(images[:1200], labels[:1200])
    first, second = (nir.Affine(w.T, b) for w, b in zip(trained.coefs_, trained.intercepts_, strict=True))
    nodes = {"in": input_node(64), "fc1": first, "n1": if_(64, theta=3.0), "fc2": second, "n2": if_(10), "out": output_node(10)}
    x = spikes(np.random.default_rng(1), 400, 24, 64, rate=images[1200:1600, None])  # type: ignore[arg-type]
    net = sf.from_nir(graph(nodes), SOFT, calibrate=x, labels=labels[1200:1600])
    fidelity = net.fidelity
    assert fidelity is not None and fidelity.accuracy_float is not None and fidelity.accuracy_float > 0.8
    assert min(agreements(net)) > 0.99 and fidelity.decisions is not None and fidelity.decisions >= 0.995


def test_a_search_is_no_worse_than_the_default() -> None:
    rng = np.random.default_rng(12)
    nodes = {
        "in": input_node(32),
        "fc": nir.Linear(rng.normal(0, 0.4, (24, 32))),
        "n": lif(24, tau=10.0, r=10.0),
        "out": output_node(24),
    }
    x = spikes(rng, 20, 20, 32)
    own = [
        sf.from_nir(graph(nodes), HARD, weights=4, calibrate=x, method=m).fidelity.layers[0].own_agreement
        for m in ("error", "search")
    ]  # type: ignore[union-attr]
    assert own[1] >= own[0]


def test_a_budget_chooses_bits_layer_by_layer() -> None:
    rng = np.random.default_rng(13)
    nodes = {
        "in": input_node(32),
        "fc1": nir.Linear(rng.normal(0, 0.4, (24, 32))),
        "n1": if_(24, theta=1.0),
        "fc2": nir.Linear(rng.choice([-0.5, 0.5], (5, 24))),
        "n2": if_(5, theta=1.0),
        "out": output_node(5),
    }
    net = sf.from_nir(graph(nodes), SOFT, weights="auto", budget="790B", calibrate=spikes(rng, 10, 12, 32))
    assert net.as_dict()["weights_bytes"] <= 790
    bits = {layer.node: layer.bits for layer in net.fidelity.layers}  # type: ignore[union-attr]
    assert bits == {"n1": 8, "n2": 1}  # 768 bytes and 15: one bit holds the second layer's weights without loss
    with pytest.raises(QuantiseError, match="need a bit each"):
        sf.from_nir(graph(nodes), SOFT, weights="auto", budget="20B", calibrate=spikes(rng, 10, 12, 32))


def test_dead_layers_are_named_with_reason_and_remedy() -> None:
    rng = np.random.default_rng(14)
    nodes = {"in": input_node(8), "fc": nir.Linear(np.full((4, 8), 0.01)), "n": if_(4, theta=100.0), "out": output_node(4)}
    net = sf.from_nir(graph(nodes), SOFT, calibrate=spikes(rng, 4, 8, 8))
    assert [layer.node for layer in net.fidelity.dead] == ["n"]  # type: ignore[union-attr]
    assert "silent in the float model too" in str(net)


REFUSED = {
    "no neurons": ({"in": input_node(4), "fc": nir.Linear(np.ones((2, 4))), "out": output_node(2)}, "has no neurons"),
    "negative threshold": (
        {"in": input_node(4), "n": if_(4, theta=-1.0), "out": output_node(4)},
        r"node n: a threshold of -1 is negative",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_node(name: str) -> None:
    nodes, text = REFUSED[name]
    with pytest.raises(QuantiseError, match=text):
        sf.from_nir(graph(nodes), HARD, timesteps=4)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"weights": 16, "chip": "ulx3s"}, "weights of 16 bits are two entries of one source, chip ulx3s has chains = false"),
        ({"weights": 3}, "weights of 3 bits are not stored"),
        ({"weights": "auto"}, "go together"),
        ({"method": "guess"}, "method 'guess' is not known"),
        ({"method": "search"}, "a search needs samples"),
        ({"calibrate": np.zeros((3, 16))}, r"np\.repeat"),
        ({"calibrate": np.full((3, 2, 16), np.nan)}, "finite numbers"),
        ({"calibrate": np.zeros((3, 2, 16)), "labels": [1]}, "one integer per sample"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], text: str) -> None:
    with pytest.raises(QuantiseError, match=text):
        sf.from_nir(mlp(np.random.default_rng(0), if_), SOFT, **options)


def test_a_graph_without_a_profile_says_what_it_assumed() -> None:
    net = sf.from_nir(mlp(np.random.default_rng(0), if_, r=1e4))
    assert any(line.startswith("assumed profile") and "--profile" in line for line in net.assumed)
    assert any("16 timesteps" in line for line in net.assumed) and net.network.input.timesteps == 16


def test_a_step_of_another_length() -> None:
    rng = np.random.default_rng(18)
    nodes = {"in": input_node(16), "fc": nir.Linear(dyadic(rng, 24, 16)), "n": lif(24, tau=8.0), "out": output_node(24)}
    kept = [sf.from_nir(graph(nodes), HARD, timesteps=4, dt=dt).network.profile["layers"]["n"]["kept"] for dt in (1.0, 2.0)]  # type: ignore[index]
    assert kept == [0.875, 0.75]
    with pytest.raises(FloatGraphError, match="dt = 0"):
        sf.from_nir(graph(nodes), HARD, timesteps=4, dt=0.0)


def test_the_container_keeps_profile_and_samples(tmp_path: Path) -> None:
    rng = np.random.default_rng(15)
    net = sf.from_nir(mlp(rng, if_), SOFT, calibrate=(x := spikes(rng, 4, 6, 16)), labels=[0, 1, 2, 3])
    net.save(tmp_path / "out")
    loaded, (inputs, labels) = sf.load(tmp_path / "out"), sf.samples(tmp_path / "out")
    assert loaded.profile is not None and loaded.profile["profile"]["name"] == "soft"
    np.testing.assert_array_equal(inputs[..., 0, 0], x)
    assert labels is not None and labels.tolist() == [0, 1, 2, 3]
    result = sf.run(loaded, inputs, backend="golden")
    np.testing.assert_array_equal(result.predictions, sf.run(net, x, backend="golden").predictions)


def test_the_report_holds_to_its_schema(tmp_path: Path) -> None:
    schema = json.loads((ROOT / "docs" / "reference" / "fidelity.schema.json").read_text(encoding="utf-8"))
    rng = np.random.default_rng(16)
    with_samples = sf.from_nir(mlp(rng, lif, tau=4.0), HARD, calibrate=spikes(rng, 4, 6, 16), labels=[0, 1, 2, 3])
    for net in (with_samples, sf.from_nir(mlp(rng, if_), SOFT, timesteps=3)):
        net.write_json(tmp_path / "report.json")
        document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    assert document["layers"] == [] and "no samples" in str(net)


def test_a_picture_of_the_fidelity() -> None:
    rng = np.random.default_rng(17)
    axes = sf.from_nir(mlp(rng, if_), SOFT, calibrate=spikes(rng, 4, 6, 16)).plot()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["n1 (8 bits)", "n2 (8 bits)"]
    with pytest.raises(sf.InputError, match="without samples"):
        sf.from_nir(mlp(rng, if_), SOFT, timesteps=3).plot()


def test_a_matrix_of_loops_agrees_with_the_linear_layer() -> None:
    """The loops that other tests lean on."""
    assert linear_loops(nir.Affine(np.array([[1.0, 2.0]]), np.array([3.0])), np.array([4.0, 5.0])).tolist() == [17.0]
