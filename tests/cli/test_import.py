"""``shiftfire import``: files written, what is said, and mistakes of the user."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Readout


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from support.sorbet_checkpoints import tensors_of

    path = tmp_path_factory.mktemp("sorbet") / "model.safetensors"
    save_file({key: np.ascontiguousarray(value) for key, value in tensors_of().items()}, path)
    return path


SMALL = ("--heads", 2, "--group", 16)


def test_import(command: Callable, checkpoint: Path, tmp_path: Path) -> None:
    ran = command("import", "sorbet", checkpoint, tmp_path / "out", *SMALL, "--compare", 2)
    assert ran.code == 0, ran
    for word in ("layer0.scores", "pooled", "predictions that agree", "model equal", "1 layers, 16 hidden, 2 heads"):
        assert word in ran.out, word
    network = load_network(tmp_path / "out")
    assert network.name == "out" and network.input.shape.as_tuple() == (16, 8, 1)  # all the checkpoint's positions
    report = json.loads((tmp_path / "out" / "import-report.json").read_text())
    assert report["checkpoint"]["hidden"] == 16 and report["options"]["group"] == 16
    assert report["compared_on"] == "random token ids" and report["comparison"]["samples"] == 2
    layers = {row["layer"]: row for row in report["comparison"]["layers"]}
    assert list(layers) == ["embedded", *(layer.name for layer in network.layers[:-1])]
    assert set(layers["pooled"]["own"]) == {"equal", "beyond", "max_error", "mean_error"}
    assert not (tmp_path / "out" / "test.safetensors").exists()
    assert ran.out.splitlines()[-1].endswith(
        "out has no samples to run: import with --inputs FILE, or with --samples N for random token ids"
    )
    for arguments in (("run",), ("run", "--backend", "golden"), ("verify",)):
        refused(command(arguments[0], tmp_path / "out", "--chip", "server", *arguments[1:]), "no test.safetensors", "--input FILE")


def test_import_with_random_samples(command: Callable, checkpoint: Path, tmp_path: Path) -> None:
    """A split without labels, said to be random; more samples continue the series, and the comparison is on its first."""
    out = tmp_path / "out"
    said = {}
    for samples in (2, 5):
        ran = command("import", "sorbet", checkpoint, out, *SMALL, "--samples", samples, "--compare", 1)
        assert ran.code == 0 and "no samples to run" not in ran.out, ran
        said[samples] = load_test_split(out)
        assert said[samples].labels is None and said[samples].inputs.shape == (samples, 16, 8, 1)
    assert np.array_equal(said[5].inputs[:2], said[2].inputs) and len(np.unique(said[5].inputs, axis=0)) == 5
    metadata = load_network(out).metadata
    assert metadata["samples"] == "random token ids, seed 0" and metadata["labels"] == "none"
    ids = np.random.default_rng(0).integers(0, 20, (5, 8))
    np.save(tmp_path / "ids.npy", ids)
    assert command("import", "sorbet", checkpoint, tmp_path / "same", *SMALL, "--inputs", tmp_path / "ids.npy").code == 0
    assert np.array_equal(load_test_split(tmp_path / "same").inputs, said[5].inputs)
    ran = command("run", out, "--chip", "server", "--backend", "golden", "--json", tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    assert ran.code == 0 and "accuracy" not in ran.out, ran
    assert document["samples"] == 5 and document["labels"] is None and document["accuracy"] is None


def test_the_guide(command: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide's first commands, as they are written there."""
    page = Path(__file__).parents[2] / "docs" / "howto" / "import-sorbet.md"
    block = page.read_text(encoding="utf-8").split("\n\n")[1].splitlines()
    monkeypatch.chdir(tmp_path)
    assert len(block) == 4
    for line in block:
        words = line.split("#")[0].split()
        assert words[0] == "shiftfire"
        ran = command(*words[1:])
        assert ran.code == 0, ran
    assert "out on server: 2 samples, backend sim" in ran.out


def test_import_with_inputs(command: Callable, checkpoint: Path, tmp_path: Path) -> None:
    """Labels of the file, or the reference's predictions, which the metadata say."""
    ids = np.random.default_rng(1).integers(0, 20, (5, 6))
    np.save(tmp_path / "ids.npy", ids)
    np.save(tmp_path / "types.npy", np.ones_like(ids))
    save_file({"inputs": ids, "labels": np.array([0, 1, 2, 0, 1])}, tmp_path / "ids.safetensors")
    out = tmp_path / "out"
    assert command("import", "sorbet", checkpoint, out, *SMALL, "--inputs", tmp_path / "ids.safetensors", "--compare", 0).code == 0
    assert load_test_split(out).labels.tolist() == [0, 1, 2, 0, 1] and load_test_split(out).inputs.shape == (5, 16, 6, 1)
    assert load_network(out).metadata["labels"] == "of the file"
    assert json.loads((out / "import-report.json").read_text())["comparison"] is None
    first = load_test_split(out).inputs
    arguments = ("--inputs", tmp_path / "ids.npy", "--token-types", tmp_path / "types.npy", "--input-parts", 2, "--rule", "ceil")
    assert command("import", "sorbet", checkpoint, out, *SMALL, *arguments).code == 0
    assert load_network(out).metadata["labels"] == "predictions of the float reference"
    split = load_test_split(out)
    assert split.inputs.shape == (5, 16, 6, 2) and len(split.labels) == 5 and not np.array_equal(split.inputs[..., :1], first)
    assert command("run", out, "--backend", "golden", "--chip", "server").code == 0


def test_import_with_mask(command: Callable, checkpoint: Path, tmp_path: Path) -> None:
    """The mask is a column of the input; labels and comparison are the masked reference's. Random samples have lengths of their own."""
    rng = np.random.default_rng(1)
    mask = (np.arange(6) < np.array([[6], [3], [1]])).astype(int)
    ids = rng.integers(0, 20, (3, 6))
    np.save(tmp_path / "ids.npy", ids)
    np.save(tmp_path / "mask.npy", mask)
    np.save(tmp_path / "bad.npy", 2 * mask)
    out = tmp_path / "out"
    files = ("--inputs", tmp_path / "ids.npy", "--attention-mask", tmp_path / "mask.npy")
    assert command("import", "sorbet", checkpoint, out, *SMALL, *files).code == 0
    split = load_test_split(out)
    assert split.inputs.shape == (3, 16, 6, 2)
    assert (
        np.array_equal(split.inputs[:, :6, :, 1], np.broadcast_to((mask - 1)[:, :, None], (3, 6, 6)))
        and not split.inputs[:, 6:, :, 1].any()
    )
    report = json.loads((out / "import-report.json").read_text())
    assert report["options"]["mask"] is True and report["comparison"]["samples"] == 3
    for number, length in enumerate((6, 3, 1)):
        np.save(tmp_path / "short.npy", ids[number : number + 1, :length])
        assert command("import", "sorbet", checkpoint, tmp_path / "short", *SMALL, "--inputs", tmp_path / "short.npy").code == 0
        assert load_test_split(tmp_path / "short").labels[0] == split.labels[number]
    ran = command("run", out, "--backend", "golden", "--chip", "server")
    assert ran.code == 0, ran
    assert command("import", "sorbet", checkpoint, out, *SMALL, "--mask", "--samples", 20, "--compare", 1).code == 0
    drawn = load_test_split(out).inputs[:, :8, 0, 1]
    assert len(np.unique(drawn.sum(axis=1))) > 4
    refused(command("import", "sorbet", checkpoint, out, *SMALL, *files[2:]), "--attention-mask goes with --inputs")
    refused(command("import", "sorbet", checkpoint, out, *SMALL, *files[:3], tmp_path / "bad.npy"), "holds 2; it is 1 for a token")
    refused(command("import", "sorbet", checkpoint, out, *SMALL, "--mask", "--rule", "ceil"), "--rule ceil counts a padded key")


def test_import_without_head(command: Callable, checkpoint: Path, tmp_path: Path) -> None:
    tensors = {k: v for k, v in load_file(checkpoint).items() if not k.startswith("classifier")}
    save_file(tensors, tmp_path / "headless.safetensors")
    np.save(tmp_path / "ids.npy", np.zeros((2, 4), np.int64))
    ran = command("import", "sorbet", tmp_path / "headless.safetensors", tmp_path / "out", *SMALL, "--inputs", tmp_path / "ids.npy")
    assert ran.code == 0 and "there is no prediction" in ran.out
    network = load_network(tmp_path / "out")
    assert network.readout is Readout.NONE and network.metadata["labels"] == "none"
    assert load_test_split(tmp_path / "out").labels is None


def test_import_of_a_regression(command: Callable, checkpoint: Path, tmp_path: Path) -> None:
    """Its value is in the report and in the run, and nothing is said of classes."""
    tensors = load_file(checkpoint)
    tensors["classifier.weight"], tensors["classifier.bias"] = tensors["classifier.weight"][:1], tensors["classifier.bias"][:1]
    save_file(tensors, tmp_path / "regression.safetensors")
    arguments = ("import", "sorbet", tmp_path / "regression.safetensors", tmp_path / "out", *SMALL)
    ran = command(*arguments, "--samples", 3, "--compare", 2)
    assert ran.code == 0 and "the output is that value" in ran.out and "predictions that agree" not in ran.out, ran
    report = json.loads((tmp_path / "out" / "import-report.json").read_text())
    assert report["comparison"]["layers"][-1]["layer"] == "output" and report["comparison"]["agreement"] is None
    ran = command("run", tmp_path / "out", "--chip", "server", "--backend", "golden", "--json", tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    assert ran.code == 0 and "values" in ran.out and document["predictions"] is None and len(set(document["values"])) > 1
    save_file({"inputs": np.zeros((1, 6), int), "labels": np.array([3])}, tmp_path / "label.safetensors")
    refused(command(*arguments, "--inputs", tmp_path / "label.safetensors"), "labels of --inputs are classes", "leave them out")


def test_generate(command: Callable, tmp_path: Path) -> None:
    path = tmp_path / "random.safetensors"
    ran = command("import", "generate", path, "--layers", 1, "--no-moves", "--powers", "--seed", 5)
    assert ran.code == 0 and "1 layers, hidden size 128" in ran.out
    assert command("import", "sorbet", path, tmp_path / "out", "--tokens", 8, "--compare", 1).code == 0
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def refused(ran: object, *parts: str) -> None:
    assert ran.code == 2 and ran.out == "", ran  # type: ignore[attr-defined]
    message = ran.err  # type: ignore[attr-defined]
    assert message.count("\n") == 1 and message.startswith("shiftfire: "), message
    for part in parts:
        assert part in message, message


def test_mistakes(command: Callable, checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def run(*arguments: object) -> object:
        return command("import", "sorbet", checkpoint, out, *arguments)

    refused(run("--heads", 3), "3 heads do not divide 16 channels", "--heads")
    refused(run("--heads", 2), "--group 64 does not divide 16 channels; use 16")
    refused(run(*SMALL, "--tokens", 9), "--tokens 9 is out of range: 1..8")
    refused(command("import", "sorbet", tmp_path / "none.safetensors", out), "none.safetensors", "no such file")
    refused(command("import", "sorbet", tmp_path / "model.ckpt", out), "must end in .safetensors")
    np.save(tmp_path / "ids.npy", np.full((2, 6), 20))
    refused(run(*SMALL, "--inputs", tmp_path / "ids.npy"), "token ids run from 20 to 20; the checkpoint has 0..19")
    refused(run(*SMALL, "--tokens", 4, "--inputs", tmp_path / "ids.npy"), "--tokens 4", "have 6")
    refused(run(*SMALL, "--token-types", tmp_path / "ids.npy"), "--token-types goes with --inputs")
    refused(run(*SMALL, "--samples", 2, "--inputs", tmp_path / "ids.npy"), "--samples", "give one of the two")
    ran = run(*SMALL, "--samples", 257)
    assert ran.code == 2 and "less than or equal to 256" in ran.err  # type: ignore[attr-defined]
    np.save(tmp_path / "deep.npy", np.zeros((2, 6, 1), int))
    refused(run(*SMALL, "--inputs", tmp_path / "deep.npy"), "give token ids (samples, tokens)")
    np.save(tmp_path / "good.npy", np.zeros((2, 6), int))
    refused(run(*SMALL, "--inputs", tmp_path / "good.npy", "--token-types", tmp_path / "deep.npy"), "token types")
    save_file({"inputs": np.zeros((1, 6), int), "labels": np.array([3])}, tmp_path / "label.safetensors")
    refused(run(*SMALL, "--inputs", tmp_path / "label.safetensors"), "labels run from 3 to 3; they must be within 0..2")
    refused(command("import", "generate", tmp_path / "x.pt"), "must end in .safetensors")
    refused(command("import", "generate", tmp_path / "none" / "x.safetensors"), "no such folder")
    assert not out.exists()
    out.write_text("")
    refused(run(*SMALL), "is a file: name a folder")


def test_a_failed_import_leaves_the_container(command: Callable, checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert command("import", "sorbet", checkpoint, out, *SMALL, "--compare", 1).code == 0
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    refused(command("import", "sorbet", checkpoint, out, *SMALL, "--tokens", 99), "out of range")
    assert before == {p.name: p.read_bytes() for p in out.iterdir()}
