"""check_network accepts what is valid, and says what is wrong with the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.network.check import check_network
from shiftfire.network.check_neuron import check_neuron
from shiftfire.network.geometry import output_shape
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


def with_layer(network: Network, name: str, /, **changes: Any) -> Network:
    layers = tuple(replace(layer, **changes) if layer.name == name else layer for layer in network.layers)
    return replace(network, layers=layers)


def with_synapses(network: Network, name: str, /, **changes: Any) -> Network:
    return with_layer(network, name, synapses=(replace(network.layer(name).synapses[0], **changes),))


def with_neuron(network: Network, name: str, /, **changes: Any) -> Network:
    neuron: Any = network.layer(name).neuron
    return with_layer(network, name, neuron=replace(neuron, **changes))


def test_valid(network: Network) -> None:
    assert check_network(network) is network


LEVEL_CASES = [
    (np.arange(10) * 28, {}, PayloadKind.COUNT, (0, 252)),
    (np.arange(10) + 3, {}, PayloadKind.COUNT, (0, 12)),
    (-np.arange(10), {}, PayloadKind.SIGNED, (-9, 0)),
    (np.arange(32)[::-1] * 8 - 121, {"lo": -256, "hi": -225}, PayloadKind.SIGNED, (-121, 127)),
    (np.array([200]), {"lo": 255, "hi": 255}, PayloadKind.COUNT, (0, 200)),
]


@pytest.mark.parametrize(("levels", "limits", "kind", "values"), LEVEL_CASES)
def test_levels_decide_the_payload(
    network: Network, levels: np.ndarray, limits: dict[str, int], kind: PayloadKind, values: tuple[int, int]
) -> None:
    neuron: Any = network.layer("conv").neuron
    layer = replace(network.layer("conv"), neuron=replace(neuron, levels=levels, **limits))
    check_neuron(layer)
    assert (layer.payload_kind, layer.value_limits) == (kind, values)


WEIGHT_CASES = [
    ({"weights": None}, "no weights"),
    ({"weights": np.full((3, 2, 3, 3), 8)}, "holds 8.*-8..7"),
    ({"weights": np.full((3, 2, 3, 3), -9)}, "holds -9"),
    ({"weights": np.zeros((3, 2, 3, 3))}, "float64, not an integer"),
    ({"weights": np.zeros((3, 1, 3, 3), int)}, "take 1 channels, but the source has 2"),
    ({"weights": np.zeros((3, 2, 3), int)}, "give 4"),
    ({"weights": np.zeros((3, 2, 0, 3), int)}, "empty"),
    ({"weight_format": WeightFormat.ONE}, "needs stored weights"),
    ({"weight_format": WeightFormat.PM1, "weights": np.zeros((3, 2, 3, 3), int)}, "PM1.*ternary"),
    ({"weight_format": 4}, "weight_format = 4"),
    ({"op": "conv3d"}, "op = 'conv3d'"),
    ({"op": SynapseOp.POOL}, "pool has no weights"),
    ({"op": SynapseOp.UPSAMPLE}, "upsample has no stride, padding or dilation"),
    ({"op": SynapseOp.UPSAMPLE, "padding": (0, 0)}, "upsample has no weights"),
    ({"scale": 16}, "scale = 16.*0..15"),
    ({"scale": -1}, "scale = -1"),
    ({"scale": 1.0}, "not an integer"),
    ({"kernel": (1, 1)}, r"set kernel=\(3, 3\)"),
    ({"stride": (0, 1)}, "stride = 0"),
    ({"stride": (2, 1)}, r"the sums have shape \(3, 2, 2\)"),
    ({"padding": (3, 3)}, r"the sums have shape \(3, 8, 6\)"),
    ({"padding": (1025, 0)}, "padding = 1025"),
    ({"dilation": (2, 2)}, "a window of .5, 5. does not fit"),
    ({"dilation": (1, 0)}, "dilation = 0"),
    ({"dilation": 2}, "dilation = 2 is not a pair"),
    ({"groups": 2}, "not 2 groups of equal size"),
    ({"groups": 3}, "take 6 channels, but the source has 2; with groups = 3, weights must be"),
    ({"groups": 0}, "groups = 0"),
    ({"delay": 1}, "with a delay, so both need the same timesteps, more than 1"),
    ({"padding": (0, 0)}, "does not fit"),
    ({"pre_pool": 0}, "pre_pool = 0"),
    ({"pre_pool": 3}, "leaves nothing"),
    ({"source": "out"}, ", out, .* form a loop without delay; give one of its synapses delay = 1"),
]


@pytest.mark.parametrize(("changes", "message"), WEIGHT_CASES, ids=[m for _, m in WEIGHT_CASES])
def test_synapses(network: Network, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError, match=f"layers? conv.*{message}"):
        check_network(with_synapses(network, "conv", **changes))


NEURON_CASES = [
    ("conv", {"theta": np.array([1, 0, 1])}, "theta holds 0"),
    ("conv", {"theta": np.array([1, 1])}, r"theta has shape \(2,\)"),
    ("conv", {"bias": np.full(3, 1 << 31)}, "bias holds 2147483648"),
    ("conv", {"bias": [0, 0, 0]}, "bias is list"),
    ("conv", {"hi": 256}, "hi = 256.*0..255.*COUNT"),
    ("conv", {"lo": -1, "hi": 128}, "hi = 128.*SIGNED"),
    ("conv", {"lo": -128, "hi": 1}, "lo = -128"),
    ("conv", {"lo": 5, "hi": 4}, "lo = 5 exceeds hi = 4"),
    ("conv", {"levels": np.arange(9)}, r"levels has shape \(9,\); it must be \(10,\)"),
    ("conv", {"levels": np.arange(20).reshape(10, 2)}, r"levels has shape \(10, 2\)"),
    ("conv", {"levels": list(range(10))}, "levels is list"),
    ("conv", {"levels": np.arange(10.0)}, "levels is float64"),
    ("conv", {"levels": np.arange(10) + 247}, "levels holds 256.*-127..255"),
    ("conv", {"levels": np.arange(10) - 128}, "levels holds -128"),
    ("conv", {"levels": np.arange(10) * 20 - 1}, "levels reach -1..179; no payload holds both"),
    ("conv", {"levels": np.arange(10), "dead_zone": 1}, "dead_zone = 1 with levels; make it 0"),
    ("conv", {"levels": np.arange(33), "hi": 32}, r"hi \(with levels\) = 32.*0..31"),
    ("conv", {"levels": np.arange(2), "hi": -1}, r"hi \(with levels\) = -1.*0..31"),
    ("conv", {"levels": np.arange(2), "lo": -257, "hi": -256}, "lo = -257.*-256..255"),
    ("mixed", {"shift": 32}, "shift = 32"),
    ("mixed", {"rounding": 1}, "rounding = 1"),
    ("pooled", {"theta": np.array([-1, 0, 0])}, "theta holds -1"),
    ("pooled", {"v_min": 1}, "v_min = 1"),
    ("pooled", {"v_max": -1}, "v_max = -1"),
    ("pooled", {"v_init": 501}, "v_init = 501.*-500..500"),
    ("pooled", {"leak": (LeakTerm(1),) * 4}, "4 leak terms"),
    ("pooled", {"leak": (LeakTerm(32),)}, "leak shift = 32"),
    ("pooled", {"strict": 1}, "strict = 1"),
]


@pytest.mark.parametrize(("layer", "changes", "message"), NEURON_CASES, ids=[f"{n}-{m}" for n, _, m in NEURON_CASES])
def test_neurons(network: Network, layer: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError, match=f"layer {layer}.*{message}"):
        check_network(with_neuron(network, layer, **changes))


def test_structure(network: Network) -> None:
    zeros = np.zeros(3, np.int64)
    extra = replace(network.layer("mixed"), name="extra")
    cases = {
        "name is taken": with_layer(network, "mixed", name="conv"),
        "not a word": with_layer(network, "out", name="a/b"),
        "has no layers": replace(network, layers=()),
        "read by no layer": replace(network, layers=(*network.layers, extra)),
        "has no layer 'nothing'": replace(network, output="nothing"),
        "'event' needs": replace(network, output="pooled", layers=network.layers[:-1]),
        "'sum' needs": replace(network, output="pooled", layers=network.layers[:-1], readout=Readout.SUM),
        "a later layer": replace(network, layers=network.layers[::-1]),
        "has no synapses": with_layer(network, "conv", synapses=()),
        "use 4 .*or 1": with_layer(network, "out", timesteps=2, neuron=Lif(np.ones(5, int), np.zeros(5, int))),
        "constant drive, for Lif": with_layer(network, "conv", timesteps=2),
        "timesteps = 0": with_layer(network, "conv", timesteps=0),
        "different numbers": with_layer(
            network, "added", synapses=(Synapses("conv", SynapseOp.DIRECT), Synapses("slow", SynapseOp.DIRECT))
        ),
        "ARGMAX needs": with_layer(network, "mixed", neuron=Argmax(zeros)),
        "hi = 2 .*UNIT": replace(network, input=replace(network.input, payload_kind=PayloadKind.UNIT, hi=2)),
        "hi = 300": replace(network, input=replace(network.input, hi=300)),
        "metadata": replace(network, metadata={"a": 1}),  # type: ignore[dict-item]
        "a round of another one": replace(network, stored=(network.layers[0].name,)),
        "1052672 elements": replace(network, input=replace(network.input, shape=Shape(257, 64, 64))),
    }
    slow = replace(network.layer("mixed"), name="slow", neuron=Lif(zeros + 1, zeros), timesteps=2)
    uneven = cases["different numbers"]
    cases["different numbers"] = replace(uneven, layers=(*uneven.layers[:2], slow, *uneven.layers[2:]))
    for message, wrong in cases.items():
        with pytest.raises(NetworkError, match=message):
            check_network(wrong)


def test_zero_threshold_is_for_lif_only(network: Network) -> None:
    zeros = np.zeros(3, np.int64)
    check_network(with_neuron(network, "pooled", theta=zeros))
    with pytest.raises(NetworkError, match="theta"):
        check_network(with_layer(network, "conv", neuron=Count(zeros, zeros)))
    check_network(with_layer(network, "conv", neuron=Requant(zeros, 31, -127, 127)))


@pytest.mark.parametrize("op", [SynapseOp.CONV2D, SynapseOp.DEPTHWISE, SynapseOp.POOL])
def test_window_count(op: SynapseOp) -> None:
    """The output size is the number of window positions, counted one by one."""
    for size in range(1, 7):
        for kernel in range(1, 4):
            for stride in range(1, 4):
                for padding in range(kernel):
                    starts = [s for s in range(-padding, size + padding - kernel + 1) if (s + padding) % stride == 0]
                    shapes = {SynapseOp.CONV2D: (5, 2, kernel, 1), SynapseOp.DEPTHWISE: (2, kernel, 1)}
                    weights = None if op is SynapseOp.POOL else np.ones(shapes[op], int)
                    synapses = Synapses("in", op, weights, kernel=(kernel, 1), stride=(stride, 1), padding=(padding, 0))
                    if starts:
                        channels = 5 if op is SynapseOp.CONV2D else 2
                        assert output_shape(synapses, Shape(2, size, 3)) == Shape(channels, len(starts), 3)
                    else:
                        with pytest.raises(NetworkError, match="does not fit"):
                            output_shape(synapses, Shape(2, size, 3))


def test_recurrence() -> None:
    def of(*layers: tuple[str, str]) -> Network:
        ones = np.ones((2, 2), np.int64)
        made = tuple(
            Layer(name, Shape(2), (Synapses(source, SynapseOp.DENSE, ones, WeightFormat.BIT),), Argmax(np.zeros(2, np.int64)))
            for name, source in layers
        )
        return Network("n", Input("in", Shape(2)), made, made[-1].name, Readout.EVENT)

    with pytest.raises(
        NetworkError, match=r"layer a is a source of its own without delay; give the synapse delay = 1: it takes the step before"
    ):
        check_network(of(("a", "a")))
    with pytest.raises(NetworkError, match=r"layers a, b form a loop without delay; give one of its synapses delay = 1"):
        check_network(of(("a", "b"), ("b", "a")))
    with pytest.raises(
        NetworkError, match=r"layer a: source 'b' is a later layer; order the layers.*or give the synapse delay = 1"
    ):
        check_network(of(("a", "b"), ("b", "in")))
    with pytest.raises(NetworkError, match=r"layers a, b, c form a loop without delay"):
        check_network(of(("a", "b"), ("b", "c"), ("c", "a")))
    with pytest.raises(NetworkError, match=r"layer a: source 'c' is not the input or an earlier layer \(in\); name one of them"):
        check_network(of(("a", "c")))


def feedback(**changes: Any) -> Network:
    """in to a; a to itself and, one step late, from c; a to b to c. ``changes``: timesteps by name."""
    zeros = np.zeros(2, np.int64)

    def layer(name: str, *sources: tuple[str, int]) -> Layer:
        synapses = tuple(Synapses(source, SynapseOp.DIRECT, delay=delay) for source, delay in sources)
        return Layer(name, Shape(2), synapses, Lif(zeros + 1, zeros), changes.get(name, 3))

    layers = (layer("a", ("in", 0), ("a", 1), ("c", 1)), layer("b", ("a", 0)), layer("c", ("b", 0)))
    return Network("loop", Input("in", Shape(2), changes.get("in", 3)), layers, "c", Readout.SUM)


def test_delays() -> None:
    loop = feedback()
    check_network(loop)
    cases = {
        "layer a, synapses from in: delay = -1 is out of range": with_synapses(loop, "a", delay=-1),
        "layer a, synapses from in: delay = True is not an integer": with_synapses(loop, "a", delay=True),
        "layer a, synapses from in: delay = 64 is out of range": with_synapses(loop, "a", delay=64),
        "layer b: it takes a with a delay, so both need the same timesteps, more than 1; they have 1 and 3": with_synapses(
            feedback(b=1), "b", delay=1
        ),
        "so both need the same timesteps, more than 1; they have 1 and 1": feedback(**{"in": 1}, a=1, b=1, c=1),
        "layers a, b, c feed back into each other with different timesteps": feedback(b=1),
        "layer a: source 'd' is not the input or an earlier layer": with_synapses(loop, "a", source="d", delay=1),
    }
    cases["c of network loop leads to no output, only back to itself"] = replace(
        feedback(),
        output="b",
        layers=(
            replace(loop.layer("a"), synapses=loop.layer("a").synapses[:2]),
            loop.layer("b"),
            replace(loop.layer("c"), synapses=(Synapses("b", SynapseOp.DIRECT), Synapses("c", SynapseOp.DIRECT, delay=1))),
        ),
    )
    for message, network in cases.items():
        with pytest.raises(NetworkError, match=message):
            check_network(network)


def test_attention_has_no_delay() -> None:
    tokens = Shape(2, 1, 2)
    zeros = np.zeros(2, np.int64)
    direct = Layer("q", tokens, (Synapses("in", SynapseOp.DIRECT),), Count(zeros + 1, zeros, 0, 1), 2)
    product = Synapses("q", SynapseOp.QK, weight_format=WeightFormat.BIT, rows="in", delay=1)
    network = Network(
        "a", Input("in", tokens, 2), (direct, Layer("s", tokens, (product,), Count(zeros + 1, zeros), 2)), "s", Readout.NONE
    )
    with pytest.raises(NetworkError, match="layer s, synapses from q: qk cannot have a delay"):
        check_network(network)
