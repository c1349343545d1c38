"""The interpreter against loops over single neurons and single taps, for every rule that a profile can choose."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.frontends.float_graph.errors import FloatGraphError
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.float_graph.profile import Profile
from shiftfire.frontends.float_graph.profile_file import named_profile
from shiftfire.frontends.nir.build import build_graph
from support.nir_graphs import affine, chain, end, graph, lif

BASE = replace(named_profile("snntorch"), dt=1.0, constants="float64")
RNG = np.random.default_rng(5)
DRIVE = RNG.normal(0.6, 1.0, 60)


def one(profile: Profile, node: dict[str, Any], drive: np.ndarray = DRIVE) -> tuple[np.ndarray, np.ndarray]:
    """Output and membrane of a single neuron."""
    trace = interpret(build_graph(chain(input=end("Input", 1), n=node, o=end("Output", 1))), profile, drive.reshape(1, -1, 1))
    return trace.outputs["n"].reshape(-1), trace.membranes["n"].reshape(-1)


def scalar(
    p: Profile, drive: np.ndarray, tau: float, r: float, leak: float, theta: float, back: float
) -> tuple[list[float], list[float]]:
    """One LIF neuron, written down rule by rule."""
    a = 1 - p.dt / tau if p.decay == "euler" else math.exp(-p.dt / tau)
    g = {"euler": r * p.dt / tau, "decay": r * (1 - a), "raw": r}[p.gain]
    v = {"zero": 0.0, "v_leak": leak, "v_reset": back}[p.initial]
    before, out, held, fired_at = 0.0, [], [], -math.inf

    def reset(v: float, n: float) -> float:
        if n == 0:
            return v
        return back if p.reset == "hard" else v - n * theta

    for t, x in enumerate(drive):
        if t - fired_at <= p.refractory:
            out.append(0.0)
            held.append(v)
            continue
        if p.reset_time == "next":
            v = reset(v, before)
        if p.leak == "after":
            v = a * (v + g * x) + (1 - a) * leak
            if p.reset_time in ("next-after-leak", "next-after-input"):
                v = reset(v, before)
        else:
            v = a * v + (1 - a) * leak
            if p.reset_time == "next-after-leak":
                v = reset(v, before)
            v += g * x
            if p.reset_time == "next-after-input":
                v = reset(v, before)
        n = 0
        level = theta
        while (v > level if p.comparison == ">" else v >= level) and (n == 0 or p.spikes == "multi") and not 0 < p.max_spikes <= n:
            n += 1
            level += theta
        if p.reset_time == "same":
            v = reset(v, n)
        if p.floor != "none":
            v = max(v, -theta if p.floor == "threshold" else float(p.floor))
        before = n
        fired_at = t if n else fired_at
        out.append(float(n))
        held.append(v)
    return out, held


RULES = {
    "decay": ("euler", "exp"),
    "gain": ("euler", "decay", "raw"),
    "reset": ("hard", "soft"),
    "reset_time": ("same", "next", "next-after-leak", "next-after-input"),
    "comparison": (">", ">="),
    "leak": ("before", "after"),
    "refractory": (0, 3),
}


@pytest.mark.parametrize("rules", list(itertools.product(*RULES.values())))
def test_every_combination_of_rules(rules: tuple[str, ...]) -> None:
    # a threshold of few bits, so that a membrane may meet it
    profile = replace(BASE, **dict(zip(RULES, rules, strict=True)), initial="v_leak")
    drive = np.round(DRIVE * 4) / 4
    node = lif(
        1, tau=np.array([2.0]), r=np.array([2.0]), v_leak=np.array([0.25]), v_threshold=np.array([0.5]), v_reset=np.array([-0.25])
    )
    out, held = one(profile, node, drive)
    expected, membrane = scalar(profile, drive, 2.0, 2.0, 0.25, 0.5, -0.25)
    assert out.tolist() == expected and any(expected)
    assert np.allclose(held, membrane, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("spikes", "most", "floor"), [("multi", 0, "none"), ("multi", 3, "threshold"), ("single", 0, -0.125), ("multi", 0, 0.0)]
)
@pytest.mark.parametrize("comparison", [">", ">="])
def test_multi_spike_and_floor(spikes: str, most: int, floor: str | float, comparison: str) -> None:
    profile = replace(
        BASE, spikes=spikes, max_spikes=most, floor=floor, comparison=comparison, reset="soft", gain="raw", initial="v_reset"
    )
    drive = np.round(DRIVE * 8) / 4
    node = lif(1, tau=np.array([4.0]), v_threshold=np.array([0.5]), v_reset=np.array([0.125]))
    out, held = one(profile, node, drive)
    expected, membrane = scalar(profile, drive, 4.0, 1.0, 0.0, 0.5, 0.125)
    assert out.tolist() == expected and np.allclose(held, membrane)
    assert (max(expected) > 1) == (spikes == "multi")


@pytest.mark.parametrize("current", ["new", "old"])
@pytest.mark.parametrize("leak", ["before", "after"])
@pytest.mark.parametrize("gain", ["euler", "decay", "raw"])
def test_currents(current: str, leak: str, gain: str) -> None:
    profile = replace(BASE, current=current, current_leak=leak, current_gain=gain, decay="exp")
    p = {"tau_syn": 2.0, "tau_mem": 5.0, "r": 3.0, "v_leak": 0.5, "w_in": 2.0}
    out, held = one(profile, {"type": "CubaLI", **{key: np.array([value]) for key, value in p.items()}})
    b, a = math.exp(-1 / 2), math.exp(-1 / 5)
    g = {"euler": 2.0 / 2, "decay": 2.0 * (1 - b), "raw": 2.0}[gain]
    i, v, expected = 0.0, 0.0, []
    for x in DRIVE:
        old = i
        i = b * (i + g * x) if leak == "after" else b * i + g * x
        v = a * v + (1 - a) * 0.5 + 3.0 / 5 * (i if current == "new" else old)
        expected.append(v)
    assert np.allclose(out, expected) and np.array_equal(out, held)


def test_integrators() -> None:
    out, _ = one(replace(BASE, dt=0.5, integrator_gain="euler"), {"type": "I", "r": np.array([3.0])})
    assert np.allclose(out, np.cumsum(DRIVE) * 1.5)
    spikes, _ = one(
        replace(BASE, integrator_gain="raw"), {"type": "IF", "r": np.array([1.0]), "v_threshold": np.array([2.0])}, np.ones(9)
    )
    assert spikes.tolist() == [0, 0, 1] * 3


def test_convolution_and_pools_tap_by_tap() -> None:
    weight, bias, x = RNG.normal(size=(4, 3, 3, 2)), RNG.normal(size=4), RNG.normal(size=(2, 1, 6, 7, 6))
    fields = {"stride": np.array([2, 1]), "padding": np.array([1, 2]), "dilation": np.array([1, 2]), "groups": 2}
    conv = {"type": "Conv2d", "weight": weight, "bias": bias, **fields}
    pool = {"type": "AvgPool2d", "kernel_size": np.array([2, 2]), "stride": np.array([1, 2]), "padding": np.array([1, 0])}
    made = build_graph(
        chain(input=end("Input", 6, 7, 6), c=conv, p=pool, s={**pool, "type": "SumPool2d"}, o=end("Output", 4, 6, 2))
    )
    trace = interpret(made, BASE, x)
    c = trace.outputs["c"]
    for n, o, y, z in np.ndindex(2, *made.output_shapes["c"]):
        total = bias[o]
        for i, ky, kz in np.ndindex(3, 3, 2):
            row, column = 2 * y + ky - 1, z + 2 * kz - 2
            if 0 <= row < 7 and 0 <= column < 6:
                total += weight[o, i, ky, kz] * x[n, 0, (o // 2) * 3 + i, row, column]
        assert math.isclose(c[n, 0, o, y, z], total, rel_tol=1e-9, abs_tol=1e-9)
    for name, source, scale in (("p", c, 0.25), ("s", trace.outputs["p"], 1.0)):
        for n, o, y, z in np.ndindex(2, *made.output_shapes[name]):
            rows, columns = (y - 1, y), (2 * z, 2 * z + 1)
            seen = [source[n, 0, o, r, k] for r in rows for k in columns if 0 <= r < source.shape[3]]
            assert math.isclose(trace.outputs[name][n, 0, o, y, z], scale * sum(seen), rel_tol=1e-9, abs_tol=1e-9)


def test_one_axis_and_same_padding() -> None:
    weight, x = RNG.normal(size=(2, 1, 4)), RNG.normal(size=(1, 1, 1, 9))
    conv = {"type": "Conv1d", "weight": weight, "stride": 1, "padding": "same", "dilation": 1, "groups": 1}
    out = interpret(build_graph(chain(input=end("Input", 1, 9), c=conv, o=end("Output", 2, 9))), BASE, x).outputs["c"][0, 0]
    padded = np.pad(x[0, 0, 0], (1, 2))  # torch puts the odd one behind
    assert np.allclose(out, [np.correlate(padded, weight[k, 0], "valid") for k in range(2)])


def test_elementwise_nodes_flatten_and_delay() -> None:
    x = RNG.normal(size=(2, 5, 2, 3))
    nodes = {
        "s": {"type": "Scale", "scale": np.array([[[2.0]], [[-1.0]]]).reshape(2, 1)},
        "t": {"type": "Threshold", "threshold": np.array(0.25)},
        "d": {"type": "Delay", "delay": np.array([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])},
        "f": {"type": "Flatten", "start_dim": 0, "end_dim": -1},
    }
    trace = interpret(build_graph(chain(input=end("Input", 2, 3), **nodes, o=end("Output", 6))), BASE, x)
    above = x * np.array([2.0, -1.0]).reshape(2, 1) > 0.25
    for step, c, k in np.ndindex(5, 2, 3):
        ago = int(nodes["d"]["delay"][c, k])
        expected = above[:, step - ago, c, k] if step >= ago else 0
        assert np.array_equal(trace.outputs["o"][:, step, c * 3 + k], expected * np.ones(2))


def recurrent(bias: float) -> dict[str, Any]:
    nodes = {"input": end("Input", 2), "n": lif(2, tau=np.full(2, 2.0), v_threshold=np.full(2, 0.5)), "o": end("Output", 2)}
    nodes["r"] = affine(2, 2, weight=np.array([[0.5, -1.0], [1.5, 0.25]]), bias=np.full(2, bias))
    return graph(nodes, ("input", "n"), ("n", "r"), ("r", "n"), ("n", "o"))


@pytest.mark.parametrize("delay", [1, 3])
@pytest.mark.parametrize("bias", [0.0, 0.75])
def test_recurrence_arrives_later_and_its_bias_from_the_first_step(delay: int, bias: float) -> None:
    tree, drive = recurrent(bias), RNG.normal(0.4, 1.0, (1, 30, 2))
    out = interpret(build_graph(tree), replace(BASE, recurrent_delay=delay, gain="raw"), drive).outputs["n"][0]
    weight, v, past = tree["nodes"]["r"]["weight"], np.zeros(2), [np.zeros(2)] * delay
    for step in range(30):
        v = 0.5 * v + drive[0, step] + weight @ past[-delay] + bias
        fired = v > 0.5
        v = np.where(fired, 0.0, v)
        past.append(fired.astype(float))
        assert np.array_equal(out[step], past[-1])
    assert out.any()


def test_outputs_one_step_late() -> None:
    """Under output_delay every layer sees the layer before one step late, and its own recurrence as well."""
    tree, drive = recurrent(0.0), RNG.normal(0.4, 1.0, (1, 30, 2))
    tree["nodes"]["m"] = lif(2, tau=np.full(2, 2.0), v_threshold=np.full(2, 0.25))
    tree["edges"] = [("input", "n"), ("n", "r"), ("r", "n"), ("n", "m"), ("m", "o")]
    profile = replace(BASE, output_delay=1, recurrent_delay=0, gain="raw")
    trace = interpret(build_graph(tree), profile, drive)
    weight, v, w, sent = tree["nodes"]["r"]["weight"], np.zeros(2), np.zeros(2), np.zeros(2)
    for step in range(30):
        v, w = 0.5 * v + drive[0, step] + weight @ sent, 0.5 * w + sent
        assert np.array_equal(trace.outputs["n"][0, step], v > 0.5) and np.array_equal(trace.outputs["m"][0, step], w > 0.25)
        sent, late = (v > 0.5).astype(float), w > 0.25
        v, w = np.where(sent > 0, 0.0, v), np.where(late, 0.0, w)
    assert np.array_equal(trace.outputs["o"][0, 1:], trace.outputs["m"][0, :-1]) and trace.outputs["m"].any()


def test_constants_of_float32_files_are_the_frameworks_own() -> None:
    """snnTorch writes beta = 0.9 as tau = dt / (1 - beta) in float32; what comes back is float32's 0.9."""
    beta = np.float32(0.9)
    tau = np.float32(1e-4) / (np.float32(1) - beta)
    node = lif(1, tau=np.array([tau]), r=np.array([tau / np.float32(1e-4)]), v_threshold=np.array([1e9]))
    _, held = one(named_profile("snntorch-native"), node, np.array([1.0, 0.0]))
    assert held.tolist() == [1.0, float(beta)]


def test_single_precision_rounds_what_is_kept() -> None:
    made = build_graph(chain(input=end("Input", 1), n={"type": "I", "r": np.array([1.0])}, o=end("Output", 1)))
    drive = np.full((1, 40, 1), 0.1)
    profile = replace(BASE, integrator_gain="raw")
    v, expected = np.float32(0), []
    for _ in range(40):
        v = np.float32(float(v) + 0.1)
        expected.append(float(v))
    single = interpret(made, profile, drive, single=True)
    assert single.outputs["n"].reshape(-1).tolist() == expected == single.membranes["n"].reshape(-1).tolist()
    assert not np.array_equal(single.outputs["n"], interpret(made, profile, drive).outputs["n"])


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (np.zeros((1, 2, 3)), "(samples, steps, 1) is needed"),
        (np.zeros((0, 2, 1)), "is needed"),
        (np.full((1, 2, 1), np.nan), "not finite"),
        ({"x": np.zeros((1, 2, 1))}, "the graph has input"),
        (np.zeros((1, 1 << 27, 1), np.bool_), "a trace of"),
    ],
)
def test_inputs_that_do_not_fit(inputs: Any, told: str) -> None:
    made = build_graph(chain(input=end("Input", 1), n=lif(1, tau=np.array([2.0])), o=end("Output", 1)))
    with pytest.raises(FloatGraphError) as caught:
        interpret(made, BASE, inputs)
    assert told in str(caught.value)
