"""Malformed input through the command line: one line that names the thing, exit code 2, nothing printed, nothing overwritten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

Arguments = Iterable[object]
EDGE = (resources.files("shiftfire_spec") / "presets" / "edge.toml").read_text()
PRINTING = [("info",), ("info", "--json", "-"), ("--version",)]
PROGRAM = Path(sys.executable).parent / "shiftfire"
NETWORK, WEIGHTS, TEST = "network.json", "weights.safetensors", "test.safetensors"


@dataclass(frozen=True)
class Case:
    """``prepare(model)`` spoils the toy model, or writes files beside it, and returns the command; ``words`` must be in the message."""

    name: str
    prepare: Callable[[Path], Arguments]
    words: tuple[str, ...]


def run(model: Path, *options: object) -> Arguments:
    return ("run", model, "--backend", "golden", *options)


def command_of(name: str, *words: str, options: Callable[[Path], Arguments] = lambda model: ()) -> Case:
    """A command whose options are at fault."""
    return Case(name, lambda model: run(model, *options(model)), words)


def at(document: Any, path: str) -> Any:
    """``layers.0.neuron`` of a document."""
    for step in path.split(".") if path else ():
        document = document[int(step) if step.isdigit() else step]
    return document


def key(path: str, name: str, value: object, *words: str, title: str = "") -> Case:
    """A key of network.json with another value."""

    def prepare(model: Path) -> Arguments:
        document = json.loads((model / NETWORK).read_text())
        at(document, path)[name] = value
        (model / NETWORK).write_text(json.dumps(document))
        return run(model)

    return Case(title or f"{f'{path}.' if path else ''}{name} = {str(value)[:20]}", prepare, words)


def bare(path: str, *words: str) -> Case:
    """A list of network.json emptied, and its layers' weights taken away as well."""

    def prepare(model: Path) -> Arguments:
        document, values = json.loads((model / NETWORK).read_text()), load_file(model / WEIGHTS)
        at(document, path).clear()
        (model / NETWORK).write_text(json.dumps(document))
        save_file({name: v for name, v in values.items() if path != "layers" and name != "hidden/0/weights"}, model / WEIGHTS)
        return run(model)

    return Case(f"{path} empty", prepare, words)


def missing(path: str, name: str) -> Case:
    """A key of network.json taken away."""

    def prepare(model: Path) -> Arguments:
        document = json.loads((model / NETWORK).read_text())
        del at(document, path)[name]
        (model / NETWORK).write_text(json.dumps(document))
        return run(model)

    return Case(f"without {path}.{name}", prepare, (NETWORK, f"key '{name}' is missing"))


def content(name: str, file: str, change: Callable[[bytes], bytes], *words: str) -> Case:
    """A file of the model with other bytes."""

    def prepare(model: Path) -> Arguments:
        (model / file).write_bytes(change((model / file).read_bytes()))
        return run(model)

    return Case(name, prepare, words)


def tensors(name: str, change: Callable[[dict[str, Any]], object], *words: str, file: str = WEIGHTS) -> Case:
    """A file of the model with other tensors."""

    def prepare(model: Path) -> Arguments:
        values = load_file(model / file)
        change(values)
        save_file(values, model / file)
        return run(model)

    return Case(name, prepare, words)


def files(name: str, change: Callable[[Path], object], *words: str) -> Case:
    """The model's folder with other kinds of entries."""

    def prepare(model: Path) -> Arguments:
        change(model)
        return run(model)

    return Case(name, prepare, words)


def chip(name: str, text: str | bytes, *words: str) -> Case:
    """A chip description."""

    def prepare(model: Path) -> Arguments:
        path = model.parent / "chip.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return run(model, "--chip", path)

    return Case(name, prepare, words)


def edge(parameter: str, value: object, *words: str) -> Case:
    """The edge preset with another value of one parameter."""
    lines = [f"{parameter} = {value}" if line.startswith(f"{parameter} =") else line for line in EDGE.splitlines()]
    return chip(f"chip {parameter} = {str(value)[:20]}", "\n".join(lines), parameter, *words)


def too_small(shipped: str, values: dict[str, int], *words: str) -> Case:
    """A valid chip that cannot hold a shipped model: the message names layer, need and limit."""
    lines = [next((f"{p} = {v}" for p, v in values.items() if line.startswith(f"{p} =")), line) for line in EDGE.splitlines()]

    def prepare(model: Path) -> Arguments:
        (model.parent / "chip.toml").write_text("\n".join(lines))
        return ("info", shipped, "--chip", model.parent / "chip.toml")

    return Case(f"chip too small for {shipped}: {values}", prepare, words)


def array(name: str, values: Any, *words: str) -> Case:
    """An input file of NumPy's format with these values."""

    def prepare(model: Path) -> Arguments:
        np.save(model.parent / "x.npy", values, allow_pickle=True)
        return run(model, "--input", model.parent / "x.npy")

    return Case(f"input {name}", prepare, words)


def inputs(name: str, data: bytes, *words: str, file: str = "x.npy") -> Case:
    """An input file with these bytes."""

    def prepare(model: Path) -> Arguments:
        (model.parent / file).write_bytes(data)
        return run(model, "--input", model.parent / file)

    return Case(f"input {name}", prepare, (file, *words))


def input_path(name: str, make: Callable[[Path], object], *words: str, file: str = "x.npy") -> Case:
    """An input path that is no file of integers."""

    def prepare(model: Path) -> Arguments:
        make(model.parent / file)
        return run(model, "--input", model.parent / file)

    return Case(f"input {name}", prepare, (file, *words))


def npy(header: bytes, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


def safe(header: bytes, data: bytes = b"", *, length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header + data


def fault(text: str, *words: str) -> Case:
    return Case(f"fault {text}", lambda model: ("verify", model, "--fault", text), words)


def replaced(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def sparse(path: Path, size: int) -> None:
    path.touch()
    os.truncate(path, size)


LYING = b'{"hidden/bias":{"dtype":"I8","shape":[4],"data_offsets":[%d,%d]}}'
SYNAPSES, NEURON = "layers.0.synapses.0", "layers.0.neuron"
DIRECT = {"source": "in", "op": "direct", "weight_format": "ONE", "scale": 0, "pre_pool": 1, "delay": 0}
WINDOWS = {"kernel": [1, 1], "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": 1}


def zeros_for_signs(model: Path) -> Arguments:
    """PM1 weights stored as numbers, which packed bits cannot spoil so."""
    document = json.loads((model / NETWORK).read_text())
    shape = at(document, "layers.1.synapses.0").pop("packed")
    (model / NETWORK).write_text(json.dumps(document))
    weights = load_file(model / WEIGHTS)
    save_file({**weights, "out/0/weights": np.zeros(shape, np.int8)}, model / WEIGHTS)
    return run(model)


CASES = [
    # network.json as bytes
    content("network truncated", NETWORK, lambda b: b[: len(b) // 2], NETWORK, "not JSON"),
    content("network empty", NETWORK, lambda b: b"", NETWORK, "not JSON"),
    content("network garbage", NETWORK, lambda b: bytes(range(256)), NETWORK, "not JSON"),
    content("network in UTF-16", NETWORK, lambda b: b.decode().encode("utf-16"), NETWORK, "not JSON"),
    content("network with a byte order mark", NETWORK, lambda b: b"\xef\xbb\xbf" + b, NETWORK, "BOM"),
    content("network with a comma too many", NETWORK, lambda b: b.replace(b"\n}", b",\n}"), NETWORK, "not JSON"),
    content("network deeply nested", NETWORK, lambda b: b'{"a":' * 100_000, NETWORK, "not JSON"),
    content("network a list", NETWORK, lambda b: b"[" + b + b"]", NETWORK, "must be an object"),
    content("network a number of 100,000 digits", NETWORK, lambda b: b"9" * 100_000, NETWORK, "not JSON"),
    content("network gigantic", NETWORK, lambda b: b + b" " * (1 << 20), NETWORK, "larger than"),
    content("key twice", NETWORK, lambda b: b.replace(b'"version"', b'"name"'), "'name' appears twice"),
    content(
        "the last of 80,000 keys twice",
        NETWORK,
        lambda b: b"{" + b",".join(b'"%d":0' % i for i in range(80_000)) + b',"79999":0}',
        "'79999' appears twice",
    ),
    content("NaN", NETWORK, lambda b: b.replace(b'"version": 2', b'"version": NaN'), NETWORK, "NaN"),
    content("Infinity", NETWORK, lambda b: b.replace(b'"version": 2', b'"version": -Infinity'), NETWORK, "-Infinity"),
    content("a fraction", NETWORK, lambda b: b.replace(b'"version": 2', b'"version": 1.0'), "version is 1.0", "integer"),
    content("an exponent", NETWORK, lambda b: b.replace(b'"version": 2', b'"version": 1e400'), "version is inf", "integer"),
    # network.json: keys
    key("", "extra", 1, "unknown key 'extra'"),
    key("", "x" * 100_000, 1, "unknown key 'xxx", "...", title="unknown key of 100,000 characters"),
    key("inputs.0", "extra", 1, "network.json.inputs[0]", "unknown key 'extra'"),
    key("layers.1", "extra", 1, "layers[1]", "unknown key 'extra'"),
    key(SYNAPSES, "extra", 1, "layers[0].synapses[0]", "unknown key 'extra'"),
    key(NEURON, "extra", 1, "layers[0].neuron", "unknown key 'extra'"),
    key(NEURON, "leak", [{"shift": 1, "negative": False, "extra": 1}], "leak[0]", "unknown key 'extra'", title="leak extra"),
    missing("", "format"),
    missing("", "readout"),
    missing("inputs.0", "shape"),
    missing("layers.0", "neuron"),
    missing(SYNAPSES, "op"),
    missing(NEURON, "v_min"),
    # network.json: values
    key("", "version", 3, "version 3 is not supported"),
    key("", "version", "1", "version is the text '1'", "integer"),
    key("", "version", True, "version is True", "integer"),
    key("", "format", "onnx", "not a shiftfire network"),
    key("", "layers", {}, "layers is an object", "list"),
    bare("layers", "no layers"),
    key("", "layers", [None], "layers[0] is None", "object"),
    key("", "layers", [{}] * 2000, "list of 2000", title="2000 layers"),
    bare("layers.0.synapses", "layer hidden", "no synapses"),
    key("inputs.0", "shape", [3], "inputs[0].shape", "list of 3"),
    key("inputs.0", "shape", [3, 1, "1"], "inputs[0].shape is the text '1'", "integer"),
    key("inputs.0", "shape", [-3, 1, 1], "input in", "channels = -3", "1.."),
    key("inputs.0", "shape", [3, 0, 1], "input in", "height = 0", "1.."),
    key("inputs.0", "shape", [60000, 1000, 1000], "input in", "60000000000 elements"),
    key("inputs.0", "timesteps", 0, "input in", "timesteps = 0"),
    key("inputs.0", "timesteps", 10**30, "timesteps is out of range"),
    key("inputs.0", "hi", 2, "input in", "hi = 2", "UNIT"),
    key("inputs.0", "payload_kind", "FLOAT", "payload_kind = 'FLOAT'", "COUNT"),
    key("layers.0", "shape", [5, 1, 1], "layer hidden", "(4, 1, 1)", "(5, 1, 1)"),
    key("layers.0", "timesteps", 3, "layer hidden", "timesteps = 3"),
    key("layers.0", "name", "../../etc/passwd", "tensor '../../etc/passwd/0/weights' is missing", title="layer named as a path"),
    key("", "name", "../../etc/passwd", "network name '../../etc/passwd'", "rename", title="network named as a path"),
    key("", "name", "\x1b[2J\n", r"network name '\x1b[2J\n'", title="network named with control characters"),
    key("", "name", "x" * 65, "network name 'xxx", "64 letters", title="name too long"),
    key("inputs.0", "name", "hidden", "hidden: the name is taken", title="a name twice"),
    key("", "outputs", ["out2"], "no layer 'out2'", "hidden, out"),
    key("", "outputs", ["hidden"], "out of network toy is read by no layer", title="a layer nobody reads"),
    key("", "inputs", [], "network.json.inputs is empty"),
    key("", "outputs", [], "network.json.outputs is empty"),
    key("", "outputs", ["out"] * 2000, "outputs is a list of 2000", title="2000 outputs"),
    key("", "outputs", [1], "outputs[0] is 1", "text"),
    key("", "profile", [1], "the profile is list", "object"),
    key("", "profile", {"a": "x" * 70_000}, "the profile takes", "65536", title="a profile too large"),
    key("", "profile", {"a": "\ud800"}, "the profile holds a text", title="a profile with half a surrogate pair"),
    content(
        "a profile deeply nested",
        NETWORK,
        lambda b: b.rstrip()[:-1] + b',"profile":{"a":' + b"[" * 400 + b"]" * 400 + b"}}",
        "the profile is not JSON of at most 16 levels",
    ),
    key("", "readout", "guess", "readout = 'guess'", "event, sum, max, last, value, none"),
    key("", "metadata", {"a": 1}, "metadata.a", "text"),
    key("", "metadata", {"a": "x" * 5000}, "metadata.a", "4096 characters", title="metadata too long"),
    key("", "metadata", {"a": "\ud800"}, "metadata.a", "surrogate", title="half a surrogate pair"),
    key(SYNAPSES, "source", "nobody", "layer hidden", "source 'nobody'"),
    key(
        SYNAPSES,
        "source",
        "out",
        "layers hidden, out form a loop without delay",
        "delay = 1",
        title="a cycle of two layers",
    ),
    key(
        SYNAPSES,
        "source",
        "hidden",
        "layer hidden",
        "a source of its own",
        "delay = 1",
        title="a cycle of one layer",
    ),
    key("layers.0", "synapses", [DIRECT | WINDOWS], "belongs to no layer", title="weights of a synapse that has none"),
    key(SYNAPSES, "op", "attention", "op = 'attention'", "dense, conv2d"),
    key(SYNAPSES, "weight_format", "FP8", "weight_format = 'FP8'", "INT4"),
    key(SYNAPSES, "weight_format", "INT2", "weights (INT2) holds", "-2..1"),
    key(SYNAPSES, "scale", 16, "scale = 16", "0..15"),
    key(SYNAPSES, "kernel", [3, 3], "dense has no kernel"),
    key(SYNAPSES, "padding", [-1, 0], "padding = -1"),
    key(SYNAPSES, "dilation", [1, 2], "dense has no kernel", "dilation"),
    key(SYNAPSES, "groups", 2, "groups = 2 is for conv2d"),
    key(SYNAPSES, "pre_pool", 2, "pre_pool = 2 leaves nothing"),
    key(SYNAPSES, "dilation", [0, 1], "dilation = 0", "1.."),
    key(SYNAPSES, "groups", 0, "groups = 0", "1.."),
    key(SYNAPSES, "delay", -1, "delay = -1", "0.."),
    key(SYNAPSES, "delay", 64, "delay = 64 is out of range"),
    key(NEURON, "kind", "sigmoid", "kind 'sigmoid'", "lif, count"),
    key(NEURON, "v_min", 1, "layer hidden", "v_min = 1"),
    key(NEURON, "v_init", 40000, "layer hidden", "v_init = 40000", "32767"),
    key(NEURON, "v_max", 1 << 40, "layer hidden", "v_max = 1099511627776"),
    key(NEURON, "strict", 1, "strict is 1", "true or false"),
    key(NEURON, "leak", [{"shift": 1, "negative": False}] * 4, "4 leak terms", title="four leak terms"),
    key(NEURON, "leak", [{"shift": -1, "negative": False}], "leak shift = -1", title="leak shift -1"),
    # weights.safetensors
    content("weights truncated", WEIGHTS, lambda b: b[:-1], WEIGHTS, "not a safetensors file"),
    content("weights cut in the header", WEIGHTS, lambda b: b[:20], WEIGHTS, "not a safetensors file"),
    content("weights empty", WEIGHTS, lambda b: b"", WEIGHTS, "not a safetensors file"),
    content("weights garbage", WEIGHTS, lambda b: b"\xff" * 100, WEIGHTS, "not a safetensors file"),
    content("weights with bytes to spare", WEIGHTS, lambda b: b + b"x", WEIGHTS, "not a safetensors file"),
    content("oversized header", WEIGHTS, lambda b: safe(b"{}", length=1 << 60), WEIGHTS, "not a safetensors file"),
    content("header longer than the file", WEIGHTS, lambda b: safe(b"{}", length=99), WEIGHTS, "not a safetensors file"),
    content("header deeply nested", WEIGHTS, lambda b: safe(b'{"a":' * 50_000), WEIGHTS, "not a safetensors file"),
    content("offsets beyond the file", WEIGHTS, lambda b: safe(LYING % (0, 1 << 40)), WEIGHTS, "not a safetensors file"),
    content("offsets that do not fit the shape", WEIGHTS, lambda b: safe(LYING % (0, 3), b"abc"), WEIGHTS, "not a safetensors"),
    content("offsets backwards", WEIGHTS, lambda b: safe(LYING % (4, 0), b"abcd"), WEIGHTS, "not a safetensors file"),
    content("offsets negative", WEIGHTS, lambda b: safe(LYING % (-4, 0), b"abcd"), WEIGHTS, "not a safetensors file"),
    tensors("tensor missing", lambda t: t.pop("hidden/theta"), WEIGHTS, "'hidden/theta' is missing"),
    tensors("tensor too many", lambda t: t.update({"x" * 9000: np.ones(1, np.int8)}), WEIGHTS, "'xxx", "belongs to no layer"),
    tensors("NaN in a tensor", lambda t: t.update({"hidden/bias": np.full(4, np.nan, np.float32)}), "hidden/bias", "F32"),
    tensors("tensor of I64", lambda t: t.update({"hidden/bias": np.zeros(4, np.int64)}), "hidden/bias", "I64", "I32"),
    tensors("tensor of BOOL", lambda t: t.update({"hidden/bias": np.zeros(4, bool)}), "hidden/bias", "BOOL"),
    tensors("tensor of six axes", lambda t: t.update({"hidden/bias": np.zeros((1,) * 6, np.int8)}), "hidden/bias", "axes"),
    tensors("tensor empty", lambda t: t.update({"hidden/bias": np.zeros(0, np.int8)}), "hidden/bias", "none empty"),
    tensors("wrong shape of a bias", lambda t: t.update({"hidden/bias": np.zeros(5, np.int8)}), "bias", "(5,)", "(4,)"),
    tensors(
        "wrong shape of weights",
        lambda t: t.update({"hidden/0/weights": np.zeros((4, 2), np.int8)}),
        "layer hidden",
        "2 inputs",
        "has 3",
    ),
    tensors(
        "wrong rank of weights",
        lambda t: t.update({"hidden/0/weights": np.zeros(12, np.int8)}),
        "layer hidden",
        "(12,)",
        "(out, in)",
    ),
    tensors(
        "weights outside INT4", lambda t: t["hidden/0/weights"].__setitem__((0, 0), 8), "layer hidden", "INT4", "holds 8", "-8..7"
    ),
    Case("0 among PM1 weights", zeros_for_signs, ("layer out", "PM1", "hold 0")),
    tensors(
        "too many packed weights", lambda t: t.update({"out/0/weights": np.ones(2, np.uint8)}), "weights", "2 values", "signs take"
    ),
    tensors("threshold negative", lambda t: t.update({"hidden/theta": np.full(4, -1, np.int8)}), "layer hidden", "theta holds -1"),
    # the container's files
    Case("no such model", lambda model: run(model.parent / "nothing"), ("nothing", "digits-mlp", "path of a directory")),
    Case("no such model, with a slash", lambda model: run(Path("no"), "--samples", 1), ("'no'", "digits-mlp")),
    Case("a file for a model", lambda model: run(model / NETWORK), (NETWORK, "path of a directory")),
    Case("a folder without a model", lambda model: run(model.parent), (NETWORK, "does not exist")),
    files("no network.json", lambda m: (m / NETWORK).unlink(), NETWORK, "does not exist"),
    files("no weights", lambda m: (m / WEIGHTS).unlink(), WEIGHTS, "does not exist"),
    files("no test split", lambda m: (m / TEST).unlink(), TEST, "--input FILE"),
    files("network.json a folder", lambda m: replaced(m / NETWORK, Path.mkdir), NETWORK, "not a regular file"),
    files("weights a folder", lambda m: replaced(m / WEIGHTS, Path.mkdir), WEIGHTS, "not a regular file"),
    files("weights a pipe", lambda m: replaced(m / WEIGHTS, os.mkfifo), WEIGHTS, "not a regular file"),
    files("weights gigantic", lambda m: sparse(m / WEIGHTS, (1 << 26) + 1), WEIGHTS, "larger than"),
    files("weights a dangling link", lambda m: replaced(m / WEIGHTS, lambda p: p.symlink_to("gone")), WEIGHTS, "does not exist"),
    files("weights a link to itself", lambda m: replaced(m / WEIGHTS, lambda p: p.symlink_to(WEIGHTS)), WEIGHTS, "symbolic links"),
    files("weights a link outside", lambda m: replaced(m / WEIGHTS, lambda p: p.symlink_to("/dev/zero")), WEIGHTS, "link out"),
    content("test split truncated", TEST, lambda b: b[:-1], TEST, "not a safetensors file"),
    tensors("test split without inputs", lambda t: t.pop("inputs"), TEST, "holds labels; it must hold inputs", file=TEST),
    tensors(
        "test split of nothing", lambda t: t.update(inputs=t["inputs"][:0], labels=t["labels"][:0]), TEST, "none empty", file=TEST
    ),
    tensors("test split with another tensor", lambda t: t.update(more=t["labels"]), TEST, "nothing else", file=TEST),
    tensors("a label of no class", lambda t: t["labels"].fill(2), "labels run from 2", "0..1", file=TEST),
    # chip descriptions
    Case("no such chip", lambda model: run(model, "--chip", "egde"), ("egde", "nano, ulx3s, edge, server")),
    Case("a folder for a chip", lambda model: run(model, "--chip", model), ("toy", "path of a TOML file")),
    chip("chip truncated", EDGE[: EDGE.index("[fabric]")], "chip.toml", "missing key 'axon_bits'"),
    chip("chip cut within a line", EDGE[: EDGE.index("lanes =") + 7], "chip.toml", "not TOML"),
    chip("chip empty", "", "chip.toml", "missing key"),
    chip("chip not text", b"\xff\xfe\x00", "chip.toml", "not text"),
    chip("chip gigantic", EDGE + "#" * (1 << 14), "chip.toml", "more than"),
    chip("chip deeply nested", "a = " + "[" * 5000, "chip.toml", "not TOML"),
    chip("chip with an unknown key", f"volts = 3\n{EDGE}", "chip.toml", "unknown key 'volts'"),
    chip("chip with an unknown key in a section", f"{EDGE}\nvolts = 3", "chip.toml", "unknown key 'volts'"),
    chip("chip with an unknown section", f"{EDGE}\n[power]", "chip.toml", "unknown section 'power'", "mesh, core"),
    chip("chip with a section too deep", f"{EDGE}\n[core.power]", "chip.toml", "unknown key 'power'"),
    chip("chip with a key twice", f"{EDGE}\n[memory]\nlanes = 16", "chip.toml", "'lanes' appears twice"),
    edge("lanes", '"16"', "'16'", "integer"),
    edge("lanes", "true", "True", "integer"),
    edge("lanes", "16.0", "16.0", "integer"),
    edge("lanes", "[" + "16, " * 1000 + "]", "[16, 16,", "...", "integer"),
    edge("lanes", "0x" + "f" * 15_000, "60000 bits", "2..64"),
    edge("lanes", 0, "lanes = 0", "2..64"),
    edge("lanes", -16, "lanes = -16", "2..64"),
    edge("lanes", 12, "lanes = 12"),
    edge("width", 33, "width = 33", "1..32"),
    edge("tags", 2, "tags = 2", "3..256"),
    edge("program_words", 2, "program_words = 2", "3..64"),
    edge("clock_mhz", "nan", "nan", "out of range"),
    edge("clock_mhz", "inf", "inf", "out of range"),
    edge("clock_mhz", "1979-05-27", "datetime.date", "number"),
    edge("name", '"../edge"', "'../edge'"),
    edge("name", f'"{"x" * 1000}"', "'xxx", "64 letters"),
    edge("membrane_bits", 25, "membrane_bits = 25 exceeds"),
    edge("memory_stall_cycles", 1, "must be less than"),
    # chips too small: layer, need, limit
    too_small("digits-cnn", {"weight_rows": 2}, "layer conv1", "weight_rows = 5", "limit is 2"),
    too_small("digits-cnn", {"accumulator_groups": 1}, "layer conv1", "accumulator_groups = 8", "limit is 1"),
    too_small("digits-cnn", {"axis_entries": 1}, "layer conv1", "axis_entries = 8", "limit is 1"),
    too_small("digits-cnn", {"program_words": 3}, "layer conv1", "program_words = 6", "limit is 3"),
    too_small("sdt-tiny", {"tags": 3}, "tags", "limit is 3"),
    too_small(
        "sdt-tiny",
        {"width": 1, "height": 1, "tags": 3},
        "cores, chip edge has 1",
        "nor does it run in rounds",
        "tags (streams and credits) = 5, the limit is 3",
    ),
    too_small("digits-mlp", {"membrane_bits": 8}, "layer hidden", "14 bits", "membrane_bits = 8"),
    too_small("digits-ssf", {"accumulator_bits": 12, "membrane_bits": 12}, "layer hidden1", "13 bits", "accumulator_bits = 12"),
    # inputs
    input_path("absent", lambda p: None, "no such file"),
    input_path("with another suffix", lambda p: p.write_text("1,2,3"), "must end in one of .npy, .npz", file="x.csv"),
    input_path("a folder", Path.mkdir, "not a regular file"),
    input_path("a folder of tensors", Path.mkdir, "not a regular file", file="x.safetensors"),
    input_path("a pipe", os.mkfifo, "not a regular file"),
    input_path("a dangling link", lambda p: p.symlink_to("gone"), "no such file"),
    input_path("a link to itself", lambda p: p.symlink_to(p.name), "symbolic links"),
    input_path("a device", lambda p: p.symlink_to("/dev/zero"), "not a regular file"),
    input_path("gigantic", lambda p: sparse(p, (1 << 28) + 1), "268435457 bytes", "split it"),
    inputs("empty", b"", "not a .npy file"),
    inputs("garbage", b"\x00" * 1000, "not a .npy file"),
    inputs("cut in the header", b"\x93NUMPY\x01\x00\xff\xff{", "not a .npy file"),
    inputs("truncated", npy(b"{'descr':'<i8','fortran_order':False,'shape':(6,3,1,1)}\n", bytes(100)), "not a .npy file"),
    inputs(
        "of 32 PiB that are not there", npy(b"{'descr':'<i8','fortran_order':False,'shape':(1099511627776,4096)}\n"), "not a .npy"
    ),
    inputs("of a negative size", npy(b"{'descr':'<i8','fortran_order':False,'shape':(-1,3,1,1)}\n", bytes(48)), "not a .npy file"),
    inputs("with a header that is no Python", npy(b"(" * 5000), "not a .npy file"),
    inputs("with a header that does not end", npy(b"'''\n"), "not a .npy file"),
    inputs("of Python 2", npy(b"{'descr':'<i8','fortran_order':False,'shape':(1L,3L,1L,1L)}\n", bytes(24)), "not a .npy file"),
    inputs("with an oversized header", npy(b" " * 60_000), "not a .npy file"),
    inputs("of objects", npy(b"{'descr':'|O','fortran_order':False,'shape':(1,3,1,1)}\n", b"cos\nsystem\n."), "not a .npy file"),
    array("of NaN", np.full((1, 3, 1, 1), np.nan), "the value nan at (0, 0, 0, 0)", "quantise"),
    array("of fractions", np.full((1, 3, 1, 1), 1.5, np.float32), "the value 1.5 at (0, 0, 0, 0)", "quantise"),
    array("of text", np.full((1, 3, 1, 1), "a"), "<U1", "whole numbers"),
    array("of complex numbers", np.ones((1, 3, 1, 1), complex), "complex128", "whole numbers"),
    array("of one axis", np.ones(3, np.int64), "shape (3,)", "(samples, timesteps, channels, height, width)"),
    array("of no samples", np.ones((0, 3, 1, 1), np.int64), "shape (0, 3, 1, 1)", "at least one"),
    array("of another shape", np.ones((1, 2, 4, 1, 1), np.int64), "input in", "(1, 2, 4, 1, 1)", "2, 3, 1, 1"),
    array("of other timesteps", np.ones((1, 3, 3, 1, 1), np.int64), "input in", "(1, 3, 3, 1, 1)", "2, 3, 1, 1"),
    array("above the range", np.full((1, 2, 3, 1, 1), 2), "input in", "value 2", "0..1"),
    array("below the range", np.full((1, 2, 3, 1, 1), -(1 << 63)), "input in", "value -9223372036854775808", "0..1"),
    array("beyond 64 bits", np.full((1, 3, 1, 1), (1 << 64) - 1, np.uint64), "18446744073709551615", "64 bits"),
    inputs("tensors cut off", safe(b'{"inputs":')[:-1], "not a safetensors file", file="x.safetensors"),
    inputs("tensors with an oversized header", safe(b"{}", length=1 << 62), "not a safetensors file", file="x.safetensors"),
    inputs("tensors empty", b"", "not a safetensors file", file="x.safetensors"),
    inputs("tensors without inputs", safe(b"{}"), "no tensor 'inputs'", "none", file="x.safetensors"),
    inputs(
        "tensors of BF16",
        safe(b'{"inputs":{"dtype":"BF16","shape":[1,3,1,1],"data_offsets":[0,6]}}', bytes(6)),
        "integers",
        file="x.safetensors",
    ),
    # faults
    fault("0:weight", "'0:weight'", "TILE:MEMORY:ADDRESS:BIT"),
    fault("", "TILE:MEMORY:ADDRESS:BIT"),
    fault("0:soul:1:1", "'soul'", "register, program"),
    fault("0:counter:1:1", "'counter'", "register, program"),
    fault("0:weight:a:1", "'0:weight:a:1'", "whole numbers"),
    fault("0:weight:1e3:1", "whole numbers"),
    fault("16:weight:0:0", "tile 16", "0..15"),
    fault("-1:weight:0:0", "tile -1", "0..15"),
    fault("0:weight:1000000:0", "word 1000000 of weight in tile 0"),
    fault("0:weight:-1:0", "word -1 of weight in tile 0"),
    fault("15:weight:0:0", "tile 15", "used: none"),
    fault("0:weight:0:32", "bit 32", "0..31"),
    fault("0:weight:0:-1", "bit -1", "0..31"),
    # options and outputs
    command_of("no samples", "--samples 0", "6 samples", options=lambda m: ("--samples", 0)),
    command_of("negative samples", "--samples -1", "6 samples", options=lambda m: ("--samples", -1)),
    command_of("too many samples", "--samples 10000000", "6 samples", options=lambda m: ("--samples", 10_000_000)),
    command_of("unknown movement", "'warp'", "loihi", options=lambda m: ("--movement", "warp")),
    command_of("JSON in no folder", "no such folder", options=lambda m: ("--json", m / "no" / "r.json")),
    command_of("JSON below a file", "no such folder", options=lambda m: ("--json", m / NETWORK / "r.json")),
    command_of("JSON a folder", "is a directory", options=lambda m: ("--json", m)),
    command_of("trace in no folder", "no such folder", options=lambda m: ("--trace", m / "no" / "t.csv")),
    command_of("trace of no format", ".json", ".csv", options=lambda m: ("--trace", m / "t.vcd")),
    Case("info's JSON in no folder", lambda m: ("info", m, "--json", m / "no" / "r.json"), ("no such folder",)),
    Case("verify's JSON in no folder", lambda m: ("verify", m, "--json", m / "no" / "r.json"), ("no such folder",)),
]
NAMES = [case.name for case in CASES]
IN_A_PROCESS = ("network truncated", "offsets beyond the file", "chip lanes = 12", "input of NaN", "fault 0:weight:0:32")


def check(code: int, out: str, err: str, words: Iterable[str]) -> None:
    assert (code, out) == (2, ""), err
    assert err.startswith("shiftfire: ") and err.endswith("\n") and err.count("\n") == 1, err
    assert err.rstrip("\n").isprintable() and len(err) < 1000, err
    for word in words:
        assert word in err, err


def test_names_differ() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 40


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_malformed(case: Case, command: Callable, model: Path, tmp_path: Path) -> None:
    arguments = [*case.prepare(model)]
    old = tmp_path / "old.json"
    if "--json" not in arguments:
        old.write_text("old")
        arguments += ["--json", old]
    before = sorted(os.listdir(tmp_path))
    ran = command(*arguments)
    check(ran.code, ran.out, ran.err, case.words)
    assert sorted(os.listdir(tmp_path)) == before
    assert not old.exists() or old.read_text() == "old"


@pytest.mark.parametrize("case", [CASES[NAMES.index(name)] for name in IN_A_PROCESS], ids=IN_A_PROCESS)
def test_malformed_in_a_process(case: Case, model: Path) -> None:
    ran = shiftfire(*case.prepare(model))
    check(ran.returncode, ran.stdout, ran.stderr, case.words)


def shiftfire(*arguments: object, stdout: Any = subprocess.PIPE, unbuffered: bool = False) -> subprocess.CompletedProcess[str]:
    """The installed command; ``unbuffered``: every write shows at once whether it fails."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1" if unbuffered else ""}
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=60, env=environment
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("file", [NETWORK, WEIGHTS, TEST])
def test_unreadable(command: Callable, model: Path, file: str) -> None:
    (model / file).chmod(0)
    ran = command(*run(model))
    check(ran.code, ran.out, ran.err, (file, "Permission denied"))


def test_more_than_the_memory(command: Callable, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine of 1 KiB: refused, with the need."""
    monkeypatch.setattr("shiftfire.system.plan.os.sysconf", lambda name: 32)
    ran = command(*run(model))
    check(ran.code, ran.out, ran.err, ("out of memory", "6 samples need at least", "GiB"))


@pytest.mark.parametrize(
    "arguments", [("verify",), ("run", "--backend", "rtl"), ("bench", "--backend", "native", "--samples", "2")]
)
def test_cache_with_a_blank(
    command: Callable, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Any
) -> None:
    """Verilator's makefiles would break in the middle of the build."""
    monkeypatch.setenv("SHIFTFIRE_CACHE", str(tmp_path / "my cache"))
    monkeypatch.setattr("shiftfire.verification.verify.verify", lambda *arguments, **options: pytest.fail("started all the same"))
    ran = command(arguments[0], model, *arguments[1:])
    last = ran.err.splitlines(keepends=True)[-1]  # bench has announced the build
    check(ran.code, ran.out, last, ("my cache", "' '", "SHIFTFIRE_CACHE"))
    assert not (tmp_path / "my cache").exists()
    ran = command("doctor")
    assert ran.code == 1 and "my cache" in ran.out and "SHIFTFIRE_CACHE" in ran.out


def test_slash_after_a_name(command: Callable, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``digits-mlp/`` is a folder where there is one, else the shipped model."""
    monkeypatch.chdir(model.parent)
    assert "digits-mlp: input 1 x 8 x 8" in command("info", "digits-mlp/").out
    model.rename("digits-mlp")
    assert "toy: input 3 x 1 x 1" in command("info", "digits-mlp/").out
    assert "digits-mlp: input 1 x 8 x 8" in command("info", "digits-mlp").out
    ran = command("info", "digits-mpl/")
    check(ran.code, ran.out, ran.err, ("'digits-mpl/'", "digits-mlp"))


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
@pytest.mark.parametrize("unbuffered", [False, True])
def test_nobody_reads_the_output(arguments: tuple[str, ...], unbuffered: bool) -> None:
    """As ``shiftfire info | head -1`` when head has gone: no message, and not the exit code of a difference."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:
        ran = shiftfire(*arguments, stdout=pipe, unbuffered=unbuffered)
    assert ran.returncode == 141
    assert ran.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
@pytest.mark.parametrize("unbuffered", [False, True])
def test_full_output(arguments: tuple[str, ...], unbuffered: bool) -> None:
    with open("/dev/full", "w") as full:
        ran = shiftfire(*arguments, stdout=full, unbuffered=unbuffered)
    check(ran.returncode, "", ran.stderr, ("standard output", "no space"))


def test_closed_output(model: Path) -> None:
    """``shiftfire info >&-``: nothing to write to is no reason to fail."""
    shell = ["sh", "-c", '"$0" info "$1" >&-', PROGRAM, model]
    ran = subprocess.run(shell, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_metadata_cannot_steer_the_terminal(command: Callable, model: Path) -> None:
    document = json.loads((model / NETWORK).read_text())
    document["metadata"] = {"origin": "\x1b[2Jhere\nthere"}
    (model / NETWORK).write_text(json.dumps(document))
    assert r"origin: \x1b[2Jhere\nthere" in command("info", model).out


def test_large_windows_are_refused_at_once(command: Callable, model: Path) -> None:
    """Bounding the sums of 256 x 256 windows of 511 x 511 must not take a product of all four."""
    document = json.loads((model / NETWORK).read_text())
    window = WINDOWS | {"kernel": [511, 511], "padding": [255, 255]}
    layer = document["layers"][0] | {"shape": [1, 256, 256], "synapses": [DIRECT | {"op": "pool"} | window]}
    document["inputs"][0]["shape"] = [1, 256, 256]
    (model / NETWORK).write_text(json.dumps(document | {"layers": [layer], "outputs": ["hidden"], "readout": "none"}))
    save_file({"hidden/bias": np.zeros(1, np.int8), "hidden/theta": np.ones(1, np.int8)}, model / WEIGHTS)
    start = time.perf_counter()
    ran = command("info", model)
    assert time.perf_counter() - start < 10
    check(ran.code, ran.out, ran.err, ("layer hidden", "axis_entries = 256", "limit is 128"))
