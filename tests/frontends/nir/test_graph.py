"""The graph layer: order, loops, subgraphs, shapes; against nir's own node classes and shapes that torch's documentation gives."""

from __future__ import annotations

import itertools
from typing import Any

import nir
import numpy as np
import pytest
from shiftfire.frontends.float_graph.neurons import IF, LIF, CubaLIF
from shiftfire.frontends.float_graph.nodes import Conv, Flatten, Linear, Pool
from shiftfire.frontends.nir.build import build_graph, graph_of
from shiftfire.frontends.nir.errors import NirError
from support.nir_graphs import affine, bare_loop, chain, end, graph, lif, mlp


def test_the_order_does_not_depend_on_the_files() -> None:
    names = {"input": end("Input", 4), "2": affine(3, 4), "10": lif(3), "r": affine(3, 3), "output": end("Output", 3)}
    edges = [("input", "2"), ("2", "10"), ("10", "r"), ("r", "10"), ("10", "output")]
    seen = set()
    for nodes in itertools.permutations(names.items()):
        made = build_graph(graph(dict(nodes), *edges[::-1]))
        seen.add((tuple(made.nodes), made.edges))
    assert len(seen) == 1
    assert [(e.source, e.target) for e in made.edges if e.feedback] == [("r", "10")]
    assert list(made.nodes).index("2") < list(made.nodes).index("10")


def test_both_spellings_of_recurrence_give_one_graph() -> None:
    flat = graph(
        {"input": end("Input", 3), "rnn.lif": lif(3), "rnn.w_rec": affine(3, 3), "output": end("Output", 3)},
        *[("rnn.lif", "rnn.w_rec"), ("rnn.w_rec", "rnn.lif"), ("input", "rnn.lif"), ("rnn.lif", "output")],
    )
    inner = graph(
        {"input": end("Input", 3), "lif": lif(3), "w_rec": affine(3, 3), "output": end("Output", 3)},
        *[("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    nested = chain(input=end("Input", 3), rnn=inner, output=end("Output", 3))
    one, two = build_graph(flat), build_graph(nested)
    assert one.edges == two.edges and list(one.nodes) == list(two.nodes) and one.types == two.types


def test_a_layer_that_sums_input_and_recurrence_before_its_weights_is_opened_behind_the_neuron() -> None:
    tree = graph(
        {"input": end("Input", 3), "w": affine(3, 3), "lif": lif(3), "output": end("Output", 3)},
        *[("input", "w"), ("w", "lif"), ("lif", "w"), ("lif", "output")],
    )
    assert [(e.source, e.target) for e in build_graph(tree).edges if e.feedback] == [("lif", "w")]


def test_a_node_behind_a_loop_does_not_open_it() -> None:
    tree = graph(
        {"input": end("Input", 3), "w": affine(3, 3), "lif": lif(3), "r": affine(3, 3), "sum": lif(3), "output": end("Output", 3)},
        *[("input", "w"), ("w", "lif"), ("lif", "r"), ("r", "lif"), ("lif", "sum"), ("input", "sum"), ("sum", "output")],
    )
    assert [(e.source, e.target) for e in build_graph(tree).edges if e.feedback] == [("r", "lif")]


def test_a_graph_in_memory_with_all_node_types() -> None:
    one, cube = np.ones(2), np.ones((2, 3, 3))
    nodes = [
        nir.Conv2d((8, 8), np.ones((2, 1, 3, 3)), 1, 0, 1, 1, np.zeros(2)),
        nir.SumPool2d(np.array([2, 2]), np.array([1, 1]), np.array([0, 0])),
        nir.AvgPool2d(np.array([3, 3]), np.array([1, 1]), np.array([0, 0])),
        nir.IF(cube, cube),
        nir.Scale(cube),
        nir.Threshold(cube),
        nir.Delay(cube),
        nir.Flatten({"input": np.array([2, 3, 3])}, 0, -1),
        nir.Affine(np.ones((2, 18)), one),
        nir.LIF(one, one, one, one),
        nir.Linear(np.ones((2, 2))),
        nir.CubaLIF(one, one, one, one, one),
        nir.CubaLI(one, one, one, one),
        nir.LI(one, one, one),
        nir.I(one),
    ]
    made = graph_of(nir.NIRGraph.from_list(*nodes))
    assert list(made.output_shapes.values()) == [(1, 8, 8), (2, 6, 6), (2, 5, 5), *[(2, 3, 3)] * 5, (18,), *[(2,)] * 8]
    assert set(made.types.values()) == {type(node).__name__ for node in nodes} | {"Input", "Output"}


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "dilation", "out"),
    [
        (28, 5, 1, 0, 1, 24),
        (28, 3, 2, 1, 1, 14),
        (32, 3, 1, "same", 2, 32),
        (32, 4, 1, "same", 1, 32),
        (10, 3, 3, "valid", 2, 2),
        (7, 7, 1, 3, 1, 7),
    ],
)
def test_shapes_of_convolutions(size: int, kernel: int, stride: int, padding: Any, dilation: int, out: int) -> None:
    """The sizes are those of torch.nn.Conv1d and Conv2d."""
    fields: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": 2, "bias": np.zeros(4)}
    two = {"type": "Conv2d", "weight": np.ones((4, 3, kernel, kernel)), **fields}
    made = build_graph(chain(input=end("Input", 6, size, size), conv=two, output=end("Output", 4, out, out)))
    assert made.output_shapes["conv"] == (4, out, out)
    one = {"type": "Conv1d", "weight": np.ones((4, 3, kernel)), **fields}
    assert build_graph(chain(input=end("Input", 6, size), conv=one, output=end("Output", 4, out))).output_shapes["conv"] == (4, out)
    node = made.nodes["conv"]
    assert isinstance(node, Conv) and (padding != "same" or sum(node.padding[0]) == dilation * (kernel - 1))


def test_scalars_are_spread_and_missing_fields_have_nirs_defaults() -> None:
    small = {key: np.array(1.0) for key in ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold")}
    made = build_graph(chain(input=end("Input", 2, 3), n={"type": "CubaLIF", **small}, output=end("Output", 2, 3)))
    node = made.nodes["n"]
    assert isinstance(node, CubaLIF)
    assert node.w_in.shape == node.v_reset.shape == (2, 3) and node.w_in.min() == 1 and node.v_reset.max() == 0
    channel = {"type": "IF", "r": np.ones((2, 1, 1)), "v_threshold": np.array([[[1.0]], [[2.0]]])}
    spread = build_graph(chain(input=end("Input", 2, 2, 2), n=channel, output=end("Output", 2, 2, 2))).nodes["n"]
    assert isinstance(spread, IF) and spread.v_threshold[1].min() == 2 and spread.v_threshold.shape == (2, 2, 2)


def test_several_inputs_outputs_and_sums() -> None:
    tree = graph(
        {
            "a": end("Input", 2),
            "b": end("Input", 3),
            "wa": affine(4, 2),
            "wb": affine(4, 3),
            "n": lif(4),
            "x": end("Output", 4),
            "y": end("Output", 4),
        },
        *[("a", "wa"), ("b", "wb"), ("wa", "n"), ("wb", "n"), ("n", "x"), ("wb", "y")],
    )
    made = build_graph(tree)
    assert made.inputs == {"a": (2,), "b": (3,)} and made.outputs == {"x": (4,), "y": (4,)}
    assert [edge.source for edge in made.into("n")] == ["wa", "wb"]


def test_the_batch_axis_of_some_exporters_is_dropped_with_a_note() -> None:
    tree = chain(input=end("Input", 1, 4), fc=affine(3, 4), lif=lif(()), output=end("Output", 1, 3))
    made = build_graph(tree)
    assert made.inputs == {"input": (4,)} and "batch" in made.notes[0]
    conv = {"type": "Conv2d", "weight": np.ones((2, 1, 3, 3)), "stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    kept = build_graph(chain(input=end("Input", 1, 8, 8), conv=conv, output=end("Output", 2, 6, 6)))
    assert kept.inputs == {"input": (1, 8, 8)} and not kept.notes


def test_ends_are_added_where_a_graph_has_none() -> None:
    made = build_graph(graph({"fc": affine(3, 4), "lif": lif(3)}, ("fc", "lif")))
    assert made.inputs == {"input_fc": (4,)} and made.outputs == {"output_lif": (3,)} and len(made.notes) == 2


def test_linear_and_pool_and_flatten_fields() -> None:
    pool = {"type": "AvgPool2d", "kernel_size": np.array(2), "stride": np.array([2, 1]), "padding": 0}
    flat = {"type": "Flatten", "start_dim": 1, "end_dim": -1}
    made = build_graph(chain(input=end("Input", 3, 4, 4), pool=pool, flat=flat, output=end("Output", 3, 6)))
    assert made.nodes["pool"] == Pool(True, (2, 2), (2, 1), (0, 0)) and made.nodes["flat"] == Flatten(1, 2)
    linear = build_graph(
        chain(input=end("Input", 4), w={"type": "Linear", "weight": np.ones((2, 4))}, output=end("Output", 2))
    ).nodes["w"]
    assert isinstance(linear, Linear) and linear.bias is None


def changed(node: str, **fields: Any) -> dict[str, Any]:
    tree = mlp()
    tree["nodes"][node] = {key: value for key, value in {**tree["nodes"][node], **fields}.items() if value is not None}
    return tree


BROKEN = {
    "dangling edge": (graph({"input": end("Input", 3), "n": lif(3)}, ("input", "n"), ("n", "gone")), "'gone'"),
    "doubled edge": (graph({"input": end("Input", 3), "n": lif(3)}, ("input", "n"), ("input", "n")), "twice"),
    "NaN weight": (changed("fc", weight=np.array([[1, 2, 3, np.nan]] * 3)), "'fc' (Affine): weight[0, 3] is nan"),
    "infinite threshold": (changed("lif", v_threshold=np.array([1, np.inf, 1])), "'lif' (LIF): v_threshold[1] is inf"),
    "complex": (changed("fc", weight=np.ones((3, 4), complex)), "'fc' (Affine): weight is complex128"),
    "text for numbers": (changed("lif", tau="fast"), "'lif' (LIF): tau is <U4"),
    "ragged": (changed("lif", tau=[[1.0], [1.0, 2.0]]), "'lif' (LIF): tau"),
    "empty": (changed("lif", tau=np.ones(0)), "empty"),
    "missing field": (changed("lif", v_leak=None), "'lif' (LIF): no v_leak"),
    "wrong input": (changed("fc", weight=np.ones((3, 5))), "'fc' (Affine): gets shape (4,), but takes (5,)"),
    "wrong neurons": (changed("lif", tau=np.ones(7), r=np.ones(7)), "'lif' (LIF)"),
    "wrong bias": (changed("fc", bias=np.ones(2)), "bias has shape (2,)"),
    "negative tau": (changed("lif", tau=np.array(-1.0)), "must be positive"),
    "zero tau": (changed("lif", tau=np.zeros(3)), "must be positive"),
    "10^9 inputs": (changed("input", shape=np.array([10**9])), "'input' (Input)"),
    "10^9 by axes": (changed("input", shape=np.array([1000, 1000, 1000])), "'input' (Input): shape (1000, 1000, 1000)"),
    "huge shape": (changed("input", shape=np.array([2**62, 2**62], dtype=object)), "'input'"),
    "negative shape": (changed("input", shape=np.array([-4])), "'input' (Input): shape is -4"),
    "wrong output": (changed("output", shape=np.array([5])), "'output' (Output): declares shape (5,), but (3,)"),
    "unknown type": (changed("fc", type="Transformer"), "'fc' has the unknown type 'Transformer'"),
    "a type of frameworks": (
        changed("fc", type="MaxPool2d"),
        "'fc' has the unknown type 'MaxPool2d'; the maximum of spikes is a SumPool2d followed by a Threshold of 0.5",
    ),
    "no type": (graph({"input": {"shape": np.array([1])}}), "'input' has no type"),
    "no graph": ({"type": "LIF"}, "it is 'LIF'"),
    "no nodes": (graph({}), "no nodes"),
    "edges of one end": ({**mlp(), "edges": [("input",)]}, "pair"),
    "edges of numbers": ({**mlp(), "edges": [(1, 2)]}, "pair"),
    "loop without a neuron": (
        bare_loop(),
        "'a' lies on a loop without a neuron",
    ),
    "nothing enters": (
        graph({"input": end("Input", 3), "n": lif(3), "m": lif(3), "o": end("Output", 3)}, ("input", "n"), ("n", "o")),
        "'m' (LIF): nothing enters",
    ),
    "sum of two shapes": (
        graph(
            {"input": end("Input", 3), "a": affine(2, 3), "n": lif(3), "o": end("Output", 3)},
            ("input", "a"),
            ("input", "n"),
            ("a", "n"),
            ("n", "o"),
        ),
        "'n' (LIF): edges of different shapes",
    ),
    "feedback of another shape": (
        graph(
            {"input": end("Input", 3), "n": lif(3), "r": affine(2, 3), "o": end("Output", 3)},
            ("input", "n"),
            ("n", "r"),
            ("r", "n"),
            ("n", "o"),
        ),
        "'n' (LIF): gets shape (2,) back from 'r'",
    ),
    "kernel too large": (
        chain(
            input=end("Input", 1, 2, 2),
            c={"type": "Conv2d", "weight": np.ones((1, 1, 3, 3)), "stride": 1, "padding": 0, "dilation": 1},
            o=end("Output", 1),
        ),
        "'c' (Conv2d): a window of 3 does not fit into 2",
    ),
    "groups": (
        chain(
            input=end("Input", 2, 4),
            c={"type": "Conv1d", "weight": np.ones((3, 1, 1)), "stride": 1, "padding": 0, "dilation": 1, "groups": 2},
            o=end("Output", 1),
        ),
        "3 channels do not divide into 2 groups",
    ),
    "stride 0": (
        chain(
            input=end("Input", 1, 4),
            c={"type": "Conv1d", "weight": np.ones((1, 1, 1)), "stride": 0, "padding": 0, "dilation": 1},
            o=end("Output", 1),
        ),
        "'c' (Conv1d): stride is 0",
    ),
    "padding by name": (
        chain(
            input=end("Input", 1, 4),
            c={"type": "Conv1d", "weight": np.ones((1, 1, 1)), "stride": 1, "padding": "full", "dilation": 1},
            o=end("Output", 1),
        ),
        "padding is 'full'",
    ),
    "huge padding": (
        chain(
            input=end("Input", 1, 4),
            c={"type": "Conv1d", "weight": np.ones((1, 1, 1)), "stride": 1, "padding": 2**40, "dilation": 1},
            o=end("Output", 1),
        ),
        "'c' (Conv1d): padding",
    ),
    "flatten beyond": (
        chain(input=end("Input", 4), f={"type": "Flatten", "start_dim": 1}, o=end("Output", 4)),
        "'f' (Flatten): joins axes",
    ),
    "negative delay": (
        chain(input=end("Input", 4), d={"type": "Delay", "delay": np.array(-1.0)}, o=end("Output", 4)),
        "'d' (Delay): delay is -1",
    ),
    "subgraph with two inputs": (
        graph(
            {
                "input": end("Input", 3),
                "sub": graph({"a": end("Input", 3), "b": end("Input", 3), "o": end("Output", 3)}, ("a", "o")),
                "o": end("Output", 3),
            },
            *[("input", "sub"), ("sub", "o")],
        ),
        "'sub' has 2 Input nodes",
    ),
    "loop of subgraph ends": (
        graph({"sub": graph({"i": end("Input", 3), "o": end("Output", 3)}, ("i", "o")), "n": lif(3)}, ("sub", "sub"), ("n", "sub")),
        "loop of Inputs and Outputs",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_graphs_get_one_line_that_names_the_node(what: str) -> None:
    tree, told = BROKEN[what]
    with pytest.raises(NirError) as caught:
        build_graph(tree)
    assert told in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_what_an_exporter_did_not_know_is_named() -> None:
    broken = nir.NIRGraph({"input": nir.Input(np.array([3])), "1": None}, [("input", "1")], type_check=False)  # type: ignore[dict-item]
    with pytest.raises(NirError, match="'1' is a NoneType"):
        graph_of(broken)


def test_deep_nests_and_loops_of_objects_are_refused() -> None:
    tree = mlp()
    for _ in range(40):
        tree = chain(input=end("Input", 4), sub=tree, output=end("Output", 3))
    with pytest.raises(NirError, match="deep"):
        build_graph(tree)
    itself = nir.NIRGraph({}, [], type_check=False)
    itself.nodes["again"] = itself
    with pytest.raises(NirError, match="deep"):
        graph_of(itself)


def test_subgraphs_pass_values_through() -> None:
    inner = graph(
        {"i": end("Input", 4), "o": end("Output", 4), "n": lif(4), "p": end("Output", 4)}, ("i", "o"), ("i", "n"), ("n", "p")
    )
    tree = graph(
        {"input": end("Input", 4), "sub": inner, "x": end("Output", 4), "y": end("Output", 4)},
        *[("input", "sub"), ("sub.o", "x"), ("sub.p", "y")],
    )
    made = build_graph(tree)
    assert {(e.source, e.target) for e in made.edges} == {("input", "x"), ("input", "sub.n"), ("sub.n", "y")}
    assert isinstance(made.nodes["sub.n"], LIF)
