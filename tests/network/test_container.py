"""The container gives back what was saved, and refuses everything broken with a NetworkError."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from shiftfire.network.container import Samples, load_network, load_test_split, save_network
from shiftfire.network.graph import Network
from shiftfire.network.tensors import decode_tensors, encode_tensors
from shiftfire.network.values import NetworkError
from shiftfire_spec.weights import WeightFormat

Edit = Callable[[dict[str, Any]], object]


def same(a: Any, b: Any) -> bool:
    """Equality through dataclasses, tuples and arrays."""
    if is_dataclass(a):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, tuple):
        return type(a) is type(b) and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray):
        return b.dtype in (np.int64, np.int8) and np.array_equal(a, b)  # int8: weights of -1 and 1, which a container packs
    return type(a) is type(b) and a == b


@pytest.fixture
def container(network: Network, tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    save_network(network, tmp_path / "model", Samples(rng.integers(0, 21, (6, 2, 4, 2)), rng.integers(0, 5, 6)))
    return tmp_path / "model"


def edit_json(container: Path, edit: Edit) -> None:
    document = json.loads((container / "network.json").read_text())
    edit(document)
    (container / "network.json").write_text(json.dumps(document))


def edit_tensors(container: Path, edit: Edit, name: str = "weights.safetensors") -> None:
    tensors = load_file(container / name)
    edit(tensors)
    save_file(tensors, container / name)


def test_round_trip(network: Network, container: Path) -> None:
    assert same(network, load_network(container))
    samples = load_test_split(container)
    assert samples.inputs.shape == (6, 2, 4, 2) and samples.inputs.dtype == np.int64
    assert sorted(p.name for p in container.iterdir()) == ["network.json", "test.safetensors", "weights.safetensors"]


@given(seed=st.integers(0, 1 << 30), width=st.sampled_from([4, 8, 12, 16, 31]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_round_trip_of_values(network: Network, tmp_path: Path, seed: int, width: int) -> None:
    """Values survive whatever type they are stored in, extremes included."""
    rng = np.random.default_rng(seed)
    limit = (1 << width) - 1
    first = network.layers[0]
    bias = np.array([-limit - 1, limit, int(rng.integers(-limit, limit))])
    neuron: Any = replace(first.neuron, bias=bias, theta=np.array([1, limit, int(rng.integers(1, limit))]))  # type: ignore[arg-type]
    changed = replace(network, layers=(replace(first, neuron=neuron), *network.layers[1:]))
    save_network(changed, tmp_path / "model")
    assert same(changed, load_network(tmp_path / "model"))


def test_without_its_levels_a_count_sends_counts(network: Network, container: Path) -> None:
    assert network.layer("levelled").value_limits == (-7, 40)
    edit_tensors(container, lambda t: t.pop("levelled/levels"))
    assert load_network(container).layer("levelled").value_limits == (-2, 2)


def test_a_leak_is_a_key_or_a_tensor(container: Path) -> None:
    codes = np.array([[4, 0, -1], [0, 0, 32], [-6, 0, 0]], np.int8)
    edit_tensors(container, lambda t: t.update({"pooled/leak": codes}))
    with pytest.raises(NetworkError, match="unknown key 'leak'"):
        load_network(container)
    edit_json(container, lambda d: next(layer for layer in d["layers"] if layer["name"] == "pooled")["neuron"].pop("leak"))
    loaded: Any = load_network(container).layer("pooled").kind
    assert np.array_equal(loaded.leak, codes) and loaded.leak.dtype == np.int64 and not loaded.leak.flags.writeable
    for wrong, message in ((codes[:2], r"leak has shape \(2, 3\)"), (codes + 1, "leak holds 33"), (codes[0], r"shape \(3,\)")):
        edit_tensors(container, lambda t, wrong=wrong: t.update({"pooled/leak": wrong}))
        with pytest.raises(NetworkError, match=message):
            load_network(container)
    edit_tensors(container, lambda t: t.pop("pooled/leak"))
    with pytest.raises(NetworkError, match="key 'leak' is missing"):
        load_network(container)


def test_smallest_types(container: Path) -> None:
    tensors = load_file(container / "weights.safetensors")
    assert tensors["conv/0/weights"].dtype == np.int8
    assert load_file(container / "test.safetensors")["inputs"].dtype == np.uint8


def packed(document: Any) -> Any:
    """The synapses object of the first packed weights."""
    return next(s for layer in document["layers"] for s in layer["synapses"] if "packed" in s)


def packed_name(network: Network) -> str:
    return next(
        f"{x.name}/{i}/weights" for x in network.layers for i, s in enumerate(x.synapses) if s.weight_format is WeightFormat.PM1
    )


def test_signs_are_packed(network: Network, container: Path) -> None:
    """Eight to a byte, the first in the highest bit; a container that holds them as numbers is read as well."""
    name = packed_name(network)
    layer, index, _ = name.split("/")
    weights = network.layer(layer).synapses[int(index)].weights
    assert weights is not None
    stored = load_file(container / "weights.safetensors")[name]
    bits = "".join(f"{byte:08b}" for byte in stored.tolist())
    assert [int(bit) for bit in bits[: weights.size]] == (weights.reshape(-1) > 0).astype(int).tolist()
    edit_json(container, lambda d: packed(d).pop("packed"))
    edit_tensors(container, lambda t: t.update({name: weights.astype(np.int8)}))
    assert same(network, load_network(container))


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("pack them again", lambda shape: [shape[0] + 8, *shape[1:]]),
        ("at most 268435456 are read", lambda shape: [1 << 40] * len(shape)),
        ("pack them again", lambda shape: [0] * len(shape)),
        ("pack them again", lambda shape: [-n for n in shape]),
        (r"must be a list of \d integers", lambda shape: [*shape, 1]),
    ],
)
def test_broken_packed_shape(container: Path, message: str, change: Callable[[list[int]], list[int]]) -> None:
    edit_json(container, lambda d: packed(d).update(packed=change(packed(d)["packed"])))
    with pytest.raises(NetworkError, match=message):
        load_network(container)


def test_broken_packed_bytes(network: Network, container: Path) -> None:
    name = packed_name(network)
    edit_tensors(container, lambda t: t.update({name: t[name] | 1}))
    with pytest.raises(NetworkError, match="bits behind the last"):
        load_network(container)
    edit_tensors(container, lambda t: t.update({name: np.full(t[name].shape, -1, np.int8)}))
    with pytest.raises(NetworkError, match="pack them again"):
        load_network(container)
    edit_json(container, lambda d: packed(d).update(weight_format="INT2"))
    with pytest.raises(NetworkError, match="unknown key 'packed'"):
        load_network(container)


def test_version_1_is_read(network: Network) -> None:
    """A container that was written when there was one input, one output, and no dilation, groups or delay."""
    stored = Path(__file__).parent / "version1"
    assert json.loads((stored / "network.json").read_text())["version"] == 1
    assert same(network, load_network(stored))
    assert load_test_split(stored).inputs.shape == (6, 2, 4, 2)


@pytest.mark.parametrize("name", ["dilation", "groups", "delay"])
def test_version_1_has_no_key_of_version_2(container: Path, name: str) -> None:
    def older(document: dict[str, Any]) -> None:
        document |= {"version": 1, "input": document.pop("inputs")[0], "output": document.pop("outputs")[0]}
        for layer in document["layers"]:
            for synapses in layer["synapses"]:
                for key in {"dilation", "groups", "delay"} - {name}:
                    del synapses[key]

    edit_json(container, older)
    with pytest.raises(NetworkError, match=f"unknown key '{name}'"):
        load_network(container)


def test_profile_is_kept(network: Network, container: Path) -> None:
    profile = {"weights": {"bits": 4, "scale": [0.5, 0.25]}, "by": "hand", "exact": None}
    save_network(replace(network, profile=profile), container)
    assert load_network(container).profile == profile


@pytest.mark.parametrize("profile", [{1: 2}, {"a": float("nan")}, {"a": (1, 2)}, {"a": 10**5000}, "text"])
def test_profile_that_is_no_json(network: Network, tmp_path: Path, profile: Any) -> None:
    with pytest.raises(NetworkError, match="profile"):
        save_network(replace(network, profile=profile), tmp_path / "model")


def test_overwrite(network: Network, container: Path) -> None:
    save_network(replace(network, name="other"), container)
    assert load_network(container).name == "other"
    with pytest.raises(NetworkError, match=r"no test\.safetensors"):
        load_test_split(container)


def test_failed_save_changes_nothing(network: Network, container: Path) -> None:
    before = {p.name: p.read_bytes() for p in container.iterdir()}
    with pytest.raises(NetworkError, match="labels"):
        save_network(network, container, Samples(np.zeros((1, 2, 4, 2), int), np.array([5])))
    with pytest.raises(NetworkError, match="no samples"):
        save_network(network, container, Samples(np.zeros((0, 2, 4, 2), int), None))
    with pytest.raises(NetworkError, match="has no layer"):
        save_network(replace(network, output="x"), container)
    assert before == {p.name: p.read_bytes() for p in container.iterdir()}
    (container.parent / "file").write_text("")
    with pytest.raises(NetworkError, match="cannot write"):
        save_network(network, container.parent / "file")


JSON_EDITS: list[tuple[str, Edit]] = [
    ("unknown key 'extra'", lambda d: d.update(extra=1)),
    ("unknown key 'x'", lambda d: d["layers"][0]["neuron"].update(x=1)),
    ("key 'readout' is missing", lambda d: d.pop("readout")),
    ("version 3 is not supported", lambda d: d.update(version=3)),
    ("not a shiftfire network", lambda d: d.update(format="other")),
    ("NaN", lambda d: d["inputs"][0].update(lo=float("nan"))),
    ("Infinity", lambda d: d["inputs"][0].update(hi=float("inf"))),
    ("must be an integer", lambda d: d["inputs"][0].update(hi=20.0)),
    ("must be an integer", lambda d: d["inputs"][0].update(lo=False)),
    ("out of range", lambda d: d["inputs"][0].update(hi=10**30)),
    ("list of 3", lambda d: d["inputs"][0].update(shape=[1])),
    ("must be an object", lambda d: d.update(inputs=[[]])),
    ("list of up to", lambda d: d.update(layers=[{}] * 2000)),
    ("true or false", lambda d: d["layers"][-2]["neuron"].update(strict=0)),
    ("dead_zone = 2 with levels", lambda d: d["layers"][3]["neuron"].update(dead_zone=2)),
    (r"hi \(with levels\) = 40", lambda d: d["layers"][3]["neuron"].update(hi=40)),
    ("unknown key 'levels'", lambda d: d["layers"][3]["neuron"].update(levels=[1])),
    ("not one of lif", lambda d: d["layers"][0]["neuron"].update(kind="sigmoid")),
    ("'TERNARY' is not one of", lambda d: d["layers"][0]["synapses"][0].update(weight_format="TERNARY")),
    ("'conv/0/weights' belongs to no layer", lambda d: d["layers"][0]["synapses"][0].update(op="pool")),
    ("'big/0/weights' is missing", lambda d: d["layers"][0].update(name="big")),
    ("channels = 0", lambda d: d["inputs"][0].update(shape=[0, 4, 2])),
    ("up to 4096 characters", lambda d: d.update(metadata={"a": "x" * 5000})),
]


@pytest.mark.parametrize(("message", "edit"), JSON_EDITS, ids=[m for m, _ in JSON_EDITS])
def test_broken_json(container: Path, message: str, edit: Edit) -> None:
    edit_json(container, edit)
    with pytest.raises(NetworkError, match=message):
        load_network(container)


TENSOR_EDITS: list[tuple[str, Edit]] = [
    ("type F32", lambda t: t.update({"conv/bias": np.zeros(3, np.float32)})),
    ("type I64", lambda t: t.update({"conv/bias": np.zeros(3, np.int64)})),
    ("type BOOL", lambda t: t.update({"conv/bias": np.zeros(3, bool)})),
    (r"shape \(4,\); it must be \(3,\)", lambda t: t.update({"conv/bias": np.zeros(4, np.int8)})),
    ("none empty", lambda t: t.update({"conv/bias": np.zeros(0, np.int8)})),
    ("1 to 5 axes", lambda t: t.update({"conv/bias": np.zeros((1,) * 6, np.int8)})),
    ("'conv/theta' is missing", lambda t: t.pop("conv/theta")),
    (r"levels has shape \(4,\); it must be \(5,\)", lambda t: t.update({"levelled/levels": np.zeros(4, np.int8)})),
    (r"levels has shape \(3,\); it must be \(10,\)", lambda t: t.update({"conv/levels": np.zeros(3, np.int8)})),
    ("levels holds 256", lambda t: t.update({"levelled/levels": np.full(5, 256, np.int16)})),
    ("levels reach -1..128", lambda t: t.update({"levelled/levels": np.array([-1, 0, 0, 0, 128], np.int16)})),
    ("type F32", lambda t: t.update({"levelled/levels": np.zeros(5, np.float32)})),
    ("'mixed/levels' belongs to no layer", lambda t: t.update({"mixed/levels": np.zeros(3, np.int8)})),
    ("'more' belongs to no layer", lambda t: t.update(more=np.zeros(1, np.int8))),
    ("holds 100", lambda t: t.update({"conv/0/weights": np.full((3, 2, 3, 3), 100, np.int8)})),
]


@pytest.mark.parametrize(("message", "edit"), TENSOR_EDITS, ids=[m for m, _ in TENSOR_EDITS])
def test_broken_tensors(container: Path, message: str, edit: Edit) -> None:
    edit_tensors(container, edit)
    with pytest.raises(NetworkError, match=message):
        load_network(container)


def test_broken_test_split(container: Path) -> None:
    cases: list[tuple[str, Edit]] = [
        ("21 is out of range", lambda t: t.update(inputs=np.full((6, 2, 4, 2), 21, np.uint8))),
        ("labels run from 5", lambda t: t.update(labels=np.full(6, 5, np.uint8))),
        ("labels are", lambda t: t.update(labels=np.zeros(7, np.uint8))),
        ("must hold inputs", lambda t: t.pop("inputs")),
    ]
    original = (container / "test.safetensors").read_bytes()
    for message, edit in cases:
        (container / "test.safetensors").write_bytes(original)
        edit_tensors(container, edit, "test.safetensors")
        with pytest.raises(NetworkError, match=message):
            load_test_split(container)


def test_broken_files(container: Path, tmp_path: Path) -> None:
    network, weights = container / "network.json", container / "weights.safetensors"
    text, data = network.read_bytes(), weights.read_bytes()
    header = b'{"a":{"dtype":"I8","shape":[99999999999],"data_offsets":[0,99999999999]}}'
    cases: list[tuple[str, Path, bytes]] = [
        ("not JSON", network, text[:-20]),
        ("not JSON", network, b""),
        ("not JSON", network, b"\xff\xfe"),
        ("not JSON", network, b"[" * 200_000),
        ("not JSON", network, b"9" * 10_000),
        ("must be an object", network, b"[]"),
        ("'a' appears twice", network, b'{"a": 1, "a": 2}'),
        ("larger than 1048576", network, text + b" " * (1 << 20)),
        ("not a safetensors file", weights, data[:-1]),
        ("not a safetensors file", weights, b""),
        ("not a safetensors file", weights, (1 << 60).to_bytes(8, "little") + data[8:]),
        ("not a safetensors file", weights, len(header).to_bytes(8, "little") + header),
    ]
    for message, path, content in cases:
        path.write_bytes(content)
        with pytest.raises(NetworkError, match=message):
            load_network(container)
        network.write_bytes(text)
        weights.write_bytes(data)
    load_network(container)
    os.truncate(weights, (1 << 26) + 1)  # sparse
    with pytest.raises(NetworkError, match="larger than"):
        load_network(container)
    weights.unlink()
    with pytest.raises(NetworkError, match="does not exist"):
        load_network(container)
    with pytest.raises(NetworkError, match="does not exist"):
        load_network(tmp_path / "nowhere")
    (tmp_path / "outside").write_bytes(data)
    weights.symlink_to(tmp_path / "outside")
    with pytest.raises(NetworkError, match="link out"):
        load_network(container)
    weights.unlink()
    os.mkfifo(weights)
    with pytest.raises(NetworkError, match="not a regular file"):
        load_network(container)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fuzzed_json(container: Path, data: st.DataObject) -> None:
    """Any value replaced by any other: loads, or raises NetworkError, nothing else."""
    path = container / "network.json"
    original = path.read_text()
    document = node = json.loads(original)
    while True:
        key = data.draw(st.sampled_from(sorted(node))) if isinstance(node, dict) else data.draw(st.integers(0, len(node) - 1))
        child = node[key]
        if not isinstance(child, dict | list) or not child or data.draw(st.booleans()):
            node[key] = data.draw(JSON_VALUES)
            break
        node = child
    path.write_text(json.dumps(document))
    try:
        load_network(container)
    except NetworkError:
        pass
    finally:
        path.write_text(original)


@given(
    name=st.sampled_from(["network.json", "weights.safetensors", "test.safetensors"]),
    place=st.floats(0, 1, exclude_max=True),
    patch=st.binary(max_size=9),
    cut=st.integers(0, 9),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fuzzed_bytes(container: Path, name: str, place: float, patch: bytes, cut: int) -> None:
    """Bytes replaced, inserted or cut: loads, or raises NetworkError, nothing else."""
    path = container / name
    original = path.read_bytes()
    start = int(place * len(original))
    path.write_bytes(original[:start] + patch + original[start + cut :])
    try:
        load_test_split(container)
    except NetworkError:
        pass
    finally:
        path.write_bytes(original)


@pytest.mark.parametrize(
    "values", [[0, 255], [0, 256], [-1, 127], [-1, 128], [-128], [-129], [-1, 1 << 15], [-(1 << 31), (1 << 31) - 1]]
)
def test_type_boundaries(values: list[int]) -> None:
    array = np.array(values)
    assert np.array_equal(decode_tensors(encode_tensors({"a": array}), "file")["a"], array)


def test_more_than_32_bits_are_refused() -> None:
    with pytest.raises(NetworkError, match="32 bits"):
        encode_tensors({"a": np.array([1 << 31])})


def test_half_a_surrogate_pair_is_refused(container: Path) -> None:
    """JSON can spell it, UTF-8 cannot: nobody could print it."""
    document = json.loads((container / "network.json").read_text())
    document["metadata"]["origin"] = "\ud800"
    (container / "network.json").write_text(json.dumps(document))
    with pytest.raises(NetworkError, match="surrogate"):
        load_network(container)
