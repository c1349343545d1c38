"""Time constants that differ within a layer: each neuron leaks as its own, spikes are the interpreter's, and a chip without such leaks is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
import shiftfire as sf
from quantise.nir_graphs import graph, input_node, output_node
from quantise.random_leaks import DYADIC, SNNTORCH, layer, network
from quantise.test_from_nir import HARD, SOFT, agreements, dyadic, spikes
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.float_graph.profile_file import named_profile
from shiftfire.frontends.nir.build import graph_of
from shiftfire.golden.execute import execute

PROFILES = ("snntorch-native", "snntorch-native-zero", "norse", "spikingjelly")
GRID = (4, 6, 6)
VECTORS = Path(__file__).resolve().parent.parent / "frontends" / "nir" / "vectors"


def kept(leak: Any) -> Any:
    """Share of the membrane that each neuron keeps, read off the array (terms, ...) one by one."""
    result = np.ones(leak.shape[1:])
    for place in np.ndindex(*leak.shape):
        code = int(leak[place])
        result[place[1:]] -= np.sign(code) * 2.0 ** -(abs(code) - 1) if code else 0.0
    return result


@pytest.mark.parametrize("seed", range(24))
def test_dyadic_decays_spike_exactly(seed: int) -> None:
    """Any kind of neuron, vectors and grids, decays per channel and per neuron: no spike differs while the fraction bits last."""
    rng = np.random.default_rng(seed)
    net, profile, x = network(rng, DYADIC, steps=6)
    made = sf.from_nir(net, profile, calibrate=x, chip="server")
    floats, integers = interpret(graph_of(net), profile, x), execute(made.network, x.astype(np.int64))
    assert floats.outputs["n"].mean() > 0.01
    np.testing.assert_array_equal(integers.activations["n"].reshape(floats.outputs["n"].shape), floats.outputs["n"])


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", ["LIF", "CubaLIF"])
@pytest.mark.parametrize("spread", [(80,), (4, 1, 1), GRID], ids=["vector", "channels", "neurons"])
def test_spikes_of_any_decay_agree(profile: str, kind: str, spread: tuple[int, ...]) -> None:
    """As snnTorch, Norse and SpikingJelly write them, after a matrix or a convolution."""
    rng, rules = np.random.default_rng(7), named_profile(profile)
    shape = (80,) if spread == (80,) else GRID
    decays = [np.broadcast_to(rng.uniform(low, high, spread), shape) for low, high in ((0.6, 0.97), (0.3, 0.8))]
    neurons = layer(kind, rules, *decays, scaled=profile in SNNTORCH)
    gain = 6.0 if profile not in SNNTORCH else 0.3 if kind == "CubaLIF" else 1.0  # for rates of 5 to 30 %
    if len(shape) == 1:
        start = {"in": input_node(48), "w": nir.Linear(rng.normal(0, 0.35 * gain, (80, 48)))}
    else:
        weight = rng.normal(0, 0.35 * gain, (4, 2, 3, 3))
        start = {"in": input_node(2, 6, 6), "w": nir.Conv2d(None, weight, 1, 1, 1, 1, np.zeros(4))}
    x = spikes(rng, 16, 40, *start["in"].input_type["input"])
    made = sf.from_nir(graph({**start, "n": neurons, "out": output_node(*shape)}), rules, calibrate=x)
    assert made.fidelity is not None and made.fidelity.layers[0].rate_float > 0.01
    assert agreements(made)[0] > 0.99
    (own,) = made.network.layers
    assert own.shape.as_tuple() == (shape if len(shape) == 3 else (80, 1, 1)), "rows and columns stay"
    found = kept(own.kind.leak)
    np.testing.assert_allclose(1 - found, 1 - (decays[0] if found.ndim == decays[0].ndim else decays[0][:, 0, 0]), rtol=0.026)


@pytest.mark.parametrize("name", ["snntorch-decays", "norse-decays-conv", "norse-decays-cuba"])
def test_networks_of_frameworks_spike_exactly(name: str) -> None:
    """From files that snnTorch and Norse exported, with decays of each neuron."""
    told = json.loads((VECTORS / f"{name}-dyadic.json").read_text(encoding="utf-8"))
    with np.load(VECTORS / f"{name}-dyadic.npz", allow_pickle=False) as recorded:
        x, outputs = recorded["input"], {k.removeprefix("output/"): recorded[k] for k in recorded.files if k != "input"}
    made = sf.from_nir(VECTORS / f"{name}-dyadic.nir", told["profile"], calibrate=x)
    integers = execute(made.network, x.astype(np.int64))
    for layer_ in made.network.layers:
        if layer_.kind.value_limits == (0, 1):
            sent = integers.activations[layer_.name].reshape(outputs[layer_.name].shape)
            np.testing.assert_array_equal(sent, outputs[layer_.name])
        assert not isinstance(layer_.kind.leak, tuple)


def test_each_neuron_leaks_as_in_a_layer_of_its_own() -> None:
    rng = np.random.default_rng(3)
    decays = rng.uniform(0.4, 0.98, 24)
    weights = dyadic(rng, 24, 16)

    def terms(chosen: Any) -> Any:
        own = layer("LIF", HARD, decays[chosen])
        nodes = {"in": input_node(16), "w": nir.Linear(weights[chosen]), "n": own, "out": output_node(len(decays[chosen]))}
        return sf.from_nir(graph(nodes), HARD, timesteps=4).network.layers[0].kind.leak

    together = terms(np.arange(24))
    for neuron in range(24):
        alone = terms(np.array([neuron]))
        codes = [-(t.shift + 1) if t.negative else t.shift + 1 for t in alone]
        assert together[:, neuron].tolist() == [*codes, 0, 0, 0][:3]


def test_each_bias_takes_back_what_rounding_adds_to_its_neuron() -> None:
    """On average over all membranes, summed up here one membrane after the other."""
    rng = np.random.default_rng(4)
    decays = rng.uniform(0.4, 0.98, GRID)
    conv = nir.Conv2d(None, dyadic(rng, 4, 2, 3, 3), 1, 1, 1, 1, np.zeros(4))
    g = graph({"in": input_node(2, 6, 6), "c": conv, "n": layer("LIF", SOFT, decays, scaled=True), "out": output_node(*GRID)})
    own = sf.from_nir(g, SOFT, timesteps=4).network.layers[0].kind
    membranes = np.arange(-(1 << 14), 1 << 14)
    for place in np.ndindex(GRID):
        codes = [int(code) for code in own.leak[(slice(None), *place)] if code]
        shifted = sum(np.sign(code) * (membranes >> (abs(code) - 1)) for code in codes)
        exact = sum(np.sign(code) * membranes * 2.0 ** -(abs(code) - 1) for code in codes)
        assert abs(own.bias[place] + np.mean(exact - shifted)) <= 0.5
    assert len(np.unique(own.bias)) > 1


def test_membranes_of_a_read_out() -> None:
    rng = np.random.default_rng(5)
    for shape in ((5,), (3, 4, 4)):
        decays = rng.uniform(0.5, 0.97, shape)
        start: dict[str, Any] = {"in": input_node(16), "w": nir.Affine(rng.normal(0, 0.4, (5, 16)), rng.normal(0, 0.1, 5))}
        if len(shape) == 3:
            conv = nir.Conv2d(None, rng.normal(0, 0.4, (3, 2, 3, 3)), 1, 1, 1, 1, rng.normal(0, 0.1, 3))
            start = {"in": input_node(2, 4, 4), "w": conv}
        for kind in ("LI", "CubaLI"):
            g = graph({**start, "li": layer(kind, SOFT, decays, decays / 2), "out": output_node(*shape)})
            x = spikes(rng, 10, 30, *start["in"].input_type["input"])
            made = sf.from_nir(g, SOFT, calibrate=x, readout="max" if len(shape) == 1 else None)
            membranes = interpret(graph_of(g), SOFT, x).outputs["li"]
            sent = execute(made.network, x.astype(np.int64)).activations["li"].reshape(membranes.shape)
            step = made.network.profile["layers"]["li"]["sends"]  # type: ignore[index]
            assert np.abs(sent * step - membranes).max() < 0.03 * np.abs(membranes).max()


def test_several_spikes_in_a_step() -> None:
    rng = np.random.default_rng(6)
    profile = replace(SOFT, spikes="multi", floor="threshold")
    g = graph(
        {
            "in": input_node(16),
            "w": nir.Linear(dyadic(rng, 20, 16)),
            "n": layer("LIF", SOFT, rng.choice(DYADIC, 20)),
            "out": output_node(20),
        }
    )
    made = sf.from_nir(g, profile, calibrate=(x := spikes(rng, 20, 5, 16, rate=0.5)), chip="server")
    floats = interpret(graph_of(g), profile, x).outputs["n"]
    assert floats.max() > 1
    np.testing.assert_array_equal(execute(made.network, x.astype(np.int64)).activations["n"].reshape(floats.shape), floats)


def test_v_leak_and_biases_of_each_neuron() -> None:
    """What flows back to rest, and what a padded chain adds, differ within a channel as well."""
    rng = np.random.default_rng(8)
    decays, rest = rng.choice(DYADIC, GRID), rng.integers(-4, 5, GRID) / 16
    neurons = nir.LIF(1 / (1 - decays), 1 / (1 - decays), rest, np.full(GRID, 0.75), np.zeros(GRID))
    conv = nir.Conv2d(None, dyadic(rng, 4, 2, 3, 3), 1, 1, 1, 1, dyadic(rng, 4) / 4)
    g = graph({"in": input_node(2, 6, 6), "c": conv, "n": neurons, "out": output_node(*GRID)})
    made = sf.from_nir(g, SOFT, calibrate=(x := spikes(rng, 10, 5, 2, 6, 6)), chip="server")
    assert made.network.layers[0].kind.bias.shape == GRID
    floats = interpret(graph_of(g), SOFT, x).outputs["n"]
    sent = execute(made.network, x.astype(np.int64)).activations["n"]
    assert np.mean(sent == floats) > 0.999
