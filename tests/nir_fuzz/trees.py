"""Trees that look like NIR graphs, and now and then do not: wrong fields, shapes, types, edges, nests."""

from __future__ import annotations

from typing import Any

import numpy as np

from .choices import Choices

NAMES = ("input", "output", "0", "1", "2", "10", "a.b", "a", "b", "lif", "", "input_0", "x" * 600)
TYPES = (
    *("LIF", "Affine", "Linear", "IF", "LI", "CubaLIF", "CubaLI", "I", "Conv2d", "Conv1d", "SumPool2d", "AvgPool2d"),
    *("Flatten", "Scale", "Threshold", "Delay", "Input", "Output"),
)
FIELDS = (
    "tau",
    "r",
    "v_leak",
    "v_threshold",
    "v_reset",
    "tau_syn",
    "tau_mem",
    "w_in",
    "weight",
    "bias",
    "scale",
    "threshold",
    "delay",
)
SIZES = ("stride", "padding", "dilation", "groups", "kernel_size", "input_shape", "start_dim", "end_dim", "shape")
VALUES = (1.0, 0.5, 0.0, -1.0, 2.0, 1e-9, 1e9, float("nan"), float("inf"), 1e300)
ODD = (
    None,
    "same",
    "valid",
    b"LIF",
    "\ud800",
    [],
    [[1.0], [1.0, 2.0]],
    {},
    {"a": 1},
    2**70,
    -(2**70),
    True,
    1 + 2j,
    object(),
    (),
    np.zeros(0),
)
DIMENSIONS = (1, 2, 3, 4, 6, 8, 0)
CLAIMS = ([10**9], [1000, 1000, 1000], [1] * 12, [0], [2**31] * 3, [2**70], [], -1, 2.5, "x", None)
NEEDS = {
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "IF": ("r", "v_threshold"),
    "LI": ("tau", "r", "v_leak"),
    "I": ("r",),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"),
    "Scale": ("scale",),
    "Threshold": ("threshold",),
    "Delay": ("delay",),
}


def tree(choices: Choices, depth: int = 0) -> Any:
    """A tree for build_graph."""
    if choices.rarely(64):
        return {"type": choices.pick(TYPES), "nodes": choices.pick(ODD), "edges": choices.pick(ODD)}
    shape = _shape(choices)
    nodes: dict[Any, Any] = {"input": {"type": "Input", "shape": _claim(choices, shape)}}
    previous, edges = "input", []
    for index in range(choices.below(6)):
        name = choices.pick(NAMES) if choices.rarely() else str(index)
        nodes[name] = tree(choices, depth + 1) if depth < 20 and choices.rarely(8) else _node(choices, shape)
        edges.append((previous, name))
        shape, previous = _after(nodes[name], shape), name
    nodes["output"] = {"type": "Output", "shape": _claim(choices, shape if not choices.rarely(32) else _shape(choices))}
    edges.append((previous, "output"))
    for _ in range(choices.below(8) // 6):
        edges.append((choices.pick(list(nodes)), choices.pick(list(nodes))))
    if choices.rarely(16):
        edges.append(
            choices.pick((("input",), (1, 2), "ab", ("0", "gone"), ("input", "0"), None, (b"0", b"1"), ("a.input", "a.output")))
        )
    if choices.rarely(32):
        edges.pop(choices.below(len(edges)))
    return {"type": "NIRGraph", "nodes": nodes, "edges": edges}


def _node(choices: Choices, shape: tuple[int, ...]) -> Any:
    kind = choices.pick(TYPES)
    node: dict[str, Any] = {"type": kind}
    last, channels = (shape[-1], shape[0]) if shape else (1, 1)
    for key in NEEDS.get(kind, ()):
        node[key] = _values(choices, () if choices.rarely(4) else shape)
        if choices.rarely(4):
            node[key] = _spread(choices, node[key])
    if kind in ("Affine", "Linear"):
        outputs = choices.pick(DIMENSIONS[:4])
        node |= {"weight": _values(choices, (outputs, last)), "bias": _values(choices, (outputs,))}
    if kind in ("Conv1d", "Conv2d"):
        axes = int(kind[4])
        groups = choices.pick((1, 1, 2))
        kernel = tuple(choices.pick((1, 2, 3)) for _ in range(axes))
        node |= {
            "weight": _values(choices, (2, max(channels // groups, 1), *kernel)),
            "bias": _values(choices, (2,)),
            "groups": groups,
        }
        node |= {"stride": choices.pick((1, 2)), "padding": choices.pick((0, 1, "same", "valid")), "dilation": choices.pick((1, 2))}
    if kind in ("SumPool2d", "AvgPool2d"):
        node |= {"kernel_size": np.array([2, 2]), "stride": np.array(choices.pick((1, 2))), "padding": choices.pick((0, 1))}
    if kind == "Flatten":
        node |= {"start_dim": choices.pick((0, 1, -1)), "end_dim": choices.pick((-1, 0, 1))}
    if choices.rarely(32):
        key = choices.pick((*FIELDS, *SIZES, "type"))
        node[key] = choices.pick(ODD) if choices.rarely(2) else _values(choices, _shape(choices))
    if choices.rarely(64):
        node.pop(choices.pick(list(node)))
    return node if not choices.rarely(64) else choices.pick(ODD)


def _values(choices: Choices, shape: tuple[int, ...]) -> Any:
    filled = np.full(shape, choices.pick(VALUES[:2]) if not choices.rarely(32) else choices.pick(VALUES))
    return (
        filled.astype(choices.pick(("f8", "f4", "i4", "u1", "?")))
        if choices.rarely() and bool((np.abs(filled) < 9).all())
        else filled
    )


def _spread(choices: Choices, values: Any) -> Any:
    """Values that differ from channel to channel, or from neuron to neuron."""
    if not values.ndim or not values.size:
        return values
    steps = np.arange(1, (values.shape[0] if choices.rarely(2) else values.size) + 1)
    return values * steps.reshape(-1, *(1,) * (values.ndim - 1) if len(steps) == values.shape[0] else values.shape)


def _shape(choices: Choices) -> tuple[int, ...]:
    return tuple(choices.pick(DIMENSIONS[:6]) for _ in range(1 + choices.below(3)))


def _claim(choices: Choices, shape: tuple[int, ...]) -> Any:
    """What an Input or Output says its shape is."""
    return choices.pick(CLAIMS) if choices.rarely(64) else np.array(shape)


def _after(node: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that a sound node would make, roughly: wrong guesses are part of the game."""
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        return shape
    weight = node.get("weight")
    if node.get("type") in ("Affine", "Linear") and isinstance(weight, np.ndarray):
        return weight.shape[:1]
    if node.get("type") in ("Conv1d", "Conv2d") and isinstance(weight, np.ndarray) and weight.ndim == len(shape) + 1:
        return (2, *(max(size - 1, 1) for size in shape[1:]))
    if node.get("type") == "Flatten" and isinstance(node.get("start_dim"), int) and not node["start_dim"]:
        return (int(np.prod(shape)),)
    return shape
