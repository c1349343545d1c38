"""Reading checkpoints: names and their aliases, sizes, and everything that is refused, with its name and a remedy."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from shiftfire.frontends.sorbet import tensor_file
from shiftfire.frontends.sorbet.checkpoint import Checkpoint, load_checkpoint
from shiftfire.frontends.sorbet.compare import compare
from shiftfire.frontends.sorbet.errors import CheckpointError
from shiftfire.frontends.sorbet.lower import import_checkpoint
from support.sorbet_checkpoints import LAYER, SMALLEST, Tensors, checkpoint_of, from_file, imported, tensors_of, token_ids

QUERY = f"{LAYER}.attention.self.query"


def _same(first: Checkpoint, second: Checkpoint) -> bool:
    """Whether both give the same network on the same input."""
    from shiftfire.golden.execute import execute

    made = [imported(checkpoint) for checkpoint in (first, second)]
    ids = token_ids(first, 3, 8)
    traces = [execute(m.network, m.embedding.codes(ids)).activations for m in made]
    return all(np.array_equal(traces[0][name], traces[1][name]) for name in traces[0])


def test_from_a_file(tmp_path: Path) -> None:
    tensors = tensors_of()
    checkpoint = from_file(tensors, tmp_path / "model.safetensors")
    assert checkpoint.sizes() == {
        "layers": 1,
        "hidden": 16,
        "heads": 2,
        "intermediate": 32,
        "vocabulary": 20,
        "positions": 8,
        "classes": 3,
    }
    assert np.array_equal(checkpoint.layers[0].query.weight, tensors[f"{QUERY}.weight"])
    assert _same(checkpoint, load_checkpoint(tmp_path, heads=2))  # the folder


RENAMES: list[tuple[str, str]] = [
    ("bert.", ""),
    (".act_quantizer.alpha", ".act_clip_val"),
    (".act_quantizer.alpha", ".alpha"),
    ("query_quantizer.alpha", "clip_query"),
    ("attn_quantizer.alpha", "quant_p.alpha"),
    (".move.bias", ".move_bias"),
    ("LayerNorm.running_phi", "LayerNorm.running_var"),
    ("embeddings.LayerNorm.weight", "embeddings.LayerNorm.gamma"),
    ("attn_quantizer.zero_point", "attn_quantizer.z"),
]


@pytest.mark.parametrize(("old", "new"), RENAMES)
def test_aliases(old: str, new: str) -> None:
    tensors = tensors_of()
    renamed = {key.replace(old, new): value for key, value in tensors.items()}
    assert set(renamed) != set(tensors)
    assert _same(checkpoint_of(tensors), checkpoint_of(renamed))


def test_second_norm_goes_before_the_first() -> None:
    """The published code leaves a float LayerNorm beside LayerNorm2, and never runs it."""
    tensors = tensors_of()
    renamed = {key.replace("output.LayerNorm", "output.LayerNorm2"): value for key, value in tensors.items()}
    for module in (f"{LAYER}.output", f"{LAYER}.attention.output"):
        renamed[f"{module}.LayerNorm.weight"] = renamed[f"{module}.LayerNorm.bias"] = np.full(16, 9, np.float32)
    checkpoint = checkpoint_of(renamed)
    assert len(checkpoint.ignored) == 4 and _same(checkpoint_of(tensors), checkpoint)


def test_what_inference_does_not_read() -> None:
    tensors = tensors_of()
    more = {
        "bert.embeddings.position_ids": np.arange(8)[None],
        f"{LAYER}.attention.self.move_q.bias": np.ones(16, np.float32),
        f"{LAYER}.output.LayerNorm.iters": np.ones(1, np.float32),
        "cls.predictions.bias": np.ones(20, np.float32),
    }
    checkpoint = checkpoint_of({**tensors, **more})
    assert len(checkpoint.ignored) == 4 and _same(checkpoint_of(tensors), checkpoint)


def test_moves_and_zero_points_may_be_missing() -> None:
    tensors = {key: value for key, value in tensors_of().items() if ".move." not in key and "zero_point" not in key}
    layer = checkpoint_of(tensors).layers[0]
    assert not layer.query.move.any() and layer.contract.zero == 0


def test_heads(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    assert from_file(tensors_of(), path, heads=None).heads == 1  # one per 64 channels
    (tmp_path / "config.json").write_text(json.dumps({"num_attention_heads": 4, "hidden_act": "relu"}))
    assert load_checkpoint(path).heads == 4
    assert load_checkpoint(path, heads=8).heads == 8
    with pytest.raises(CheckpointError, match="3 heads do not divide 16 channels; give their number with --heads"):
        load_checkpoint(path, heads=3)
    for text in ("{", "[]", '{"num_attention_heads": true}', '{"num_attention_heads": "4"}', "[" * 100_000):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(CheckpointError, match=r"config\.json.*--heads"):
            load_checkpoint(path)


def test_steps_have_the_published_floor() -> None:
    tensors = tensors_of()
    tensors[f"{QUERY}.act_quantizer.alpha"] = np.array([1e-9], np.float32)  # one element is a scalar too
    assert checkpoint_of(tensors).layers[0].query.step == 1e-5


Edit = Callable[[Tensors], object]
BROKEN: list[tuple[str, Edit]] = [
    (r"tensor embeddings\.word_embeddings\.weight is missing; export", lambda t: t.pop("bert.embeddings.word_embeddings.weight")),
    (r"query\.act_quantizer\.alpha \(or .*act_clip_val.*\) is missing", lambda t: t.pop(f"{QUERY}.act_quantizer.alpha")),
    (r"running_phi.* is missing", lambda t: t.pop(f"{LAYER}.output.LayerNorm.running_phi")),
    (r"classifier\.bias is missing", lambda t: t.pop("classifier.bias")),
    (r"'extra' is not known; remove it, or rename it", lambda t: t.update(extra=np.ones(1, np.float32))),
    (r"and 1 more is not known", lambda t: t.update(a=np.ones(1, np.float32), b=np.ones(1, np.float32))),
    (r"pooler.* is not known", lambda t: t.pop("bert.pooler.dense.weight")),
    (
        r"encoder\.layer\.1\..* is missing",
        lambda t: t.update({"bert.encoder.layer.2.x": np.ones(1, np.float32)}),
    ),
    (
        r"query\.weight has shape \(16, 15\); it must be \(16, 16\)",
        lambda t: t.update({f"{QUERY}.weight": np.ones((16, 15), np.float32)}),
    ),
    (r"query\.bias has shape \(16, 1\)", lambda t: t.update({f"{QUERY}.bias": np.ones((16, 1), np.float32)})),
    (
        r"word_embeddings\.weight has shape \(0, 16\)",
        lambda t: t.update({"bert.embeddings.word_embeddings.weight": np.ones((0, 16), np.float32)}),
    ),
    (r"alpha has shape \(2,\); it must be \(\)", lambda t: t.update({f"{QUERY}.act_quantizer.alpha": np.ones(2, np.float32)})),
    (r"query\.weight' holds NaN or infinity", lambda t: t.update({f"{QUERY}.weight": np.full((16, 16), np.nan, np.float32)})),
    (r"query\.bias' holds NaN or infinity", lambda t: t.update({f"{QUERY}.bias": np.full(16, 1e300)})),
    (r"query\.bias' holds magnitudes above", lambda t: t.update({f"{QUERY}.bias": np.full(16, 2e6, np.float32)})),
    (r"query\.bias' is I32; convert", lambda t: t.update({f"{QUERY}.bias": np.ones(16, np.int32)})),
    (r"alpha = -1 is not positive", lambda t: t.update({f"{QUERY}.act_quantizer.alpha": np.array(-1, np.float32)})),
    (r"alpha = 0 is not positive", lambda t: t.update({f"{QUERY}.act_quantizer.alpha": np.array(0, np.float32)})),
    (
        r"zero_point = 0\.5; a probability of 0",
        lambda t: t.update({f"{LAYER}.attention.self.attn_quantizer.zero_point": np.array(0.5, np.float32)}),
    ),
    (r"negative mean of squares", lambda t: t.update({f"{LAYER}.output.LayerNorm.running_phi": np.full(16, -1, np.float32)})),
    (r"names of one thing; keep one", lambda t: t.update({f"{QUERY}.alpha": np.array(1, np.float32)})),
    (
        r"both with and without the prefix",
        lambda t: t.update({QUERY.removeprefix("bert.") + ".weight": np.ones((16, 16), np.float32)}),
    ),
    (r"has no tensors encoder\.layer\.N", lambda t: [t.pop(key) for key in list(t) if "encoder" in key]),
]


@pytest.mark.parametrize(("message", "edit"), BROKEN, ids=[message[:40] for message, _ in BROKEN])
def test_broken_tensors(tmp_path: Path, message: str, edit: Edit) -> None:
    tensors = tensors_of()
    edit(tensors)
    with pytest.raises(CheckpointError, match=message):
        from_file(tensors, tmp_path / "model.safetensors")


def test_broken_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.safetensors"
    cases = [b"", b"x" * 100, (1 << 60).to_bytes(8, "little") + b"{}", pickle.dumps({"a": 1})]
    for data in cases:
        path.write_bytes(data)
        with pytest.raises(CheckpointError, match="is not a safetensors file"):
            load_checkpoint(path)
    with pytest.raises(CheckpointError, match=r"must end in \.safetensors"):
        load_checkpoint(tmp_path / "model.ckpt")
    with pytest.raises(CheckpointError, match=r"neither model\.safetensors nor"):
        (tmp_path / "empty").mkdir()
        load_checkpoint(tmp_path / "empty")
    with pytest.raises(OSError):
        load_checkpoint(tmp_path / "none.safetensors")
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(CheckpointError, match="not a regular file"):
        load_checkpoint(tmp_path / "pipe.safetensors")
    with open(path, "wb") as file:
        file.truncate(tensor_file.MAX_FILE_BYTES + 1)  # sparse
    with pytest.raises(CheckpointError, match="leave the optimiser's state out"):
        load_checkpoint(path)
    monkeypatch.setattr(tensor_file, "MAX_TENSORS", 3)
    with pytest.raises(CheckpointError, match="at most 3 are read"):
        from_file(tensors_of(), path)


@given(st.integers(0, 1 << 30))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spoilt_bytes(tmp_path: Path, seed: int) -> None:
    """A few bytes of the file's head changed: it is still a checkpoint, or refused."""
    rng = np.random.default_rng(seed)
    path = tmp_path / "model.safetensors"
    save_file({key: np.ascontiguousarray(value) for key, value in tensors_of().items()}, path)
    data = bytearray(path.read_bytes())
    head = 8 + int.from_bytes(data[:8], "little")
    for place in rng.integers(0, head + 200, rng.integers(1, 5)):
        data[place] = rng.integers(0, 256)
    path.write_bytes(data)
    with contextlib.suppress(CheckpointError):
        load_checkpoint(path, heads=2)


@given(st.integers(0, 1 << 30))
@settings(max_examples=100, deadline=None)
def test_extreme_values(seed: int) -> None:
    """Parameters out of all proportion: a network, or a refusal; never a crash, a warning or a network that does not run."""
    rng = np.random.default_rng(seed)
    tensors = tensors_of()
    for key in rng.choice(sorted(tensors), rng.integers(1, 6)):
        factor = float(rng.choice([0, 1e-30, 1e-12, 1e-4, 1e3, 1e5, 1e6]))
        tensors[key] = np.clip(tensors[key] * np.float32(factor), -1e6, 1e6).astype(np.float32)
    try:
        checkpoint = checkpoint_of(tensors)
        made = imported(checkpoint)
    except CheckpointError as error:
        assert len(str(error)) < 500
        return
    compare(checkpoint, made, token_ids(checkpoint, 1, 8))


def test_weights_of_zero() -> None:
    tensors = tensors_of()
    tensors[f"{LAYER}.output.dense.weight"] = np.zeros((16, 32), np.float32)
    with pytest.raises(CheckpointError, match=r"layer0\.norm: its weights are all 0"):
        imported(checkpoint_of(tensors))


class _Hostile:
    """Would run a command when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch hostile-pickle-was-run",)


def test_torch_files_are_never_unpickled_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With PyTorch: refused as no file of tensors. Without: what to do. Either way nothing runs."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(pickle.dumps({"a": _Hostile()}))
    with pytest.raises(CheckpointError, match=r"not a file of tensors only|needs PyTorch to be read: pip install"):
        load_checkpoint(tmp_path)
    assert not (tmp_path / "hostile-pickle-was-run").exists()


def test_torch_file(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    tensors = tensors_of()
    state = {key: torch.from_numpy(np.array(value)) for key, value in tensors.items()}
    for name, content in (("a.pt", state), ("b.bin", {"state_dict": state})):
        torch.save(content, tmp_path / name)
        assert _same(checkpoint_of(tensors), load_checkpoint(tmp_path / name, heads=2))
    torch.save([1, 2], tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="no dictionary of tensors"):
        load_checkpoint(tmp_path / "c.pt")
    torch.save({"bert.x": torch.ones(1, dtype=torch.int64)}, tmp_path / "d.pt")
    with pytest.raises(CheckpointError, match="is missing"):
        load_checkpoint(tmp_path / "d.pt")


def test_half_precision(tmp_path: Path) -> None:
    tensors = {key: value.astype(np.float16) for key, value in tensors_of().items()}
    save_file(tensors, tmp_path / "half.safetensors")
    assert load_checkpoint(tmp_path / "half.safetensors", 2).words.dtype == np.float32


def test_name_of_the_network() -> None:
    made = imported(checkpoint_of(tensors_of()))
    for text, name in (("my model!", "my-model-"), ("...", "sorbet"), ("x" * 99, "x" * 64)):
        assert import_checkpoint(made.embedding.checkpoint, made.options, text).network.name == name
    assert SMALLEST.layers == 1
